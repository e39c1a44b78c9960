"""M7 from the other side: the gateway's own ledger against the payments topic.

One line per key; each line has its event and each event its line, alike in amount, currency,
payment and code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.audit.findings import Audit
from tests.audit.money import Payments

_CLOSED_BY = {
    ("authorize", "succeeded"): {"PaymentAuthorized"},
    ("authorize", "refused"): {"PaymentFailed"},
    ("capture", "succeeded"): {"PaymentCompleted"},
    ("capture", "refused"): {"PaymentCaptureFailed"},
    ("void", "succeeded"): {"PaymentVoided"},
    ("void", "refused"): {"PaymentVoidFailed"},
    ("refund", "succeeded"): {"PaymentRefunded"},
    ("refund", "refused"): {"PaymentRefundFailed"},
}
NOT_UNDERSTOOD = "invalid_request"  # the gateway did nothing, and keeps no line of it
Line = Mapping[str, Any]


def check(lines: Sequence[Line], payments: Payments, audit: Audit) -> None:
    """Compare every line with its event, and every event with its line."""
    by_key: dict[str, Line] = {}
    for line in lines:
        if line["key"] in by_key:
            audit.find("M7", f"the gateway did two things under the key {line['key']}")
        by_key[line["key"]] = line
        _compare(line, payments, audit)
    for payment in payments.values():
        for key, call in payment.calls.items():
            closed = call.closed
            if closed and key not in by_key and closed.data.get("code") != NOT_UNDERSTOOD:
                audit.find("M7", f"{closed} is not in the gateway's ledger under {key}")


def _compare(line: Line, payments: Payments, audit: Audit) -> None:
    key, payment = line["key"], payments.get(line["payment_id"])
    call = payment.calls.get(key) if payment else None
    event = call.closed if call else None
    if payment is None or event is None:
        if audit.finished:
            audit.find(
                "M7",
                f"the gateway's {line['operation']} of {line['amount']} under {key}"
                f" ({line['outcome']}) has no event in the payments topic",
            )
        return
    if event.type not in _CLOSED_BY.get((line["operation"], line["outcome"]), ()):
        audit.find("M7", f"{event}, and the gateway says {line['operation']} {line['outcome']}")
    said = {"amount": event.data.get("amount", 0), "currency": payment.currency}
    said |= {name: event.data.get(name) for name in ("code", "refund_id")}
    for name, value in said.items():
        if line.get(name) != value and not (name == "currency" and line[name] is None):
            audit.find("M7", f"{event} says {name} {value}, the gateway {line.get(name)}")
