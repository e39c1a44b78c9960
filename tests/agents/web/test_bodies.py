"""Bad bodies: each has a clear answer, and nothing of it reaches Kafka."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from agents.web import calls
from tests.agents.web.talking import JSON, LINE, ORDER, Http, kind, placed, problem, said
from tests.agents.web.world import Shop


@pytest.mark.parametrize(
    "body",
    [b"{", b"", b"word", b"\xff\xfe", b'{"user_id": "\xff"}', b'{"user_id": "\\ud800"}', b"NaN"],
    ids=["cut short", "empty", "a word", "no UTF-8", "text without UTF-8", "half a pair", "NaN"],
)
async def test_what_is_no_json_is_malformed(http: Http, shop: Shop, body: bytes) -> None:
    found = await problem(await http.post("/orders", data=body, headers=JSON), 400)

    assert kind(found) == "malformed-request"
    assert found["cure"] == "send one JSON object in UTF-8"
    assert shop.log.commands == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"user_id": 7}, "user_id"),
        ({"user_id": None}, "user_id"),
        ({"user_id": "a b"}, "user_id"),
        ({"user_id": ""}, "user_id"),
        ({"lines": []}, "lines"),
        ({"lines": [LINE] * 101}, "lines"),
        ({"lines": "KB-1"}, "lines"),
        ({"lines": [LINE | {"quantity": 0}]}, "lines[0].quantity"),
        ({"lines": [LINE, LINE | {"quantity": -1}]}, "lines[1].quantity"),
        ({"lines": [LINE | {"quantity": 1_000_001}]}, "lines[0].quantity"),
        ({"lines": [LINE | {"quantity": 10**30}]}, "lines[0].quantity"),
        ({"lines": [LINE | {"quantity": True}]}, "lines[0].quantity"),
        ({"lines": [LINE | {"unit_price": 49.5}]}, "lines[0].unit_price"),
        ({"lines": [LINE | {"unit_price": "4950"}]}, "lines[0].unit_price"),
        ({"lines": [LINE | {"unit_price": -1}]}, "lines[0].unit_price"),
        ({"lines": [LINE | {"sku": "K/B"}]}, "lines[0].sku"),
        ({"lines": [LINE | {"currency": "KRW"}]}, "lines[0].currency"),
        ({"lines": [LINE | {"unit_price": 2**53}]}, "lines"),
        ({"lines": [LINE | {"colour": "red"}]}, "lines[0].colour"),
        ({"currency": "usd"}, "currency"),
        ({"currency": "BTC"}, "currency"),
        ({"customer": {"name": "Mina"}}, "customer.email"),
        ({"customer": {"name": "Mina", "email": "nowhere"}}, "customer.email"),
        ({"customer": {"name": "Mi\nna", "email": "a@b"}}, "customer.name"),
        ({"payment_method": ""}, "payment_method"),
        ({"discount": 10}, "discount"),
    ],
)
async def test_an_order_that_makes_no_sense_is_refused_by_field_value_and_cure(
    http: Http, shop: Shop, changes: dict[str, Any], field: str
) -> None:
    answer = await http.post("/orders", data=json.dumps(ORDER | changes), headers=JSON)

    found = await problem(answer, 422)
    assert found["field"] == field
    assert found["cure"]
    assert field in found["detail"]
    assert shop.log.commands == []


async def test_what_is_missing_is_named(http: Http) -> None:
    for name in ("user_id", "lines", "currency"):
        rest = {key: value for key, value in ORDER.items() if key != name}
        found = await problem(await http.post("/orders", json=rest), 422)
        assert (found["field"], found["cure"]) == (name, "give it")


async def test_a_list_is_no_order(http: Http) -> None:
    found = await problem(await http.post("/orders", json=[ORDER]), 422)

    assert found["field"] == "body"


async def test_the_value_is_shown_again_but_not_at_length(http: Http) -> None:
    found = await problem(await http.post("/orders", json=ORDER | {"user_id": "x" * 5000}), 422)

    assert found["value"].startswith("'xxx")
    assert len(found["value"]) <= 100
    assert len(found["detail"]) < 500


async def test_nesting_without_end_is_refused(http: Http) -> None:
    body = b'{"lines": ' + b"[" * 30_000 + b"]" * 30_000 + b"}"

    answer = await http.post("/orders", data=body, headers=JSON)

    assert (await problem(answer, answer.status))["status"] in {400, 422}


@pytest.mark.parametrize("size", [64 * 1024 + 1, 10 * 1024 * 1024])
async def test_a_body_over_64_kib_is_too_large(http: Http, size: int) -> None:
    body = io.BytesIO(b" " * size)

    found = await problem(await http.post("/orders", data=body, headers=JSON), 413)

    assert "65536" in found["detail"]


async def test_a_body_of_64_kib_is_not(http: Http) -> None:
    order = orjson.dumps(ORDER)
    body = order + b" " * (64 * 1024 - len(order))

    await said(await http.post("/orders", data=body, headers=JSON), 202)


async def test_a_small_body_that_unpacks_to_a_large_one_is_too_large(http: Http) -> None:
    packed = gzip.compress(b" " * 10_000_000)
    headers = JSON | {"Content-Encoding": "gzip"}

    answer = await http.post("/orders", data=packed, headers=headers)

    assert (await problem(answer, answer.status))["status"] in {400, 413}


@pytest.mark.parametrize(
    "content_type", ["text/plain", "multipart/form-data", "application/json; charset=latin-1"]
)
async def test_only_json_in_utf_8_is_read(http: Http, content_type: str) -> None:
    answer = await http.post(
        "/orders", data=orjson.dumps(ORDER), headers={"Content-Type": content_type}
    )

    found = await problem(answer, 415)
    assert found["field"] == "Content-Type"
    assert answer.headers["Accept-Post"] == "application/json"


async def test_a_slow_body_is_not_waited_for(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "BODY_SECONDS", 0.05)
    rest = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield b'{"user_id":'
        await rest.wait()

    answer = await http.post("/orders", data=slowly(), headers=JSON)

    rest.set()
    found = await problem(answer, 408)
    assert "11 bytes" in found["detail"]
    assert answer.headers["Connection"] == "close"


async def test_who_hangs_up_in_mid_body_leaves_nothing_behind(http: Http, shop: Shop) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", http.port)
    writer.write(
        b"POST /orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"Content-Length: 500\r\n\r\n{"
    )
    await writer.drain()
    writer.close()
    await writer.wait_closed()

    await said(await http.get("/totals"))
    assert shop.log.commands == []
    assert reader is not None


async def test_where_nothing_has_to_be_said_a_body_may_be_left_out(http: Http) -> None:
    order_id = await placed(http)

    await said(await http.post(f"/orders/{order_id}/cancel"), 202)


async def test_where_something_has_to_be_said_it_may_not(http: Http) -> None:
    found = await problem(await http.post("/stock/KB-1/receive"), 422)

    assert found["field"] == "quantity"


@pytest.mark.parametrize(
    ("action", "body", "field"),
    [
        ("receive", {"quantity": 0}, "quantity"),
        ("receive", {"quantity": 1.5}, "quantity"),
        ("receive", {"quantity": 1, "why": "x"}, "why"),
        ("adjust", {"change": 0, "reason": "counted"}, "change"),
        ("adjust", {"change": 1}, "reason"),
        ("adjust", {"change": -1_000_001, "reason": "fire"}, "change"),
    ],
)
async def test_bad_movements_of_stock_are_named(
    http: Http, shop: Shop, action: str, body: dict[str, Any], field: str
) -> None:
    found = await problem(await http.post(f"/stock/KB-1/{action}", json=body), 422)

    assert found["field"] == field
    assert shop.log.commands == []
