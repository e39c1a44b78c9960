"""What sagas ask for is what was ordered: no other amount, currency, SKU, quantity or address."""

from __future__ import annotations

from typing import Any

from tests.audit.envelopes import Log
from tests.audit.findings import Audit
from tests.audit.grammar import COMMANDS
from tests.audit.orders import Order, Orders
from tests.audit.records import Message

Fields = dict[str, Any]


def check(log: Log, orders: Orders, audit: Audit) -> None:
    """Compare every command of a saga with its order."""
    for topic in COMMANDS:
        for command in log[topic]:
            order = orders.get(command.journey)
            if command.source != "/sagas" or order is None or not order.created:
                continue
            for name, expected in _expected(order, command).items():
                said = command.data.get(name)
                if said != expected:
                    audit.find("requests", f"{command} says {name} {said}, ordered was {expected}")


def _expected(order: Order, command: Message) -> Fields:
    facts, total = order.facts, order.facts["total"]
    match command.type:
        case "AuthorizePayment":
            method = facts.get("method") or "card"
            return {"amount": total, "currency": facts["currency"], "method": method}
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
