"""The ledger of a payment: what each call asked of the gateway, and what was answered for good.

An entry stands for one call, under one idempotency key. All sums are recomputed from the entries,
so that late, repeated and reordered answers are harmless. What may be asked, and what an answer
means, is decided in `models/payments.py`.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from models.money import Currency
from models.payment_messages import (
    Operation,
    PaymentAnswerKept,
    PaymentAuthorizationExpired,
    PaymentAuthorized,
    PaymentCaptureFailed,
    PaymentCaptureRequested,
    PaymentCompleted,
    PaymentEvent,
    PaymentFailed,
    PaymentRefunded,
    PaymentRefundFailed,
    PaymentRefundRequested,
    PaymentRequested,
    PaymentVoided,
    PaymentVoidFailed,
    PaymentVoidRequested,
    PaymentVoidWanted,
)

Outcome = Literal["succeeded", "refused"]


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One call: what it asked, the gateway's first word on it, and what came of that.

    `name` is the key without the payment's id; `void` alone is a void for which nobody was called.
    `amount` was asked, `moved` is what was done, `expired` what was found to have lapsed; `code`
    says why it came to nothing. `held`: the word is known, and waits for a capture's before it
    counts. `disputed`: the gateway has said something else since.
    """

    name: str
    operation: Operation
    amount: int = 0
    refund_id: str | None = None
    outcome: Outcome | None = None
    code: str | None = None
    retryable: bool = False
    moved: int = 0
    expired: int = 0
    held: bool = False
    disputed: bool = False

    @property
    def open(self) -> bool:
        """Whether its effect is not known yet."""
        return self.outcome is None or self.held


class Payment(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A payment: its entries in the order in which they were asked, the authorization first.

    All amounts are in minor units of `currency`. `void_wanted`: a void follows as soon as the
    authorization is answered.
    """

    payment_id: str
    order_id: str
    currency: Currency
    method: str
    version: int
    entries: tuple[Entry, ...]
    void_wanted: bool = False

    @property
    def ids(self) -> dict[str, Any]:
        """The fields that say which payment an event is about."""
        return {"payment_id": self.payment_id, "order_id": self.order_id}

    @property
    def authorized(self) -> int:
        """What the bank has ever held for us."""
        return self._moved("authorize")

    @property
    def captured(self) -> int:
        """What was taken."""
        return self._moved("capture")

    @property
    def refunded(self) -> int:
        """What was given back of it."""
        return self._moved("refund")

    @property
    def voided(self) -> int:
        """What was let go."""
        return self._moved("void")

    @property
    def expired(self) -> int:
        """What lapsed by itself."""
        return sum(entry.expired for entry in self.entries)

    @property
    def still_authorized(self) -> int:
        """What could still be taken."""
        return self.authorized - self.captured - self.voided - self.expired

    @property
    def kept(self) -> int:
        """What is ours."""
        return self.captured - self.refunded

    @property
    def disputed(self) -> tuple[Entry, ...]:
        """The calls about which the gateway contradicts itself: for a human."""
        return tuple(entry for entry in self.entries if entry.disputed)

    def of(self, operation: Operation) -> tuple[Entry, ...]:
        """Return the calls of one kind."""
        return tuple(entry for entry in self.entries if entry.operation == operation)

    def under(self, key: str) -> Entry | None:
        """Return the call under a key."""
        return next((entry for entry in self.entries if self.key_of(entry.name) == key), None)

    def key_of(self, name: str) -> str:
        """Return the idempotency key of a call."""
        return f"{self.payment_id}/{name}"

    def next_key(self, operation: Operation) -> str:
        """Return a key for another call of a kind: the gateway answers an old one as before."""
        return self.key_of(f"{operation}/{len(self.of(operation)) + 1}")

    def _moved(self, operation: Operation) -> int:
        return sum(entry.moved for entry in self.entries if entry.operation == operation)


def evolve(payment: Payment | None, event: PaymentEvent) -> Payment | None:
    """Return the payment as an event leaves it. A refusal of what never was creates nothing."""
    if isinstance(event, PaymentRequested):
        return Payment(
            payment_id=event.payment_id,
            order_id=event.order_id,
            currency=event.currency,
            method=event.method,
            version=1,
            entries=(Entry(name="authorize", operation="authorize", amount=event.amount),),
        )
    if payment is None:
        return None
    return msgspec.structs.replace(_changed(payment, event), version=payment.version + 1)


def _changed(payment: Payment, event: PaymentEvent) -> Payment:
    match event:
        case PaymentCaptureRequested() | PaymentRefundRequested() | PaymentVoidRequested():
            name = event.key.removeprefix(payment.key_of(""))
            return _added(payment, _entry(name, event))
        case PaymentVoidWanted():
            return msgspec.structs.replace(payment, void_wanted=True)
        case PaymentVoided(key=None) | PaymentVoidFailed(key=None):
            uncalled = Entry(name="void", operation="void")
            return _added(payment, _answered(uncalled, event))
    key: str | None = getattr(event, "key", None)  # a refusal has none
    entries = tuple(
        _answered(entry, event) if payment.key_of(entry.name) == key else entry
        for entry in payment.entries
    )
    return msgspec.structs.replace(payment, entries=entries)


def _added(payment: Payment, entry: Entry) -> Payment:
    wanted = payment.void_wanted and entry.operation != "void"
    entries = (*payment.entries, entry)
    return msgspec.structs.replace(payment, entries=entries, void_wanted=wanted)


def _entry(
    name: str, event: PaymentCaptureRequested | PaymentRefundRequested | PaymentVoidRequested
) -> Entry:
    if isinstance(event, PaymentVoidRequested):
        return Entry(name=name, operation="void")
    if isinstance(event, PaymentCaptureRequested):
        return Entry(name=name, operation="capture", amount=event.amount)
    return Entry(name=name, operation="refund", amount=event.amount, refund_id=event.refund_id)


def _answered(entry: Entry, event: PaymentEvent) -> Entry:
    changes: dict[str, Any]
    match event:
        case PaymentAuthorized() | PaymentCompleted() | PaymentRefunded() | PaymentVoided():
            changes = {"outcome": "succeeded", "held": False, "moved": event.amount}
        case PaymentFailed() | PaymentCaptureFailed() | PaymentRefundFailed() | PaymentVoidFailed():
            outcome = entry.outcome or "refused"  # "voided" was said, and found to be wrong
            changes = {"outcome": outcome, "held": False, "code": event.code}
            changes["retryable"] = event.retryable
        case PaymentAuthorizationExpired():
            changes = {"expired": event.amount}
        case PaymentAnswerKept() if entry.outcome is None:
            changes = {"outcome": event.outcome, "held": True, "code": event.code}
        case _:  # another PaymentAnswerKept
            changes = {"disputed": True}
    return msgspec.structs.replace(entry, **changes)
