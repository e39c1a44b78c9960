"""Commands about what there is: cancel, ship, deliver; receive and adjust stock."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from yarl import URL

from agents.web import commands as module
from agents.web.site import Site
from models.order_messages import (
    CancelOrder,
    ConfirmDelivery,
    ConfirmOrder,
    MarkOrderPaid,
    ShipOrder,
)
from models.stock_messages import AdjustStock, ReceiveStock
from streams.lane import State
from tests.agents.web.talking import Http, kind, placed, problem, said
from tests.agents.web.world import Shop
from tests.faults.workers import eventually

RECEIVE = "/stock/KB-1/receive?wait=5s"
ADJUST = "/stock/KB-1/adjust?wait=5s"


async def paid(http: Http, shop: Shop) -> str:
    """The id of an order that can be shipped."""
    order_id = await placed(http)
    shop.asked(ConfirmOrder(order_id=order_id, authorized=9900, reserved=1), "mina")
    shop.asked(MarkOrderPaid(order_id=order_id, captured=9900), "mina")
    return order_id


@pytest.mark.parametrize(
    ("action", "body", "command"),
    [
        ("cancel", {"reason": "late"}, CancelOrder(order_id="", reason="late")),
        ("cancel", {}, CancelOrder(order_id="", reason="cancelled by the customer")),
        ("ship", {"tracking": "JD2"}, ShipOrder(order_id="", tracking="JD2")),
        ("deliver", {}, ConfirmDelivery(order_id="")),
    ],
)
async def test_a_request_becomes_a_command_to_the_order(
    http: Http, shop: Shop, action: str, body: dict[str, Any], command: Any
) -> None:
    order_id = await placed(http)

    answer = await http.post(f"/orders/{order_id}/{action}", json=body)

    accepted = await said(answer, 202)
    assert answer.headers["Location"] == f"/orders/{order_id}"
    topic, key, sent = shop.log.commands[-1]
    assert (topic, key, sent.id) == ("orders.commands", b"mina", accepted["command_id"])
    assert (sent.subject, sent.correlationid) == (order_id, order_id)
    assert type(sent.data) is type(command)
    assert [v for k, v in _fields(sent.data) if k != "order_id"] == [
        v for k, v in _fields(command) if k != "order_id"
    ]


def _fields(data: Any) -> list[tuple[str, Any]]:
    return [(name, getattr(data, name)) for name in data.__struct_fields__]


async def test_it_can_wait_until_the_order_has_followed(http: Http, shop: Shop) -> None:
    order_id = await paid(http, shop)

    shipped = await said(
        await http.post(f"/orders/{order_id}/ship?wait=5s", json={"tracking": "J"})
    )
    delivered = await said(await http.post(f"/orders/{order_id}/deliver?wait=5s", json={}))

    assert (shipped["status"], shipped["tracking"]) == ("SHIPPED", "J")
    assert delivered["status"] == "DELIVERED"


async def test_a_refusal_is_a_conflict_with_the_reason(http: Http) -> None:
    order_id = await placed(http)

    answer = await http.post(f"/orders/{order_id}/ship?wait=5s", json={"tracking": "J"})

    found = await problem(answer, 409)
    assert kind(found) == "refused"
    assert found["detail"]
    assert (await said(await http.get(f"/orders/{order_id}")))["status"] == "PENDING"


async def test_only_what_this_command_caused_counts(http: Http, shop: Shop, site: Site) -> None:
    order_id = await paid(http, shop)
    shop.sleep()
    path = f"/orders/{order_id}/cancel?wait=5s"
    first = asyncio.create_task(http.post(path, json={"reason": "first"}))
    await eventually(lambda: len(shop.log.commands) == 2, "the first is sent")
    second = asyncio.create_task(
        http.post(f"/orders/{order_id}/ship?wait=5s", json={"tracking": "J"})
    )
    await eventually(lambda: len(shop.log.commands) == 3, "the second is sent")

    shop.awake()

    assert (await said(await first))["status"] == "CANCEL_PENDING"
    await problem(await second, 409)
    assert len(site.changed) == 0


async def test_the_same_key_is_the_same_command(http: Http) -> None:
    order_id = await placed(http)
    path, headers = f"/orders/{order_id}/cancel?wait=5s", {"Idempotency-Key": "c"}

    answers = [await http.post(path, json={"reason": "late"}, headers=headers) for _ in range(2)]
    other = await http.post(path, json={"reason": "dear"}, headers=headers)

    assert [(await said(answer))["reason"] for answer in answers] == ["late", "late"]
    assert kind(await problem(other, 422)) == "idempotency-key-reused"


async def test_an_order_that_is_on_its_way_is_waited_for(
    http: Http, shop: Shop, site: Site
) -> None:
    shop.sleep()
    order_id = await placed(http)
    asking = asyncio.create_task(http.post(f"/orders/{order_id}/cancel", json={}))
    await eventually(lambda: len(site.changed) == 1, "somebody waits")

    shop.awake()

    await said(await asking, 202)


async def test_an_order_that_does_not_appear_is_unknown(
    http: Http, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.01)

    for order_id in ("mina:NOSUCH", "17", "mina"):
        found = await problem(await http.post(f"/orders/{order_id}/cancel", json={}), 404)
        assert (found["field"], found["value"]) == ("order_id", order_id)
        assert found["cure"]
    assert shop.log.commands == []


async def test_an_order_in_a_partition_that_is_restored_is_not_unknown(
    http: Http, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = await placed(http)
    shop.lane_of("order_views", "mina").state = State.CLOSED
    monkeypatch.setattr(module, "PATIENCE", 0.01)

    answer = await http.post(f"/orders/{order_id}/cancel", json={})

    await problem(answer, 503)
    assert answer.headers["Retry-After"]


# Stock.


async def test_goods_are_received_and_adjusted(http: Http, shop: Shop) -> None:
    received = await said(await http.post(RECEIVE, json={"quantity": 5}))
    adjusted = await said(await http.post(ADJUST, json={"change": -2, "reason": "fell"}))

    assert (received["sku"], received["on_hand"]) == ("KB-1", 5)
    assert (adjusted["on_hand"], adjusted["available"]) == (3, 3)
    assert [(topic, key) for topic, key, _ in shop.log.commands] == [
        ("stock.commands", b"KB-1")
    ] * 2
    assert [command.data for _, _, command in shop.log.commands] == [
        ReceiveStock(sku="KB-1", quantity=5),
        AdjustStock(sku="KB-1", change=-2, reason="fell"),
    ]


async def test_without_waiting_a_movement_is_accepted(http: Http) -> None:
    answer = await http.post("/stock/KB-1/receive", json={"quantity": 5})

    assert (await said(answer, 202))["sku"] == "KB-1"
    assert answer.headers["Location"] == "/stock/KB-1"


async def test_what_would_make_stock_negative_is_a_conflict(http: Http) -> None:
    await said(await http.post(RECEIVE, json={"quantity": 1}))

    found = await problem(await http.post(ADJUST, json={"change": -2, "reason": "fell"}), 409)

    assert kind(found) == "refused"


async def test_an_adjustment_of_what_never_came_is_a_conflict(http: Http) -> None:
    await problem(await http.post(ADJUST, json={"change": -2, "reason": "fell"}), 409)


async def test_a_repeated_movement_counts_once(http: Http) -> None:
    headers = {"Idempotency-Key": "truck-7"}

    first, second = [
        await http.post(RECEIVE, json={"quantity": 5}, headers=headers) for _ in range(2)
    ]
    other = await http.post(RECEIVE, json={"quantity": 6}, headers=headers)

    assert ((await said(first))["on_hand"], (await said(second))["on_hand"]) == (5, 5)
    assert kind(await problem(other, 422)) == "idempotency-key-reused"


@pytest.mark.parametrize("sku", ["a%20b", "a%2Fb", "a%0A", "a:b", "x" * 101])
async def test_a_sku_that_cannot_be_is_not_found(http: Http, sku: str) -> None:
    found = await problem(await http.post(URL(f"/stock/{sku}/receive", encoded=True)), 404)

    assert found["field"] == "sku"
