"""Whole orders without a coordinator: every failure at every point, whatever overtakes what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from models.order_messages import (
    CancelOrder,
    ConfirmDelivery,
    CreateOrder,
    Customer,
    OrderLine,
    ShipOrder,
    Style,
)
from models.payment_messages import RefundPayment, payment_of, return_of
from models.stock_messages import HOLD, AdjustStock, ExpireReservation, ReceiveStock
from tests.models.bank import METHODS
from tests.models.shop import NOON, READERS, Shop
from tests.models.shop_books import check_always, check_at_rest

ID = "ada:1"
LAGGING = [(reader, topic) for topic, readers in READERS.items() for reader in readers]
CANCEL = CancelOrder(order_id=ID, reason="changed my mind")


def order(*wanted: tuple[str, int], method: str = "card", saga: Style = "choreography") -> Any:
    return CreateOrder(
        order_id=ID,
        user_id="ada",
        customer=Customer(name="Ada", email="ada@example.org"),
        lines=tuple(OrderLine(sku=sku, quantity=n, unit_price=100) for sku, n in wanted),
        currency="USD",
        method=method,
        saga=saga,
    )


def open_shop(**stock: int) -> Shop:
    shop = Shop()
    for sku, quantity in stock.items():
        shop.send(ReceiveStock(sku=sku, quantity=quantity))
    shop.rest()
    return shop


def sold(method: str = "card", **stock: int) -> Shop:
    """A shop at rest after an order of two TEA and one CUP."""
    shop = open_shop(**(stock or {"TEA": 5, "CUP": 5}))
    shop.send(order(("TEA", 2), ("CUP", 1), method=method))
    shop.rest()
    check_at_rest(shop)
    return shop


def left(shop: Shop) -> dict[str, tuple[int, int]]:
    return {sku: (level.on_hand, level.reserved) for sku, level in shop.levels.items()}


def told(shop: Shop) -> list[tuple[str, str]]:
    notices = shop.notices.get(ID)
    return [(each.kind, each.outcome) for each in notices.notices] if notices else []


def money(shop: Shop) -> tuple[int, int, int, int]:
    payment = shop.payments[payment_of(ID)]
    return payment.authorized, payment.captured, payment.refunded, payment.voided


def test_an_order_is_paid_deducted_and_told() -> None:
    shop = sold()

    assert (shop.orders[ID].status, shop.orders[ID].paid) == ("CONFIRMED", True)
    assert (money(shop), left(shop)) == ((300, 300, 0, 0), {"TEA": (3, 0), "CUP": (4, 0)})
    assert told(shop) == [("confirmed", "sent")]


def test_a_delivered_order_is_forgotten_by_all() -> None:
    shop = sold()
    for command in (ShipOrder(order_id=ID, tracking="T-1"), ConfirmDelivery(order_id=ID)):
        shop.send(command)
        shop.rest()

    assert shop.orders[ID].status == "DELIVERED"
    assert told(shop)[-1] == ("delivered", "sent")
    assert not shop.policies.memories


def test_a_declined_payment_rejects_the_order_and_touches_no_stock() -> None:
    shop = sold("card-declined")

    assert (shop.orders[ID].status, shop.orders[ID].reason) == ("REJECTED", "card_declined")
    assert not shop.reservations
    assert told(shop) == [("rejected", "sent")]


@pytest.mark.parametrize("missing", ["TEA", "CUP", "POT"])
@pytest.mark.parametrize("lagging", LAGGING)
def test_a_refused_line_rejects_the_order_and_gives_all_back(
    missing: str, lagging: tuple[str, str]
) -> None:
    """The path that the article lacks: stock refused after the payment was authorized."""
    stock = {"TEA": 5, "CUP": 5, "POT": 5} | {missing: 1}
    shop = open_shop(**stock)
    shop.lagging = lagging
    shop.send(order(("TEA", 2), ("CUP", 2), ("POT", 2)))
    shop.rest()

    check_at_rest(shop)
    assert (shop.orders[ID].status, shop.orders[ID].reason) == ("REJECTED", "out_of_stock")
    assert left(shop) == {sku: (quantity, 0) for sku, quantity in stock.items()}
    assert money(shop) == (600, 0, 0, 600)


@pytest.mark.parametrize(("tea", "status"), [(3, "CONFIRMED"), (2, "REJECTED"), (0, "REJECTED")])
def test_two_lines_of_one_sku_need_both(tea: int, status: str) -> None:
    shop = open_shop(TEA=3)
    shop.send(AdjustStock(sku="TEA", change=tea - 3, reason="counted")) if tea < 3 else None
    shop.send(order(("TEA", 2), ("TEA", 1)))
    shop.rest()

    check_at_rest(shop)
    assert shop.orders[ID].status == status
    assert left(shop) == {"TEA": (0 if tea == 3 else tea, 0)}


@pytest.mark.parametrize("method", ["card-capture-refused", "card-expired"])
def test_a_refused_capture_cancels_the_order(method: str) -> None:
    shop = sold(method)

    assert shop.orders[ID].status == "CANCELLED"
    assert left(shop) == {"TEA": (5, 0), "CUP": (5, 0)}
    assert money(shop)[1] == 0
    assert told(shop) == [("cancelled", "sent")]


def moments(method: str, lagging: tuple[str, str] | None = None) -> Iterator[Shop]:
    """A shop after each step of an order's life, until it is at rest."""
    for count in range(200):
        shop = open_shop(TEA=5, CUP=5)
        shop.lagging = lagging
        shop.send(order(("TEA", 2), ("CUP", 1), method=method))
        for _ in range(count):
            if steps := shop.steps():
                steps[0]()
        last = not shop.steps()
        yield shop
        if last:
            return
    raise AssertionError("it never comes to rest")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("lagging", [None, *LAGGING])
