"""What is wrong with a request is said, with field, value and cure, and nothing has happened."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.gateway.problems import Problem, read
from deploy.gateway.server import LARGEST_BODY
from deploy.gateway.wire import Authorize, Mail, Refund
from tests.deploy.gateway.scene import Customer, gateway

GOOD = {"payment_id": "p", "amount": 1, "currency": "USD", "method": "card"}
ABSENT = object()


@pytest.fixture
async def customer(tmp_path: Path) -> AsyncIterator[Customer]:
    async with gateway(tmp_path) as customer:
        yield customer


def altered(field: str, value: Any) -> dict[str, Any]:
    """Return a good body with one field changed."""
    return {name: kept for name, kept in {**GOOD, field: value}.items() if kept is not ABSENT}


@pytest.mark.parametrize(
    ("field", "value", "said", "cure"),
    [
        ("amount", 5.5, "5.5", "whole number of minor units"),
        ("amount", True, True, "whole number of minor units"),
        ("amount", "5", "5", "whole number of minor units"),
        ("amount", -1, -1, "whole number of minor units"),
        ("amount", 2**53 + 1, 2**53 + 1, "whole number of minor units"),
        ("amount", None, None, "whole number of minor units"),
        ("amount", ABSENT, None, "whole number of minor units"),
        ("currency", "XXX", "XXX", "ISO 4217"),
        ("currency", "usd", "usd", "ISO 4217"),
        ("method", "gold", "gold", "card-declined"),
        ("payment_id", "", "", "1 to 255"),
        ("payment_id", "p" * 256, "p" * 100 + "…", "1 to 255"),
        ("payment_id", ["p"], "['p']", "1 to 255"),
        ("colour", "red", "red", "payment_id, amount, currency, method"),
        ("operation", "void", "void", "payment_id, amount, currency, method"),
    ],
)
async def test_a_wrong_field_is_named_with_its_value_and_a_cure(
    customer: Customer, field: str, value: Any, said: Any, cure: str
) -> None:
    reply = await customer.post("/v1/authorize", altered(field, value), "k")

    assert reply.status == 400
    assert reply.headers["Content-Type"].startswith("application/problem+json")
    assert reply.body["field"] == field
    assert reply.body["value"] == said
    assert field in reply.body["detail"]
    assert cure in reply.body["cure"]
    assert await customer.listing() == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"payment_id": "\xff"}',
        b'{"payment_id": "\\ud800"}',
        b"[" * 60_000,
        b'{"x":' * 10_000,
    ],
)
async def test_a_body_that_is_no_json_object_is_said_to_be_none(
    customer: Customer, body: bytes
) -> None:
    reply = await customer.post("/v1/void", body, "k")

    assert reply.status == 400
    assert "payment_id" in reply.body["cure"]
    assert await customer.listing() == []


@given(
    st.binary()
    | st.dictionaries(
        st.sampled_from([*GOOD, "refund_id", "order_id", "to", "x"]),
        st.sampled_from([*GOOD.values(), 10**30, -(10**30), 1e300, None, [], {}, "\0"])
        | st.text(st.characters()),
    ).map(lambda body: json.dumps(body).encode())
)
def test_whatever_the_bytes_are_there_is_a_request_or_a_problem(body: bytes) -> None:
    for kind in (Authorize, Refund, Mail):
        try:
            understood: Any = read(body, kind)
        except Problem as problem:
            understood = problem.response().status
        assert understood == 400 or isinstance(understood, kind)


async def test_a_body_above_64_kib_is_too_large_and_one_below_is_read(customer: Customer) -> None:
    filled = b'{"payment_id": "p"}'.ljust(LARGEST_BODY)

    assert (await customer.post("/v1/void", filled, "k")).status == 200
    reply = await customer.post("/v1/void", filled + b" ", "k")
    assert reply.status == 413
    assert reply.body["value"] == LARGEST_BODY + 1


@pytest.mark.parametrize("headers", [[], [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]])
async def test_a_request_has_exactly_one_key(
    customer: Customer, headers: list[tuple[str, str]]
) -> None:
    async with customer.http.post("/v1/void", json={"payment_id": "p"}, headers=headers) as answer:
        problem = await answer.json(content_type="application/problem+json")

    assert answer.status == 400
    assert problem["field"] == "Idempotency-Key"
    assert f"{len(headers)} times" in problem["detail"]


@pytest.mark.parametrize("key", ["", "%FF", "k" * 256, ".", "%2E."])
async def test_what_cannot_be_a_key_is_said(customer: Customer, key: str) -> None:
    headers = {"Idempotency-Key": key}
    async with customer.http.post("/v1/void", json={"payment_id": "p"}, headers=headers) as answer:
        problem = await answer.json(content_type="application/problem+json")

    assert answer.status == 400
    assert problem["field"] == "Idempotency-Key"
    assert "1 to 255" in problem["cure"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("POST", "/v1/steal", 404),
        ("GET", "/v1/operations/", 404),
        ("PUT", "/v1/authorize", 405),
        ("DELETE", "/ledger", 405),
    ],
)
async def test_what_is_not_offered_is_a_problem_too(
    customer: Customer, method: str, path: str, status: int
) -> None:
    async with customer.http.request(method, path) as answer:
        problem = await answer.json(content_type="application/problem+json")

    assert (answer.status, problem["status"]) == (status, status)
    assert problem["value"] == path


async def test_a_failure_of_its_own_is_logged_and_answered_without_details(
    customer: Customer, caplog: pytest.LogCaptureFixture
) -> None:
    await customer.authorize()
    customer.ledger.close()
    with caplog.at_level(logging.ERROR):
        reply = await customer.capture()

    assert reply.status == 500
    assert "under the same key" in reply.body["cure"]
    assert "/v1/capture failed" in caplog.text
