"""Whole orders: every accepted one has exactly one end, and what it holds fits that end.

M5 nothing is authorized or kept for a dead order, S5 nor any stock; M6 a paid order has kept
exactly its total, and all its stock is deducted. Judged at rest only.
"""

from __future__ import annotations

from typing import NamedTuple

from tests.audit.envelopes import Log
from tests.audit.findings import Audit
from tests.audit.money import Payment, Payments
from tests.audit.orders import DEAD, SOLD, Order, Orders
from tests.audit.sagas import Saga, Sagas
from tests.audit.stock import Reservation, Reservations

_GOALS = {
    "PENDING": ("reject", "expire"),
    "REJECTED": ("reject",),
    "EXPIRED": ("expire",),
    "CANCEL_PENDING": ("cancel",),
    "CANCELLED": ("cancel",),
}
_END = {
    **dict.fromkeys(SOLD, "confirmed"),
    "REJECTED": "rejected",
    "EXPIRED": "expired",
    "CANCELLED": "cancelled",
}


class Folds(NamedTuple):
    """What the topics add up to."""

    orders: Orders
    payments: Payments
    reservations: Reservations
    sagas: Sagas


def check(log: Log, folds: Folds, audit: Audit) -> None:
    """Judge every order by everything that was done for it."""
    orders, payments, reservations, sagas = folds
    refused = {event.cause for event in log["orders"] if event.type == "OrderCommandRefused"}
    asked: dict[str, bool] = {}
    for command in log["orders.commands"]:
        if command.type == "CreateOrder":
            asked[command.subject] = asked.get(command.subject, True) and command.id in refused
    held: dict[str, list[tuple[str, Reservation]]] = {}
    for name, each in reservations.items():
        held.setdefault(each.order_id, []).append((name, each))
    paid_by = {payment.order_id: payment for payment in payments.values()}
    created = {order_id for order_id, order in orders.items() if order.created}
    for order_id in created | asked.keys():
        order, saga = orders.get(order_id, Order()), sagas.get(order_id, Saga())
        outcome = _outcome(order, saga, refused=asked.get(order_id, False))
        audit.orders[outcome] += 1
        if audit.finished and outcome != "refused":
            _judge_end(order_id, order, saga, audit)
        # What is stuck waits for a human, and is not settled yet.
        if audit.finished and order.created and not saga.stuck:
            payment = paid_by.get(order_id, Payment(order_id))
            _judge_money(order_id, order, payment, audit)
            _judge_stock(order_id, order, held.get(order_id, []), audit)


def _outcome(order: Order, saga: Saga, *, refused: bool) -> str:
    if order.created is None:
        return "refused" if refused else "lost"
    if order.status in SOLD | DEAD:
        return order.status
    return "stuck" if saga.stuck else "unfinished"


def _judge_end(order_id: str, order: Order, saga: Saga, audit: Audit) -> None:
    status, found = order.status, []
    if order.created is None:
        audit.find("ends", f"order {order_id} was accepted, and nothing came of it")
        return
    if status not in SOLD | DEAD and not saga.stuck:
        found.append("and has no end")
    if saga.goal and saga.goal not in _GOALS.get(status, ()):
        found.append(f"its saga was to {saga.goal} it")
    if not saga.stuck and status in _END and saga.outcome != _END[status]:
        found.append(f"its saga ended {saga.outcome}")
    for what in found:
        audit.unsettled(order_id, "end", "ends", f"order {order_id} is {status}, {what}")


def _judge_money(order_id: str, order: Order, payment: Payment, audit: Audit) -> None:
    total, status = order.facts["total"], order.status
    kept, held = payment.kept, payment.held
    if status in SOLD and (not order.paid or kept != total or held):
        what = f"order {order_id} is {status}, paid {order.paid}: {kept} of {total} kept"
        audit.unsettled(order_id, "money", "M6", f"{what}, {held} still authorized")
    if status in DEAD and (kept or held):
        what = f"order {order_id} is {status}, with {held} authorized and {kept} kept"
        audit.unsettled(order_id, "money", "M5", what)
    if payment.authorized and payment.currency != order.facts["currency"]:
        audit.find("M1", f"order {order_id} is in another currency than its payment")


def _judge_stock(
    order_id: str, order: Order, held: list[tuple[str, Reservation]], audit: Audit
) -> None:
    status, unsettled = order.status, audit.unsettled
    if status in DEAD:
        for name, each in held:
            if each.state in ("open", "deducted"):
                what = f"order {order_id} is {status}, and {name} is {each.state}"
                unsettled(order_id, "stock", "S5", what)
    if status not in SOLD:
        return
    expected = {
        (f"{order_id}/{number}", line["sku"], line["quantity"])
        for number, line in enumerate(order.facts["lines"], 1)
    }
    deducted = {(name, each.sku, each.quantity) for name, each in held if each.state == "deducted"}
    if deducted != expected:
        what = f"order {order_id} is {status}, its stock was not all deducted"
        unsettled(order_id, "stock", "S4", what)
    for name, each in held:
        if each.state == "open":
            unsettled(order_id, "stock", "S4", f"order {order_id} has ended, and {name} is open")