def test_a_customer_may_cancel_at_every_point(method: str, lagging: tuple[str, str] | None) -> None:
    for shop in moments(method, lagging):
        shop.send(CANCEL)
        shop.rest()

        check_at_rest(shop)
        refused = method == "card-refund-refused" and money(shop)[1] > 0
        dead = ("CANCEL_PENDING",) if refused else ("CANCELLED", "REJECTED")
        assert shop.orders[ID].status in dead


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("lagging", [None, ("stock", "payments"), ("orders", "sagas.replies")])
def test_a_reservation_may_expire_at_every_point(
    lost: bool,  # noqa: FBT001 - as given
    lagging: tuple[str, str] | None,
) -> None:
    """If its goods are gone, too, the deduction is refused: refund, release, cancel."""
    ends = set()
    for shop in moments("card", lagging):
        for sku, reservation in list(shop.reservations):
            shop.send(
                ExpireReservation(sku=sku, reservation_id=reservation, order_id=ID, at=NOON + HOLD)
            )
            if lost:
                shop.send(AdjustStock(sku=sku, change=-5, reason="broken"))
        shop.rest()
        check_at_rest(shop)
        ends.add(shop.orders[ID].status)

    assert ends == ({"CONFIRMED", "CANCELLED"} if lost else {"CONFIRMED"})


def test_a_refused_refund_stays_visible_until_a_human_has_settled_it() -> None:
    shop = sold("card-refund-refused")
    shop.send(CANCEL)
    shop.rest()

    check_at_rest(shop)
    assert (shop.orders[ID].status, shop.stuck()) == ("CANCEL_PENDING", [ID])

    shop.bank.relents = True
    by_hand = f"{return_of(payment_of(ID))} by hand"
    shop.send(RefundPayment(payment_id=payment_of(ID), order_id=ID, refund_id=by_hand, amount=300))
    shop.rest()
    check_at_rest(shop)
    assert (shop.orders[ID].status, shop.stuck()) == ("CANCELLED", [])


@pytest.mark.parametrize("lagging", LAGGING)
@pytest.mark.parametrize("saga", ["choreography", "orchestration"])
@pytest.mark.parametrize("method", METHODS)
def test_a_reader_that_is_slow_with_one_topic_changes_nothing(
    lagging: tuple[str, str], saga: Style, method: str
) -> None:
    """Nor does it leave anything behind, of whatever style the order is."""
    ends = []
    for slow in (None, lagging):
        shop = open_shop(TEA=5, CUP=5)
        shop.lagging = slow
        shop.send(order(("TEA", 2), ("CUP", 1), method=method, saga=saga))
        shop.rest()
        check_at_rest(shop)
        ends.append((shop.orders[ID].status, money(shop), left(shop), told(shop)))

    assert ends[0] == ends[1]


@pytest.mark.parametrize("context", ["orders", "payments", "stock", "notifications"])
def test_what_is_asked_again_at_every_point_is_done_once(context: str) -> None:
    for shop in moments("card"):
        if (context, ID) in shop.policies.memories:
            shop.policies.ask_again(context, ID)
            shop.policies.ask_again(context, ID)
        check_always(shop)
        shop.rest()
        check_at_rest(shop)
        assert (money(shop), left(shop)) == ((300, 300, 0, 0), {"TEA": (3, 0), "CUP": (4, 0)})
