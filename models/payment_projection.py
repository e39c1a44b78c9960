"""The view of a payment: its ledger, and the sums and the status recomputed from it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal

import msgspec

from models.messages import Message, Payload
from models.money import Currency
from models.payment_messages import (
    PaymentAuthorizationExpired,
    PaymentAuthorized,
    PaymentCaptureFailed,
    PaymentCompleted,
    PaymentEvent,
    PaymentFailed,
    PaymentRefunded,
    PaymentRefundFailed,
    PaymentRequested,
    PaymentVoided,
    PaymentVoidFailed,
)

PaymentStatus = Literal[
    "none",
    "pending",
    "authorized",
    "failed",
    "captured",
    "partially_refunded",
    "refunded",
    "voided",
    "expired",
]
# A payment has about six; retried refusals may go on for ever, and one record may not grow so.
MOST_ENTRIES: Final = 100

_SUM: Final[dict[type[Payload], str]] = {
    PaymentAuthorized: "authorized",
    PaymentCompleted: "captured",
    PaymentRefunded: "refunded",
    PaymentVoided: "voided",
    PaymentAuthorizationExpired: "expired",
}
# The events are in order and the aggregate has judged them, so the last one of these decides.
_STATUS: Final[dict[type[Payload], PaymentStatus]] = {
    PaymentRequested: "pending",
    PaymentAuthorized: "authorized",
    PaymentFailed: "failed",
    PaymentCompleted: "captured",
    PaymentVoided: "voided",
    PaymentAuthorizationExpired: "expired",
}
_REFUSALS: Final = (PaymentFailed, PaymentCaptureFailed, PaymentVoidFailed, PaymentRefundFailed)


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """What was done with the money of one payment, in minor units of `currency`.

    `authorized` and `captured` count what ever was, not what is left.
    """

    currency: Currency | None = None
    authorized: int = 0
    captured: int = 0
    refunded: int = 0
    voided: int = 0
    expired: int = 0


class LedgerEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a payment. `amount` is None where none was moved or asked for."""

    sequence: int
    type: str
    time: datetime
    amount: int | None = None
    key: str | None = None
    refund_id: str | None = None
    code: str | None = None
    reason: str | None = None


class PaymentView(msgspec.Struct, frozen=True, kw_only=True):
    """One payment; `entries` are the last hundred of its ledger, `omitted` counts those before.

    `code` is why the gateway refused last.
    """

    payment_id: str
    order_id: str
    status: PaymentStatus = "pending"
    method: str | None = None
    sums: Sums = Sums()
    code: str | None = None
    entries: tuple[LedgerEntry, ...] = ()
    omitted: int = 0
    created_at: datetime
    updated_at: datetime
    version: int = 0


def project_payment(view: PaymentView | None, event: PaymentEvent, message: Message) -> PaymentView:
    """Return the view after an event of the payment, which is news and has a sequence."""
    if view is None:
        view = PaymentView(
            payment_id=event.payment_id,
            order_id=event.order_id,
            created_at=message.time,
            updated_at=message.time,
        )
    entries = (*view.entries, _entry(event, message))
    sums = _added(view.sums, event)
    return msgspec.structs.replace(
        view,
        method=getattr(event, "method", view.method),
        status=_status(view.status, sums, event),
        sums=sums,
        code=event.code if isinstance(event, _REFUSALS) else view.code,
        entries=entries[-MOST_ENTRIES:],
        omitted=view.omitted + max(0, len(entries) - MOST_ENTRIES),
        updated_at=max(view.updated_at, message.time),
        version=message.sequence or 0,
    )


def _status(before: PaymentStatus, sums: Sums, event: PaymentEvent) -> PaymentStatus:
    if isinstance(event, PaymentRefunded):
        return "refunded" if sums.refunded >= sums.captured else "partially_refunded"
    return _STATUS.get(type(event), before)


def _added(sums: Sums, event: PaymentEvent) -> Sums:
    changes: dict[str, Any] = {"currency": getattr(event, "currency", sums.currency)}
    name = _SUM.get(type(event))
    if name is not None:
        changes[name] = getattr(sums, name) + getattr(event, "amount", 0)
    return msgspec.structs.replace(sums, **changes)


def _entry(event: PaymentEvent, message: Message) -> LedgerEntry:
    fields = ("amount", "key", "refund_id", "code", "reason")
    return LedgerEntry(
        sequence=message.sequence or 0,
        type=message.type,
        time=message.time,
        **{name: getattr(event, name, None) for name in fields},
    )
