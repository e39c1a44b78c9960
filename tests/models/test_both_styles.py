"""One list of orders in both styles, in two shops: every order ends alike.

What two orders fight for depends on who comes first, and what a cancellation meets depends on how
far the order is: so the orders come one after the other, and are cancelled before anything else
has happened, or when all is at rest. Within an order the two shops do everything in an order of
their own.
"""

from __future__ import annotations

from random import Random
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from models.order_messages import (
    CancelOrder,
    ConfirmDelivery,
    CreateOrder,
    Customer,
    OrderLine,
    ShipOrder,
    Style,
)
from models.payment_messages import payment_of
from models.stock_messages import ReceiveStock
from tests.models.bank import METHODS
from tests.models.shop import Shop
from tests.models.shop_books import check_at_rest

SKUS = ("TEA", "CUP")
SEEDS = st.integers(0, 2**32)


class Wish(NamedTuple):
    """An order, and what is asked of it later: at once, and whenever all is at rest."""

    lines: list[tuple[str, int]]
    method: str
    customer: Customer | None
    cancelled: bool
    later: list[str]


WISHES = st.lists(
    st.builds(
        Wish,
        st.lists(st.tuples(st.sampled_from(SKUS), st.integers(1, 3)), min_size=1, max_size=3),
        st.sampled_from(("card", "card", *METHODS)),
        st.sampled_from([None, Customer(name="Ada", email="ada@example.org")]),
        st.sampled_from([False, False, False, True]),
        st.lists(st.sampled_from(["cancel", "ship", "deliver"]), max_size=3),
    ),
    min_size=1,
    max_size=5,
)


@settings(deadline=None, max_examples=150)
@given(WISHES, st.tuples(st.integers(1, 9), st.integers(1, 9)), SEEDS, SEEDS)
def test_the_same_orders_end_alike_in_both_styles(
    wishes: list[Wish], stock: tuple[int, int], one: int, other: int
) -> None:
    orchestrated = lived("orchestration", wishes, stock, Random(one))
    choreographed = lived("choreography", wishes, stock, Random(other))

    for number in range(len(wishes)):
        assert end(orchestrated, f"ada:{number}") == end(choreographed, f"ada:{number}")
    assert levels(orchestrated) == levels(choreographed)


def lived(style: Style, wishes: list[Wish], stock: tuple[int, int], chance: Random) -> Shop:
    shop = Shop()
    for sku, quantity in zip(SKUS, stock, strict=True):
        shop.send(ReceiveStock(sku=sku, quantity=quantity))
    for number, wish in enumerate(wishes):
        order_id = f"ada:{number}"
        shop.send(_order(order_id, wish, style))
        if wish.cancelled:
            shop.send(_ask("cancel", order_id))
            shop.hurry("orders.commands")
        _rest(shop, chance)
        for each in wish.later:
            shop.send(_ask(each, order_id))
            _rest(shop, chance)
    check_at_rest(shop)
    return shop


def end(shop: Shop, order_id: str) -> dict[str, Any]:
    """All that is left of an order: why it ended, what its money did, what was said."""
    order, payment = shop.orders[order_id], shop.payments[payment_of(order_id)]
    notices = shop.notices.get(order_id)
    return {
        "order": (order.status, order.reason, order.paid, order.confirmed),
        "stuck": order_id in shop.stuck(),
        "money": {
            name: getattr(payment, name)
            for name in ("authorized", "captured", "refunded", "voided", "expired")
        },
        "sold": {
            (reservation, each.quantity)
            for reservation, each in shop.reservations.items()
            if each.order_id == order_id and each.status == "deducted"
        },
        "notices": [(each.kind, each.outcome) for each in notices.notices] if notices else [],
    }


def levels(shop: Shop) -> dict[str, tuple[int, int]]:
    return {sku: (level.on_hand, level.reserved) for sku, level in shop.levels.items()}


def _order(order_id: str, wish: Wish, style: Style) -> CreateOrder:
    return CreateOrder(
        order_id=order_id,
        user_id="ada",
        customer=wish.customer,
        lines=tuple(OrderLine(sku=sku, quantity=n, unit_price=100) for sku, n in wish.lines),
        currency="USD",
        method=wish.method,
        saga=style,
    )


def _ask(what: str, order_id: str) -> CancelOrder | ShipOrder | ConfirmDelivery:
    if what == "cancel":
        return CancelOrder(order_id=order_id, reason="changed my mind")
    if what == "ship":
        return ShipOrder(order_id=order_id, tracking="T-1")
    return ConfirmDelivery(order_id=order_id)


def _rest(shop: Shop, chance: Random) -> None:
    while steps := shop.steps():
        chance.choice(steps)()
