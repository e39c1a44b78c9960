"""What is asked for is what was ordered: no other amount, currency, SKU, quantity or address.

Sagas ask in commands; where an order is choreographed, stock asks itself in commands, and the other
contexts ask nobody: then their events say what they took for granted.
"""

from __future__ import annotations

from typing import Any, Final

from tests.audit.envelopes import Log
from tests.audit.findings import Audit
from tests.audit.grammar import COMMANDS, ORCHESTRATION, TIMED
from tests.audit.orders import Order, Orders
from tests.audit.records import Message

_KIND: Final = {
    "OrderPaid": "confirmed",
    "OrderShipped": "shipped",
    "OrderDelivered": "delivered",
    "OrderRejected": "rejected",
    "OrderExpired": "expired",
    "OrderCancelled": "cancelled",
}
Fields = dict[str, Any]


def check(log: Log, orders: Orders, audit: Audit) -> None:
    """Compare what is asked for every order with the order."""
    for topic in (*COMMANDS, "payments", "notifications"):
        for message in log[topic]:
            order = orders.get(message.journey)
            if order is None or not order.created or message.type in TIMED:
                continue
            expected: Fields = {}
            if log.may_be(ORCHESTRATION, message.journey):
                expected = _expected(order, message) if message.source == "/sagas" else {}
            elif message.source == "/stock":
                expected = _line(order, message)
            elif message.source in ("/payments", "/notifications"):
                expected = _taken(order, message, log.by_id.get(message.cause or ""))
            for name, value in expected.items():
                said = message.data.get(name)
                if said != value:
                    audit.find("requests", f"{message} says {name} {said}, ordered was {value}")


def _taken(order: Order, event: Message, cause: Message | None) -> Fields:
    """What an event of a choreographed order has to say."""
    facts, total = order.facts, order.facts["total"]
    customer = facts.get("customer") or {}
    told = {"kind": _KIND[cause.type], "version": 1} if cause and cause.type in _KIND else {}
    match event.type:
        case "PaymentRequested":
            return {"amount": total, "currency": facts["currency"], "method": _method(facts)}
        case "PaymentCaptureRequested" | "PaymentRefundRequested":
            return {"amount": total}
        case "NotificationRequested":
            return {"to": customer.get("email"), "name": customer.get("name"), **told}
        case "NotificationSuperseded" | "NotificationFailed":
            return told
        case _:
            return {}


def _method(facts: Fields) -> str:
    return facts.get("method") or "card"


def _expected(order: Order, command: Message) -> Fields:
    facts, total = order.facts, order.facts["total"]
    match command.type:
        case "AuthorizePayment":
            return {"amount": total, "currency": facts["currency"], "method": _method(facts)}
        case "CapturePayment" | "RefundPayment" | "MarkOrderPaid":
            return {"captured" if command.type == "MarkOrderPaid" else "amount": total}
        case "ConfirmOrder":
            return {"authorized": total, "reserved": len(facts["lines"])}
        case "Notify":
            customer = facts.get("customer") or {}
            return {"to": customer.get("email"), "name": customer.get("name")}
        case "ReserveStock" | "DeductStock" | "ReleaseStock" | "RestockStock":
            return _line(order, command)
        case _:
            return {}


def _line(order: Order, command: Message) -> Fields:
    lines = order.facts["lines"]
    order_id, _, number = command.data["reservation_id"].rpartition("/")
    known = number.isdecimal() and 1 <= int(number) <= len(lines)
    if not known or order_id != command.journey:
        return {"reservation_id": f"one of its {len(lines)} lines"}
    line = lines[int(number) - 1]
    home = order.created.key if order.created else None
    expected = {"sku": line["sku"], "reply_to": home}
    if command.type == "ReserveStock":
        expected["quantity"] = line["quantity"]
    return expected
