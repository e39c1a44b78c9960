"""What the gateway's answers mean for a payment.

The gateway answers each key once, for good; but answers come late, twice, and in any order. What
they mean does not depend on the order: only on which of them are there.

- An answer that says otherwise than the first one under its key (a late "paid" after a refusal, a
  late "failed" after a success) moves nothing. It is kept: `PaymentAnswerKept` in the log, and the
  call is among `Payment.disputed`, where a human sees that money may have moved.
- A success beyond what was asked counts as what was asked, and is kept and disputed likewise.
- A late "paid" that is the first answer counts, whatever was asked since: an authorization is
  voided at once if that was wanted meanwhile, a capture is there to be refunded.
- Capture against void: the gateway decides. "Voided", while a capture is unanswered, is kept until
  the capture's answer comes: if money was taken after all, it counts as captured, and the void has
  failed with `already_captured`.
- A void that is refused because the authorization has expired, or was voided by other hands, has
  failed; but nothing is authorized any more, so that `PaymentVoided` follows.

So always: authorized = still authorized + captured + voided + expired, captured = kept + refunded,
and none of them is negative.
"""

from __future__ import annotations

from functools import reduce
from typing import Any, Final, cast

import msgspec

from models.payment_ledger import Entry, Payment, evolve
from models.payment_messages import (
    GatewayAnswered,
    PaymentAnswerKept,
    PaymentAuthorizationExpired,
    PaymentAuthorized,
    PaymentCaptureFailed,
    PaymentCompleted,
    PaymentEvent,
    PaymentFailed,
    PaymentRefunded,
    PaymentRefundFailed,
    PaymentVoided,
    PaymentVoidFailed,
    PaymentVoidRequested,
)

ALREADY_CAPTURED: Final = "already_captured"
_EXPIRED: Final = "authorization_expired"
_ENDED: Final = (_EXPIRED, "already_voided")  # so refused, a void has nothing left to do

Events = tuple[PaymentEvent, ...]


def closing(payment: Payment, entry: Entry, answer: GatewayAnswered) -> Events:
    """Return what follows from an answer to a call; nothing, if it was said before."""
    if entry.disputed or entry.outcome == answer.outcome:
        return ()
    if entry.outcome is not None:
        return (_kept(answer),)
    match entry.operation:
        case "authorize":
            return _authorization(payment, entry, answer)
        case "capture":
            return _capture(payment, entry, answer)
        case "void":
            return _void(payment, entry, answer)
        case _:
            return _refund(payment, entry, answer)


def let_go(payment: Payment) -> Events:
    """Return what has to be done, so that an answered authorization holds nothing any more."""
    told = _told_captured(payment)
    undecided = any(capture.open for capture in payment.of("capture"))
    if payment.still_authorized and not (told and undecided):
        key = payment.next_key("void")
        return (PaymentVoidRequested(**payment.ids, key=key),)
    if told:
        return ()
    if payment.captured:
        code = ALREADY_CAPTURED
        return (PaymentVoidFailed(**payment.ids, code=code, retryable=False),)
    return (_voided(payment, None, 0),)


def _authorization(payment: Payment, entry: Entry, answer: GatewayAnswered) -> Events:
    if answer.outcome == "succeeded":
        authorized = PaymentAuthorized(
            **_done(payment, entry, answer),
            reference=answer.reference,
            expires_at=answer.expires_at,
        )
        events: Events = (authorized, *_beyond(entry, answer))
    else:
        events = (PaymentFailed(**_why(answer)),)
    return events + (let_go(_after(payment, events)) if payment.void_wanted else ())


def _capture(payment: Payment, entry: Entry, answer: GatewayAnswered) -> Events:
    events: Events
    left = payment.still_authorized
    if answer.outcome == "succeeded":
        completed = PaymentCompleted(**_done(payment, entry, answer))
        events = (completed, *_beyond(entry, answer))
    elif answer.code == _EXPIRED and left:
        events = (PaymentCaptureFailed(**_why(answer)), _lapsed(payment, answer.key, left))
    else:
        events = (PaymentCaptureFailed(**_why(answer)),)
    held = next((void for void in payment.of("void") if void.held), None)
    return events + (_settled(_after(payment, events), held) if held is not None else ())


