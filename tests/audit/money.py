"""M1, M2, M3: every payment's ledger adds up, at every offset.

authorized = held + captured + voided + expired, captured = kept + refunded, and none of them is
ever negative. A call to the gateway is opened once under its key and answered once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from tests.audit.envelopes import Log
from tests.audit.findings import Audit
from tests.audit.records import Message

_OPENING: Final = {
    "PaymentRequested": "authorize",
    "PaymentCaptureRequested": "capture",
    "PaymentVoidRequested": "void",
    "PaymentRefundRequested": "refund",
}
_CLOSING: Final = {
    "PaymentAuthorized": ("authorize", "succeeded"),
    "PaymentFailed": ("authorize", "refused"),
    "PaymentCompleted": ("capture", "succeeded"),
    "PaymentCaptureFailed": ("capture", "refused"),
    "PaymentVoided": ("void", "succeeded"),
    "PaymentVoidFailed": ("void", "refused"),
    "PaymentRefunded": ("refund", "succeeded"),
    "PaymentRefundFailed": ("refund", "refused"),
}
_ASIDE: Final = frozenset({"PaymentAuthorizationExpired", "PaymentAnswerKept"})
_ANSWERS: Final = _CLOSING.keys() | _ASIDE
_SUMS: Final = {
    "PaymentAuthorized": "authorized",
    "PaymentCompleted": "captured",
    "PaymentVoided": "voided",
    "PaymentAuthorizationExpired": "expired",
    "PaymentRefunded": "refunded",
}


@dataclass(slots=True)
class Call:
    """One call to the gateway: what was asked, and the event that closed it."""

    opened: Message
    operation: str
    closed: Message | None = None


@dataclass(slots=True)
class Payment:
    """A payment as its events tell it, in minor units."""

    order_id: str
    currency: str | None = None
    authorized: int = 0
    captured: int = 0
    voided: int = 0
    expired: int = 0
    refunded: int = 0
    calls: dict[str, Call] = field(default_factory=dict)

    @property
    def held(self) -> int:
        """Still authorized, neither captured nor let go."""
        return self.authorized - self.captured - self.voided - self.expired

    @property
    def kept(self) -> int:
        """Captured and not given back."""
        return self.captured - self.refunded


Payments = dict[str, Payment]


def check(log: Log, audit: Audit) -> Payments:
    """Fold the payments topic, by payment id."""
    payments: Payments = {}
    for event in log["payments"]:
        payment = payments.get(event.subject)
        if payment is None:
            payment = payments[event.subject] = Payment(event.data["order_id"])
        _apply(payment, event, audit)
    for payment in payments.values():
        _add(payment, audit)
        if audit.finished:
            for key, call in payment.calls.items():
                if call.closed is None:
                    what = f"{call.opened} asked under {key}, and was never answered"
                    audit.unsettled(payment.order_id, "money", "M7", what)
    return payments


def _apply(payment: Payment, event: Message, audit: Audit) -> None:
    data, kind = event.data, event.type
    currency = data.get("currency")
    if payment.currency is None:
        payment.currency = currency
    elif currency not in (None, payment.currency):
        audit.find("M1", f"{event} is in {currency}, its payment in {payment.currency}")
    if kind in _OPENING:
        if data["key"] in payment.calls:
            audit.find("M7", f"{event} asks a second time under the key {data['key']}")
        payment.calls[data["key"]] = Call(event, _OPENING[kind])
    elif kind in _CLOSING and data.get("key"):
        _close(payment, event, audit)
    if kind in _SUMS:
        setattr(payment, _SUMS[kind], getattr(payment, _SUMS[kind]) + data["amount"])
        _balance(payment, event, audit)
    if kind in _ASIDE and data["key"] not in payment.calls:
        audit.find("M7", f"{event} answers {data['key']}, under which nothing was asked")


def _close(payment: Payment, event: Message, audit: Audit) -> None:
    data, (operation, outcome) = event.data, _CLOSING[event.type]
    call = payment.calls.get(data["key"])
    if call is None or call.operation != operation:
        audit.find("M7", f"{event} answers {data['key']}, under which no {operation} was asked")
        return
    if call.closed is not None:
        audit.find("M7", f"{event} answers {data['key']} again, after {call.closed}")
    call.closed = event
    asked = call.opened.data
    if outcome == "succeeded" and data["amount"] > asked.get("amount", data["amount"]):
        audit.find("M1", f"{event} has more than {call.opened} asked, {asked['amount']}")
    if asked.get("refund_id") != data.get("refund_id"):
        audit.find("M7", f"{event} is refund {data.get('refund_id')}, {call.opened} another one")


def _balance(payment: Payment, event: Message, audit: Audit) -> None:
    if payment.held < 0:
        audit.find("M1", f"{event} leaves {payment.held} authorized: more was used than was given")
    if payment.held and event.type in ("PaymentVoided", "PaymentAuthorizationExpired"):
        audit.find("M1", f"{event} lets all go, and {payment.held} are still authorized")
    if payment.kept < 0:
        audit.find("M3", f"{event} leaves {payment.kept} kept: more refunded than captured")


def _add(payment: Payment, audit: Audit) -> None:
    sums = audit.money[payment.currency or "?"]
    for name in ("authorized", "captured", "voided", "expired", "refunded", "held", "kept"):
        sums[name] += getattr(payment, name)


def answers(log: Log, payments: Payments, audit: Audit) -> None:
    """Compare every event that closes a call with what the gateway answered under its key.

    That need not be its cause: a void's answer waits for that of a capture.
    """
    said: dict[str, Message] = {}
    for command in log["payments.commands"]:
        if command.type == "GatewayAnswered":
            first = said.setdefault(command.data["key"], command)
            if first.data != command.data:
                audit.find("M7", f"{command} says otherwise than {first}, under the same key")
            _check_answer(command, payments.get(command.subject), audit)
    for event in log["payments"]:
        answer = said.get(event.data.get("key") or "")
        if answer is not None and event.type in _ANSWERS:
            _compare(event, answer, audit)
        elif answer is None and event.type in _ANSWERS and event.data.get("key") and audit.finished:
            audit.find("M7", f"{event} says what nobody answered under {event.data['key']}")


def _check_answer(answer: Message, payment: Payment | None, audit: Audit) -> None:
    """It answers what was asked; a success has no code, a refusal moves no money."""
    get = answer.data.get
    call = payment.calls.get(answer.data["key"]) if payment else None
    if call and answer.cause not in (None, call.opened.id, call.opened.cause):
        audit.find("M7", f"{answer} does not follow from {call.opened}, which it answers")
    if get("outcome") == "succeeded" and (get("code") or get("retryable")):
        audit.find("M7", f"{answer} succeeded, and has the code {get('code')}")
    if get("outcome") == "refused" and (get("amount") or not get("code")):
        audit.find("M7", f"{answer} was refused, with the amount {get('amount')}")


def _compare(event: Message, answer: Message, audit: Audit) -> None:
    said = (answer.data["operation"], answer.data["outcome"])
    if event.type in _CLOSING and said != _CLOSING[event.type]:
        audit.find("M7", f"{event} follows from {answer}, which says {said[0]} {said[1]}")
    for name in event.data.keys() & answer.data.keys():
        lapsed = event.type == "PaymentAuthorizationExpired" and name == "amount"
        if event.data[name] != answer.data[name] and not lapsed:
            found = f"{event} says {name} {event.data[name]}"
            audit.find("M7", f"{found}, {answer} {answer.data[name]}")
