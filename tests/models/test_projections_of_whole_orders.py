"""Views agree with the aggregates: whatever a shop has been through, its events project to it."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from models.messages import Message
from models.order_messages import (
    CancelOrder,
    ConfirmDelivery,
    CreateOrder,
    Customer,
    OrderLine,
    ShipOrder,
)
from models.payment_messages import payment_of
from models.payments import Payment
from models.projections import Journey
from models.saga_state import Saga
from models.saga_stock import stock_status
from models.stock_messages import ExpireReservation, ReceiveStock
from models.stock_projection import Ending, StockView, project_stock
from tests.models.bank import METHODS
from tests.models.shop import NOON, Shop
from tests.models.test_order_projection import journey
from tests.models.test_projections import mixed
from tests.tables.told import told

ORDERS = [f"ada:{number}" for number in range(3)]
SKUS = ("TEA", "CUP")


def lived(chance: Random) -> Shop:
    """A shop after some orders and some trouble, at rest or in the middle of it."""
    shop = Shop()
    for sku in SKUS:
        shop.send(ReceiveStock(sku=sku, quantity=chance.randint(1, 8)))
    for order_id in ORDERS:
        shop.send(_order(order_id, chance))
    for _ in range(chance.randint(0, 150)):
        _go_on(shop, chance)
    if chance.random() < 0.5:
        shop.rest()
    return shop


def _order(order_id: str, chance: Random) -> CreateOrder:
    wanted = [(chance.choice(SKUS), chance.randint(1, 3)) for _ in range(chance.randint(1, 3))]
    return CreateOrder(
        order_id=order_id,
        user_id="ada",
        customer=Customer(name="Ada", email="ada@example.org"),
        lines=tuple(OrderLine(sku=sku, quantity=n, unit_price=100) for sku, n in wanted),
        currency="USD",
        method=chance.choice(("card", "card", *METHODS)),
    )


def _go_on(shop: Shop, chance: Random) -> None:
    order_id = chance.choice(ORDERS)
    rare = chance.random()
    if rare < 0.02:
        shop.send(CancelOrder(order_id=order_id, reason="changed my mind"))
    elif rare < 0.04:
        shop.send(ShipOrder(order_id=order_id, tracking="T-1"))
    elif rare < 0.06:
        shop.send(ConfirmDelivery(order_id=order_id))
    elif rare < 0.07 and shop.reservations:
        (sku, reservation_id), found = chance.choice(list(shop.reservations.items()))
        shop.send(
            ExpireReservation(
                sku=sku,
                reservation_id=reservation_id,
                order_id=found.order_id,
                at=found.expires_at or NOON,
            )
        )
    elif steps := shop.steps():
        chance.choice(steps)()


def told_of(shop: Shop, order_id: str) -> list[list[Message]]:
    """What each topic holds of one order."""
    of = {"payments": payment_of(order_id)}
    topics = ("orders", "payments", "sagas", "notifications")
    return [told(f"/{each}", shop.events[each, of.get(each, order_id)]) for each in topics]


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 2**32))
def test_the_views_of_a_shop_are_its_aggregates(seed: int) -> None:
    chance = Random(seed)
    shop = lived(chance)

    for order_id in ORDERS:
        found = journey(mixed(told_of(shop, order_id), chance))
        check_order(shop, order_id, found)
        check_payment(shop.payments.get(payment_of(order_id)), found)
        if found.saga is not None:
            check_saga(shop, shop.saga(order_id), found)
    for sku in SKUS:
        check_stock(shop, sku)


def check_order(shop: Shop, order_id: str, found: Journey) -> None:
    order, view = shop.orders.get(order_id), found.order
    if order is None or view is None:
        assert order is None
        return
    assert (view.status, view.version, view.total) == (order.status, order.version, order.total)
    assert (view.paid, view.tracking or "") == (order.paid, order.tracking)
    assert len(view.lines) == order.lines


def check_payment(payment: Payment | None, found: Journey) -> None:
    view = found.payment
    if payment is None or view is None:
        assert payment is None
        return
    names = ("authorized", "captured", "refunded", "voided", "expired")
    assert [getattr(view.sums, n) for n in names] == [getattr(payment, n) for n in names]
    assert view.version == payment.version
    assert view.status in expected_statuses(payment)


def expected_statuses(payment: Payment) -> set[str]:
    """What may be said of a payment with these sums."""
    if payment.captured:
        left = payment.captured - payment.refunded
        return {"captured"} if left == payment.captured else {"refunded" if not left else "partial"}
    if payment.still_authorized:
        return {"authorized"}
    return {"expired", "voided"} if payment.authorized else {"pending", "failed", "voided"}


def check_saga(shop: Shop, saga: Saga, found: Journey) -> None:
    view = found.saga
    assert view is not None
    assert (view.state, view.goal, view.outcome, view.stuck, view.reason) == (
        saga.state,
        saga.goal,
        saga.outcome,
        saga.stuck,
        saga.reason,
    )
    assert view.version == saga.version
    if saga.state == "completed" and not shop.steps():
        assert view.waiting_for is None
        held = {"confirmed": {"deducted"}}.get(saga.outcome or "", {"none", "refused", "released"})
        assert stock_status(view) in held


def check_stock(shop: Shop, sku: str) -> None:
    view: StockView | None = None
    still_open: dict[str, int] = {}
    for each in told("/stock", shop.events["stock", sku]):
        event = each.data
        view = project_stock(view, event, each)  # type: ignore[arg-type] # a stock event, by topic
        if isinstance(event, Ending):
            still_open.pop(event.reservation_id, None)
        elif each.type == "StockReserved":
            still_open[event.reservation_id] = event.quantity  # type: ignore[attr-defined] # as its type says
    level = shop.levels.get(sku)
    if level is None or view is None:
        assert level is None or level.version == 0
        return
    assert (view.on_hand, view.reserved, view.available, view.version) == (
        level.on_hand,
        level.reserved,
        level.available,
        level.version,
    )
    assert still_open == reserved_of(shop, sku)


def reserved_of(shop: Shop, sku: str) -> dict[str, int]:
    """The open reservations of a SKU, by id."""
    return {
        identity: each.quantity
        for (of, identity), each in shop.reservations.items()
        if of == sku and each.status == "open"
    }
