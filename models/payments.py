"""Payments: what may be asked of the gateway, and which of its answers are still to come.

Decides every command about a payment from its ledger (`models/payment_ledger.py`); what follows
from an answer of the gateway is in `models/payment_answers.py`. Nothing here calls anybody: `calls`
tells an effect executor what is open.

Under one idempotency key the gateway does one thing, and answers as the first time. So whoever
wants another attempt after a definite refusal gets a new key, numbered, and nobody does before:
one capture is open at a time, and of one refund id at most one call is open or has succeeded.
Where the gateway contradicts itself about a call, nothing is asked that might move its money twice.
"""

from __future__ import annotations

from itertools import chain, count
from typing import Final

import msgspec

from models.money import Currency
from models.payment_answers import Events, closing, let_go
from models.payment_ledger import Entry, Payment, evolve
from models.payment_messages import (
    AuthorizePayment,
    CapturePayment,
    GatewayAnswered,
    Operation,
    PaymentCaptureRequested,
    PaymentCommand,
    PaymentCommandRefused,
    PaymentRefundRequested,
    PaymentRequested,
    PaymentVoidWanted,
    RefundPayment,
    VoidPayment,
)

__all__ = ["Call", "Payment", "calls", "decide", "evolve", "refuse"]

LONGEST_KEY: Final = 255  # as a Name, and as the gateway has it
LONGEST_PAYMENT_ID: Final = 200  # leaves room for what keys add to it


