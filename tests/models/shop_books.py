"""The books of a shop in memory: what must hold at every moment, and what when all is at rest.

The letters and numbers are those of the domain's list of invariants.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import Any

from models.messages import Payload
from models.notification_messages import NotificationRequested
from models.orders import Order
from models.payment_messages import payment_of
from models.payments import Payment
from models.saga_messages import SagaStuck
from models.saga_requests import waiting
from models.saga_state import Saga
from models.stock_messages import StockAdjusted, StockDeducted, StockReceived, StockRestocked
from tests.models.bank import Account
from tests.models.shop import Shop
from tests.models.shop_policies import POLICIES

SOLD = ("CONFIRMED", "SHIPPED", "DELIVERED")
DEAD = ("REJECTED", "CANCELLED", "EXPIRED")
# The sold orders that a context may still have to do with: what is shipped is not undone.
LIVING = {
    "orders": ("CONFIRMED",),
    "payments": ("CONFIRMED",),
    "stock": ("CONFIRMED",),
    "notifications": ("CONFIRMED", "SHIPPED"),
}


def check_always(shop: Shop) -> None:
    """What holds whatever is under way."""
    for sku in shop.levels:
        _check_stock(shop, sku)
    for payment_id, payment in shop.payments.items():
        _check_ledger(payment, shop.bank.accounts.get(payment_id))
    for aggregate, version in _versions(shop):
        assert version == len(shop.events[aggregate]), f"G1: a gap in the history of {aggregate}"
    for order_id in shop.sagas.keys() - shop.choreographed:
        assert set(waiting(shop.sagas[order_id])) <= set(shop.sent[order_id])
    for key, memory in shop.policies.memories.items():
        assert set(POLICIES[key[0]].wanted(memory)) <= set(shop.policies.asked[key])
    mails = Counter(each for each in _events(shop) if isinstance(each, NotificationRequested))
    assert set(mails.values()) <= {1}, "G4"


def check_at_rest(shop: Shop) -> None:
    """What holds when nothing is under way any more."""
    check_always(shop)
    for order in shop.orders.values():
        _check_end(shop, order)
    for payment_id, payment in shop.payments.items():
        _check_agreement(payment, shop.bank.accounts.get(payment_id))
    _check_memories(shop)
    for event in _events(shop):
        if isinstance(event, SagaStuck) and not event.silent:
            account = shop.bank.accounts[payment_of(event.order_id)]
            assert account.method == "card-refund-refused", "a human was called for nothing"


def _check_stock(shop: Shop, sku: str) -> None:
    level = shop.levels[sku]
    reserved = sum(
        each.quantity
        for (of, _), each in shop.reservations.items()
        if of == sku and each.status == "open"
    )
    on_hand = 0
    for event in shop.events["stock", sku]:
        match event:
            case StockReceived(quantity=quantity) | StockRestocked(quantity=quantity):
                on_hand += quantity
            case StockDeducted(quantity=quantity):
                on_hand -= quantity
            case StockAdjusted(change=change):
                on_hand += change
    assert level.on_hand == on_hand, "S1"
    assert level.reserved == reserved, "S2"
    assert level.available >= 0, "S3"


def _check_ledger(payment: Payment, account: Account | None) -> None:
    assert payment.still_authorized >= 0, "M1"
    assert 0 <= payment.refunded <= payment.captured <= payment.authorized, "M2, M3"
    if account is not None:
        assert 0 <= account.refunded <= account.captured <= account.authorized
        assert account.captured == 0 or account.voided == 0


def _versions(shop: Shop) -> list[tuple[tuple[str, str], int]]:
    tables: dict[str, dict[str, Any]] = {
        "orders": shop.orders,
        "payments": shop.payments,
        "stock": shop.levels,
        "notifications": shop.notices,
        "sagas": {**shop.sagas, **shop.ended},
    }
    return [
        ((topic, aggregate), state.version)
        for topic, table in tables.items()
        for aggregate, state in table.items()
    ]


def _check_end(shop: Shop, order: Order) -> None:
    """G3, M5, M6, S5: an order is sold, or dead, or waits for a human; and its books say so."""
    order_id = order.order_id
    account = shop.bank.accounts.get(payment_of(order_id), Account("none", 0))
    held = Counter(each.status for each in shop.reservations.values() if each.order_id == order_id)
    assert held["open"] == 0, "S5: stock is held"
    if order_id in shop.stuck():
        assert account.method == "card-refund-refused"
        assert shop.saga(order_id).state == "stuck"
        assert (order.status, account.kept) == ("CANCEL_PENDING", order.total)
        return
    _check_saga(shop.saga(order_id), order)
    assert account.held == 0
    if order.status in SOLD:
        assert order.paid, "G3"
        assert account.kept == order.total, "M6"
        assert held["deducted"] == order.lines
    else:
        assert order.status in DEAD, f"G3: {order_id} has no end"
        assert account.kept == 0, "M5"
        assert held["deducted"] == 0


def _check_saga(saga: Saga, order: Order) -> None:
    """It says the same of an order that it only observed."""
    assert saga.state == "completed", f"G3: {order.order_id} waits for {waiting(saga)}"
    assert waiting(saga) == ()
    ended = "CONFIRMED" if order.status in SOLD else order.status
    assert (saga.outcome or "").upper() == ended


def _check_memories(shop: Shop) -> None:
    """Nobody remembers an order for which there is nothing left to do."""
    for (context, order_id), memory in shop.policies.memories.items():
        order = shop.orders[order_id]
        assert order_id in shop.choreographed, f"{context} remembers {order_id} for nothing"
        assert order.status in (*LIVING[context], "CANCEL_PENDING"), f"{context} forgets nothing"
        stuck = order.status == "CANCEL_PENDING" and context == "payments"
        assert bool(POLICIES[context].wanted(memory)) == stuck, f"{order_id} waits in {context}"


def _check_agreement(payment: Payment, account: Account | None) -> None:
    """Our ledger and the bank's say the same."""
    ours = (payment.authorized, payment.captured, payment.refunded, payment.still_authorized)
    bank = account or Account("none", 0)
    assert ours == (bank.authorized, bank.captured, bank.refunded, bank.held)
    assert not payment.disputed


def _events(shop: Shop) -> Iterator[Payload]:
    return chain.from_iterable(shop.events.values())
