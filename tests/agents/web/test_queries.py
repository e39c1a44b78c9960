"""Queries: what is known, how fresh it is, and what is said when nothing is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from models.order_messages import RejectOrder
from models.payment_messages import PaymentAuthorized, PaymentRequested
from models.saga_messages import SagaStarted
from models.stock_messages import ReserveStock
from streams.lane import State
from tests.agents.stage import NOON, message
from tests.agents.web.talking import LINE, Http, placed, problem, said
from tests.agents.web.world import Shop

FRESH = {"as_of": "2026-11-23T12:00:00Z", "behind": 0}
EMPTY = {"as_of": None, "behind": 0}


async def test_an_order_is_shown_with_its_freshness(http: Http) -> None:
    order_id = await placed(http)

    order = await said(await http.get(f"/orders/{order_id}"))

    assert (order["order_id"], order["status"], order["total"]) == (order_id, "PENDING", 9900)
    assert order["freshness"] == FRESH


@pytest.mark.parametrize(
    "path", ["/orders/{}", "/orders/{}/events", "/orders/{}/payment", "/sagas/{}"]
)
@pytest.mark.parametrize("order_id", ["mina:1", "17", "x" * 255])
async def test_an_unknown_order_is_not_found(http: Http, path: str, order_id: str) -> None:
    found = await problem(await http.get(path.format(order_id)), 404)

    assert (found["field"], found["value"][:50]) == ("order_id", order_id[:50])
    assert found["cure"]


async def test_events_come_in_their_order_page_by_page(http: Http, shop: Shop) -> None:
    order_id = await placed(http)
    shop.asked(RejectOrder(order_id=order_id, reason="card_declined"), "mina")

    first = await said(await http.get(f"/orders/{order_id}/events?limit=1"))
    then = await said(await http.get(f"/orders/{order_id}/events?after={first['next']}"))

    assert [event["type"] for event in first["events"]] == ["OrderCreated"]
    assert [event["type"] for event in then["events"]] == ["OrderRejected"]
    assert then["events"][0]["data"]["reason"] == "card_declined"
    assert (then["next"], then["freshness"]) == (None, FRESH)


async def test_a_payment_is_a_ledger(http: Http, shop: Shop) -> None:
    order_id = await placed(http)
    ids: dict[str, Any] = {"payment_id": f"{order_id}/payment", "order_id": order_id}
    asked = PaymentRequested(**ids, amount=9900, currency="USD", method="card", key="k")
    granted = PaymentAuthorized(**ids, key="k", amount=9900, currency="USD")
    for sequence, event in enumerate((asked, granted), 1):
        shop.happens(message(event, subject=ids["payment_id"], home="mina", sequence=sequence))

    payment = await said(await http.get(f"/orders/{order_id}/payment"))

    assert (payment["status"], payment["sums"]["authorized"]) == ("authorized", 9900)
    assert [entry["type"] for entry in payment["entries"]] == [
        "PaymentRequested",
        "PaymentAuthorized",
    ]
    assert payment["freshness"] == FRESH


async def test_a_saga_is_shown(http: Http, shop: Shop) -> None:
    order_id = await placed(http)
    order: Any = shop.log.commands[0][2].data
    started = SagaStarted(
        order_id=order_id, style="orchestration", customer=order.customer, lines=order.lines,
        total=9900, currency="USD", method="card", home="mina",
    )  # fmt: skip
    shop.happens(message(started, subject=order_id, home="mina", sequence=1))

    saga = await said(await http.get(f"/sagas/{order_id}"))

    assert (saga["state"], saga["freshness"]) == ("running", FRESH)


# Lists.


async def test_a_user_without_orders_has_an_empty_list(http: Http) -> None:
    assert await said(await http.get("/users/nobody/orders")) == {
        "user_id": "nobody",
        "orders": [],
        "next": None,
        "freshness": EMPTY,
    }


async def test_a_list_goes_on_with_its_cursor(http: Http) -> None:
    ids = {await placed(http, f"k-{number}") for number in range(25)}

    first = await said(await http.get("/users/mina/orders"))
    then = await said(await http.get("/users/mina/orders", params={"cursor": first["next"]}))
    paged = await said(await http.get("/users/mina/orders?page=2"))

    assert (len(first["orders"]), len(then["orders"]), then["next"]) == (20, 5, None)
    assert {order["order_id"] for order in first["orders"] + then["orders"]} == ids
    assert paged["orders"] == then["orders"]


async def test_a_list_may_be_of_one_status(http: Http, shop: Shop) -> None:
    order_id = await placed(http, "k-1")
    await placed(http, "k-2")
    shop.asked(RejectOrder(order_id=order_id, reason="card_declined"), "mina")

    found = await said(await http.get("/users/mina/orders?status=REJECTED&limit=1"))

    assert [order["order_id"] for order in found["orders"]] == [order_id]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=LOST", "status"),
        ("status=null", "status"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=ten", "limit"),
        ("limit=1.5", "limit"),
        ("page=0", "page"),
        ("page=99999", "page"),
        ("cursor=nonsense", "cursor"),
        ("cursor=", "cursor"),
        ("cursor=x&page=2", "cursor"),
        ("limit=1&limit=2", "limit"),
        ("sort=total", "sort"),
    ],
)
async def test_a_bad_parameter_is_named_with_the_cure(http: Http, query: str, field: str) -> None:
    found = await problem(await http.get(f"/users/mina/orders?{query}"), 400)

    assert found["field"] == field
    assert found["cure"]


async def test_a_cursor_of_another_list_is_refused(http: Http) -> None:
    for number in range(2):
        await placed(http, f"k-{number}")
    page = await said(await http.get("/users/mina/orders?limit=1"))

    answer = await http.get("/users/noor/orders", params={"cursor": page["next"]})

    assert (await problem(answer, 400))["field"] == "cursor"


async def test_a_parameter_where_there_are_none_is_refused(http: Http) -> None:
    found = await problem(await http.get("/totals?verbose=1"), 400)

    assert (found["field"], found["cure"]) == ("verbose", "this path has no parameters")


# Stock and totals.


async def test_stock_is_shown_with_its_open_reservations(http: Http, shop: Shop) -> None:
    await said(await http.post("/stock/KB-1/receive?wait=5s", json={"quantity": 5}))
    for line in (1, 2):
        reserve = ReserveStock(
            sku="KB-1", reservation_id=f"mina:1/{line}", order_id=f"mina:{line}", reply_to="mina",
            quantity=1, expires_at=NOON + timedelta(hours=1),
        )  # fmt: skip
        shop.asked(reserve, "KB-1")

    stock = await said(await http.get("/stock/KB-1?limit=1"))
    rest = await said(await http.get("/stock/KB-1?after=mina:1/1"))

    assert (stock["on_hand"], stock["reserved"], stock["available"]) == (5, 2, 3)
    assert [each["reservation_id"] for each in stock["reservations"]] == ["mina:1/1"]
    assert stock["more"] is True
    assert [each["reservation_id"] for each in rest["reservations"]] == ["mina:1/2"]
    assert stock["freshness"] == FRESH


async def test_an_unknown_sku_is_not_found_with_the_cure(http: Http) -> None:
    found = await problem(await http.get("/stock/NONE"), 404)

    assert (found["field"], found["value"]) == ("sku", "NONE")
    assert "/stock/NONE/receive" in found["cure"]


async def test_totals_of_nothing_are_zero(http: Http) -> None:
    assert await said(await http.get("/totals")) == {
        "orders": {},
        "rejected": {},
        "placed": 0,
        "money": {},
        "styles": {},
        "stock": {"skus": 0, "on_hand": 0, "reserved": 0},
        "partitions": {"counted": 4, "all": 4},
        "freshness": EMPTY,
    }


async def test_totals_are_of_all_partitions_here(http: Http) -> None:
    for user in ("mina", "noor", "ada", "bo"):
        await placed(http, user_id=user)

    totals = await said(await http.get("/totals"))

    assert (totals["placed"], totals["orders"]) == (4, {"PENDING": 4})
    assert totals["money"]["USD"]["ordered"] == 4 * 9900


async def test_totals_say_when_some_partitions_are_elsewhere(http: Http, shop: Shop) -> None:
    shop.lane_of("order_views", "mina").state = State.CLOSED

    totals = await said(await http.get("/totals"))

    assert totals["partitions"] == {"counted": 3, "all": 4}


# Partitions that cannot be read.


@pytest.mark.parametrize("path", ["/orders/mina:1", "/users/mina/orders", "/sagas/mina:1"])
async def test_a_partition_that_is_restored_is_unavailable_for_a_moment(
    http: Http, shop: Shop, path: str
) -> None:
    shop.lane_of("order_views", "mina").state = State.CLOSED

    answer = await http.get(path)

    await problem(answer, 503)
    assert answer.headers["Retry-After"] == "1"


async def test_a_partition_of_another_worker_is_misdirected(http: Http, shop: Shop) -> None:
    del shop.lanes["stock_views", shop.lane_of("stock_views", "KB-1").partition]

    found = await problem(await http.get("/stock/KB-1"), 421)

    assert "another worker" in found["cure"]


async def test_before_the_first_assignment_everything_is_on_its_way(http: Http, shop: Shop) -> None:
    shop.rebalancing = True
    shop.lanes.clear()

    found = await problem(await http.get("/orders/mina:1"), 503)

    assert "assigned or restored" in found["detail"]


async def test_a_line_is_priced_by_the_read_model(http: Http) -> None:
    order_id = await placed(http, lines=[LINE | {"quantity": 3}])

    order = await said(await http.get(f"/orders/{order_id}"))

    assert order["lines"][0]["amount"] == 3 * 4950
