"""M4 and the life of an order: which event may follow in which state, with what evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from tests.audit.envelopes import Log
from tests.audit.findings import Audit
from tests.audit.records import Message, comes_before

# Event: the states that it may come in, and the state that it leads to.
_STEPS: Final = {
    "OrderCreated": ({"NONE"}, "PENDING"),
    "OrderConfirmed": ({"PENDING"}, "CONFIRMED"),
    "OrderRejected": ({"PENDING"}, "REJECTED"),
    "OrderExpired": ({"PENDING"}, "EXPIRED"),
    "OrderPaid": ({"CONFIRMED"}, "CONFIRMED"),
    "OrderCancellationRequested": ({"PENDING", "CONFIRMED"}, "CANCEL_PENDING"),
    "OrderCancelled": ({"CANCEL_PENDING"}, "CANCELLED"),
    "OrderShipped": ({"CONFIRMED"}, "SHIPPED"),
    "OrderDelivered": ({"SHIPPED"}, "DELIVERED"),
}
SOLD: Final = frozenset({"CONFIRMED", "SHIPPED", "DELIVERED"})
DEAD: Final = frozenset({"REJECTED", "EXPIRED", "CANCELLED"})


@dataclass(slots=True)
class Order:
    """An order as its events tell it. `created` is its OrderCreated."""

    created: Message | None = None
    status: str = "NONE"
    paid: bool = False
    reason: str | None = None

    @property
    def facts(self) -> dict[str, Any]:
        """What was ordered."""
        return self.created.data if self.created else {}


Orders = dict[str, Order]


def check(log: Log, audit: Audit) -> Orders:
    """Fold the orders topic."""
    orders: Orders = {}
    for event in log["orders"]:
        order = orders.setdefault(event.subject, Order())
        if event.type == "OrderCommandRefused":
            _refusal(order, event, audit)
        else:
            _step(order, event, audit)
            _evidence(order, event, log.by_id.get(event.cause or ""), audit)
    for order_id, order in orders.items():
        if order.created is not None:
            facts = {name: order.facts[name] for name in ("total", "currency")}
            audit.views[order_id] = {"status": order.status, "paid": order.paid, **facts}
            audit.statuses[order.status] += 1
            audit.money[order.facts["currency"]]["ordered"] += order.facts["total"]
        if order.status == "REJECTED":
            audit.rejected[order.reason or "?"] += 1
    return orders


def _step(order: Order, event: Message, audit: Audit) -> None:
    allowed, after = _STEPS[event.type]
    if order.status not in allowed:
        audit.find("orders", f"{event} came when the order was {order.status}")
    if event.type == "OrderCreated":
        order.created = event
        _total(event, audit)
    elif event.type == "OrderPaid":
        order.paid = True
        if event.data["captured"] != order.facts.get("total", event.data["captured"]):
            audit.find(
                "M6", f"{event} says {event.data['captured']}, ordered {order.facts['total']}"
            )
    elif event.type == "OrderShipped" and not order.paid:
        audit.find("M6", f"{event} ships what was not paid")
    elif event.type == "OrderCancelled" and event.data["reason"] != order.reason:
        audit.find(
            "orders", f"{event} gives the reason {event.data['reason']!r}, not {order.reason!r}"
        )
    order.status = after
    order.reason = event.data.get("reason", order.reason)


def _total(event: Message, audit: Audit) -> None:
    data = event.data
    if event.version == 1:  # those had discounts, or no lines at all
        return
    if data.get("currency_source") != "given":
        audit.find("orders", f"{event} has a currency that was {data.get('currency_source')}")
    total = sum(line["quantity"] * line["unit_price"] for line in data["lines"])
    if total != data["total"]:
        audit.find("M4", f"{event} has the total {data['total']}, its lines make {total}")


def _evidence(order: Order, event: Message, cause: Message | None, audit: Audit) -> None:
    """What a command gives as evidence; of choreographed orders, see `choreography.py`."""
    if cause is None:
        return
    given, facts = cause.data, order.facts
    match event.type, cause.type:
        case "OrderConfirmed", "ConfirmOrder":
            expected = (facts.get("total"), len(facts.get("lines", ())))
            lacking = (given["authorized"], given["reserved"]) != expected
        case "OrderCancelled", "CompleteCancellation":
            lacking = not (given["stock_returned"] and given["money_returned"])
        case "OrderExpired", "ExpireOrder":
            early = comes_before(given, "at", given["deadline"])
            lacking = early or given["payment_outstanding"] is not False
        case _:
            return
    if lacking:
        audit.find("orders", f"{event} was decided on false evidence: {given}")


def _refusal(order: Order, event: Message, audit: Audit) -> None:
    if event.data["state"] != order.status:
        audit.find("orders", f"{event} says {event.data['state']}, the order is {order.status}")
