"""What travels: the requests that the gateway reads, and the answers and ledger lines it writes.

A request is kept as its own canonical bytes, `operation` included, so that a repeated key is
compared by what was asked, not by how the JSON was laid out.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec

from models.money import Amount, Currency

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Version = Annotated[int, msgspec.Meta(ge=1, le=2**53)]

Operation = Literal["authorize", "capture", "void", "refund"]
Outcome = Literal["succeeded", "refused"]
Method = Literal[
    "card",
    "card-declined",
    "card-insufficient-funds",
    "card-capture-refused",
    "card-refund-refused",
    "card-slow",
]
Refusal = Literal[
    "card_declined",
    "insufficient_funds",
    "already_authorized",
    "nothing_authorized",
    "authorization_expired",
    "already_voided",
    "already_captured",
    "amount_too_large",
    "capture_refused",
    "nothing_captured",
    "refund_too_large",
    "refund_refused",
]


class Request(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="operation"
):
    """What may be asked under an idempotency key."""


class Authorize(Request, frozen=True, kw_only=True, tag="authorize"):
    """Hold `amount`, in minor units, for a later capture."""

    payment_id: Name
    amount: Amount
    currency: Currency
    method: Method


class Capture(Request, frozen=True, kw_only=True, tag="capture"):
    """Take all or a part of what is held."""

    payment_id: Name
    amount: Amount


class Void(Request, frozen=True, kw_only=True, tag="void"):
    """Let go all that is held."""

    payment_id: Name


class Refund(Request, frozen=True, kw_only=True, tag="refund"):
    """Give back all or a part of what was taken."""

    payment_id: Name
    refund_id: Name
    amount: Amount


class Mail(Request, frozen=True, kw_only=True, tag="mail"):
    """Tell somebody about an order."""

    order_id: Name
    kind: Name
    version: Version
    to: Name
    name: Name | None = None


PaymentRequest = Authorize | Capture | Void | Refund
REQUESTS: Final[dict[Operation, type[PaymentRequest]]] = {
    "authorize": Authorize,
    "capture": Capture,
    "void": Void,
    "refund": Refund,
}


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an operation, for good. `amount` is what was done: 0 for a refusal.

    `currency` is null where there is no payment to have one. `retryable` says that another
    operation, under another key, may succeed.
    """

    key: str
    operation: Operation
    payment_id: str
    outcome: Outcome
    amount: int
    currency: Currency | None
    code: Refusal | None
    retryable: bool
    reference: str | None
    expires_at: datetime | None


class MailAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a mail, for good."""

    key: str
    order_id: str
    outcome: Outcome
    code: str | None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A line of `GET /ledger`: one operation, answered for good."""

    key: str
    operation: Operation
    payment_id: str
    refund_id: str | None
    outcome: Outcome
    amount: int
    currency: Currency | None
    code: Refusal | None
    time: str


class MailEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A line of `GET /mails`: one mail, answered for good."""

    key: str
    order_id: str
    kind: str
    version: int
    to: str
    outcome: Outcome
    time: str


encode: Final = msgspec.json.Encoder().encode