class Call(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A call to the gateway that is not answered yet. `amount` is 0 for a void: it lets all go."""

    key: str
    operation: Operation
    payment_id: str
    order_id: str
    amount: int
    currency: Currency
    method: str | None = None
    refund_id: str | None = None


def calls(payment: Payment | None) -> tuple[Call, ...]:
    """Return the calls to make, again and again under the same keys, until they are answered."""
    if payment is None:
        return ()
    return tuple(
        Call(
            key=payment.key_of(entry.name),
            operation=entry.operation,
            payment_id=payment.payment_id,
            order_id=payment.order_id,
            amount=entry.amount,
            currency=payment.currency,
            method=payment.method if entry.operation == "authorize" else None,
            refund_id=entry.refund_id,
        )
        for entry in payment.entries
        if entry.outcome is None
    )


def decide(payment: Payment | None, command: PaymentCommand) -> Events:
    """Return what follows from a command; nothing, if it asks for a step that was taken."""
    if payment is None:
        return _begin(command)
    if command.order_id != payment.order_id:
        return (refuse(payment, command, f"the payment is of order {payment.order_id}"),)
    return _step(payment, command)


def refuse(
    payment: Payment | None,  # noqa: ARG001 - every aggregate refuses in the same form
    command: PaymentCommand,
    reason: str,
) -> PaymentCommandRefused:
    """Return the refusal of a command, for a reason that an operator understands."""
    return PaymentCommandRefused(
        payment_id=command.payment_id,
        order_id=command.order_id,
        command=type(command).__name__,
        reason=reason,
    )


def _begin(command: PaymentCommand) -> Events:
    if not isinstance(command, AuthorizePayment):
        return (refuse(None, command, "there is no such payment; authorize it first"),)
    length = len(command.payment_id)
    if length > LONGEST_PAYMENT_ID:
        reason = f"the payment id has {length} characters; use at most {LONGEST_PAYMENT_ID}"
        return (refuse(None, command, reason),)
    return (
        PaymentRequested(
            payment_id=command.payment_id,
            order_id=command.order_id,
            amount=command.amount,
            currency=command.currency,
            method=command.method,
            key=f"{command.payment_id}/authorize",
        ),
    )


def _step(payment: Payment, command: PaymentCommand) -> Events:
    match command:
        case AuthorizePayment():
            return _authorize(payment, command)
        case CapturePayment():
            return _capture(payment, command)
        case VoidPayment():
            return _void(payment)
        case RefundPayment():
            return _refund(payment, command)
        case _:
            return _close(payment, command)


def _authorize(payment: Payment, command: AuthorizePayment) -> Events:
    asked = payment.entries[0].amount, payment.currency, payment.method
    if asked == (command.amount, command.currency, command.method):
        return ()
    reason = "it was asked for before, with other content; use a new payment id"
    return (refuse(payment, command, reason),)


def _capture(payment: Payment, command: CapturePayment) -> Events:
    captures = payment.of("capture")
    if any(each.amount == command.amount and each.outcome != "refused" for each in captures):
        return ()
    lacking = _lacking(payment, captures, command.amount)
    if lacking:
        return (refuse(payment, command, lacking),)
    key = payment.next_key("capture")
    return (PaymentCaptureRequested(**payment.ids, amount=command.amount, key=key),)


def _lacking(payment: Payment, captures: tuple[Entry, ...], amount: int) -> str:
    """The guards of a capture: what is still lacking; empty, if nothing."""
    lacking = ""
    left = payment.still_authorized
    if any(each.disputed for each in captures):
        lacking = "the gateway contradicts itself about a capture; look at its ledger"
    elif any(each.open for each in captures):
        lacking = "another capture is unanswered; wait for its answer"
    elif payment.void_wanted or _voided(payment):
        lacking = "the payment is voided, or is about to be; it can take nothing any more"
    elif payment.entries[0].outcome != "succeeded":
        lacking = "nothing is authorized; wait for the authorization"
    elif left < amount:
        lacking = f"only {left} minor units are still authorized; capture at most that"
    return lacking


def _void(payment: Payment) -> Events:
    if payment.void_wanted or _voided(payment):
        return ()
    if payment.entries[0].open:
        return (PaymentVoidWanted(**payment.ids),)
    return let_go(payment)


def _voided(payment: Payment) -> bool:
    """Whether all was let go, or is about to be: a void is open, or did not fail."""
    return any(void.open or void.code is None for void in payment.of("void"))


def _refund(payment: Payment, command: RefundPayment) -> Events:
    tried = tuple(each for each in payment.of("refund") if each.refund_id == command.refund_id)
    if tried and tried[0].amount != command.amount:
        reason = f"{tried[0].amount} were asked for under this refund id; use a new one"
        return (refuse(payment, command, reason),)
    if tried and not tried[-1].retryable:
        return ()
    key = _refund_key(payment, command.refund_id)
    forbidden = _forbidden(payment, tried, command, key)
    if forbidden:
        return (refuse(payment, command, forbidden),)
    return (
        PaymentRefundRequested(
            **payment.ids, refund_id=command.refund_id, amount=command.amount, key=key
        ),
    )


def _forbidden(payment: Payment, tried: tuple[Entry, ...], command: RefundPayment, key: str) -> str:
    """The guards of a refund: what forbids it; empty, if nothing."""
    forbidden = ""
    asked = sum(each.amount for each in payment.of("refund") if each.open)
    left = payment.kept - asked
    if any(each.disputed for each in tried):
        forbidden = "the gateway contradicts itself about this refund; look at its ledger"
    elif not any(each.outcome == "succeeded" for each in payment.of("capture")):
        forbidden = "nothing is captured; void it, or wait for the capture's answer"
    elif left < command.amount:
        forbidden = f"only {left} minor units are left to give back; refund at most that"
    elif len(key) > LONGEST_KEY:
        forbidden = f"its key would have {len(key)} characters; use a shorter refund id"
    return forbidden


def _refund_key(payment: Payment, refund_id: str) -> str:
    """Return a key that no call has: an id that ends like the number of an attempt needs that."""
    stem = f"refund/{refund_id.removeprefix(payment.key_of(''))}"
    used = {each.name for each in payment.entries}
    names = chain((stem,), (f"{stem}/{attempt}" for attempt in count(2)))
    return payment.key_of(next(name for name in names if name not in used))


def _close(payment: Payment, answer: GatewayAnswered) -> Events:
    entry = payment.under(answer.key)
    if entry is None:
        return ()
    if entry.operation != answer.operation:
        reason = f"under this key a {entry.operation} was asked, not a {answer.operation}"
        return (refuse(payment, answer, reason),)
    return closing(payment, entry, answer)