def _refund(payment: Payment, entry: Entry, answer: GatewayAnswered) -> Events:
    refund_id = entry.refund_id or ""
    if answer.outcome == "refused":
        return (PaymentRefundFailed(**_why(answer), refund_id=refund_id),)
    refunded = PaymentRefunded(**_done(payment, entry, answer), refund_id=refund_id)
    return (refunded, *_beyond(entry, answer))


def _void(payment: Payment, entry: Entry, answer: GatewayAnswered) -> Events:
    ended = answer.outcome == "succeeded" or answer.code in _ENDED
    kept = _kept(answer)
    if ended and any(capture.open for capture in payment.of("capture")):
        return (kept,)
    word = msgspec.structs.replace(
        entry, outcome=answer.outcome, code=_code(answer), retryable=answer.retryable
    )
    events = _settled(payment, word)
    contradicts = answer.outcome == "succeeded" and isinstance(events[0], PaymentVoidFailed)
    return (kept, *events) if contradicts else events


def _settled(payment: Payment, word: Entry) -> Events:
    """What the gateway's word on a void means, once no capture is unanswered."""
    left = payment.still_authorized
    taken = bool(payment.captured) and not left
    key = payment.key_of(word.name)
    if word.outcome == "succeeded" and not taken:
        return (_voided(payment, key, left),)
    code = word.code or ALREADY_CAPTURED
    failed = PaymentVoidFailed(**payment.ids, key=key, code=code, retryable=word.retryable)
    if taken or word.code not in _ENDED:
        return (failed,)
    if word.code == _EXPIRED and left:
        return (failed, _lapsed(payment, key, left), _voided(payment, None, 0))
    return (failed, _voided(payment, None, left))


def _told_captured(payment: Payment) -> bool:
    """Whether the last void was told that it came too late, and nothing was captured since."""
    last = next(e for e in reversed(payment.entries) if e.operation != "refund")
    return last.operation == "void" and last.code == ALREADY_CAPTURED


def _after(payment: Payment, events: Events) -> Payment:
    return cast("Payment", reduce(evolve, events, cast("Payment | None", payment)))


def _voided(payment: Payment, key: str | None, amount: int) -> PaymentVoided:
    return PaymentVoided(**payment.ids, key=key, amount=amount, currency=payment.currency)


def _lapsed(payment: Payment, key: str, amount: int) -> PaymentAuthorizationExpired:
    currency = payment.currency
    return PaymentAuthorizationExpired(**payment.ids, key=key, amount=amount, currency=currency)


def _done(payment: Payment, entry: Entry, answer: GatewayAnswered) -> dict[str, Any]:
    amount = min(answer.amount, entry.amount)
    return payment.ids | {"key": answer.key, "amount": amount, "currency": payment.currency}


def _beyond(entry: Entry, answer: GatewayAnswered) -> Events:
    return (_kept(answer),) if answer.amount > entry.amount else ()


def _why(answer: GatewayAnswered) -> dict[str, Any]:
    return {
        "payment_id": answer.payment_id,
        "order_id": answer.order_id,
        "key": answer.key,
        "code": _code(answer),
        "retryable": answer.retryable,
    }


def _code(answer: GatewayAnswered) -> str | None:
    """Why it was refused, even if the gateway does not say; None if it was not."""
    return (answer.code or "refused") if answer.outcome == "refused" else None


def _kept(answer: GatewayAnswered) -> PaymentAnswerKept:
    return PaymentAnswerKept(
        payment_id=answer.payment_id,
        order_id=answer.order_id,
        key=answer.key,
        operation=answer.operation,
        outcome=answer.outcome,
        amount=answer.amount,
        code=_code(answer),
    )
