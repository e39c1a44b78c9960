"""What is asked of a payment, what the gateway answered, and what became of it.

`models/payments.py` decides. The calls to the gateway are made by an effect executor, and their
outcome comes back as `GatewayAnswered`.
"""

from __future__ import annotations

from typing import Final, Literal

from models.messages import Instant, Name, Payload, Text
from models.money import Amount, Currency

Operation = Literal["authorize", "capture", "void", "refund"]

DEFAULT_METHOD: Final = "card"  # of orders so old that they do not say


def payment_of(order_id: str) -> str:
    """Return the id of an order's payment."""
    return f"{order_id}/payment"


def return_of(payment_id: str) -> str:
    """Return the id of the refund by which a checkout gives everything back, once."""
    return f"{payment_id}/return"


def of_other_payment(fact: Payload) -> bool:
    """Whether a fact is about a payment that is not that of its order's checkout."""
    found: str | None = getattr(fact, "payment_id", None)
    return found is not None and found != payment_of(getattr(fact, "order_id", ""))


# Commands.


class AuthorizePayment(Payload, frozen=True, kw_only=True):
    """Reserve money with the customer's bank; `amount` in minor units."""

    payment_id: Name
    order_id: Name
    amount: Amount
    currency: Currency
    method: Name


class CapturePayment(Payload, frozen=True, kw_only=True):
    """Take what was authorized."""

    payment_id: Name
    order_id: Name
    amount: Amount


class VoidPayment(Payload, frozen=True, kw_only=True):
    """Let go what is authorized and not captured."""

    payment_id: Name
    order_id: Name


class RefundPayment(Payload, frozen=True, kw_only=True):
    """Give back what was captured: one refund for each `refund_id`, however often it is asked."""

    payment_id: Name
    order_id: Name
    refund_id: Name
    amount: Amount


class GatewayAnswered(Payload, frozen=True, kw_only=True):
    """What the gateway says about the call under `key`: for sure, and for ever.

    `amount` is what the gateway did, in minor units; 0 when it refused. `code` says why it
    refused (`card_declined`, `already_captured`, …). `reference` is the gateway's own name for it.
    """

    payment_id: Name
    order_id: Name
    key: Name
    operation: Operation
    outcome: Literal["succeeded", "refused"]
    amount: Amount = 0
    code: Name | None = None
    retryable: bool = False
    reference: Name | None = None
    expires_at: Instant | None = None


PaymentCommand = AuthorizePayment | CapturePayment | VoidPayment | RefundPayment | GatewayAnswered


# Events. Those that end in `Requested` open a call to the gateway under `key`; one of the answers
# closes it.


class PaymentRequested(Payload, frozen=True, kw_only=True):
    """An authorization is asked of the gateway."""

    payment_id: Name
    order_id: Name
    amount: Amount
    currency: Currency
    method: Name
    key: Name


class PaymentAuthorized(Payload, frozen=True, kw_only=True):
    """The bank holds `amount` for us until `expires_at`."""

    payment_id: Name
    order_id: Name
    key: Name
    amount: Amount
    currency: Currency
    reference: Name | None = None
    expires_at: Instant | None = None


class PaymentFailed(Payload, frozen=True, kw_only=True):
    """The authorization was declined."""

    payment_id: Name
    order_id: Name
    key: Name
    code: Name
    retryable: bool


class PaymentCaptureRequested(Payload, frozen=True, kw_only=True):
    """A capture is asked of the gateway."""

    payment_id: Name
    order_id: Name
    amount: Amount
    key: Name


class PaymentCompleted(Payload, frozen=True, kw_only=True):
    """The money is ours."""

    payment_id: Name
    order_id: Name
    key: Name
    amount: Amount
    currency: Currency


class PaymentCaptureFailed(Payload, frozen=True, kw_only=True):
    """The capture was refused."""

    payment_id: Name
    order_id: Name
    key: Name
    code: Name
    retryable: bool


class PaymentVoidWanted(Payload, frozen=True, kw_only=True):
    """A void was asked while the authorization is unanswered: it follows as soon as it is."""

    payment_id: Name
    order_id: Name


class PaymentVoidRequested(Payload, frozen=True, kw_only=True):
    """A void is asked of the gateway."""

    payment_id: Name
    order_id: Name
    key: Name


class PaymentVoided(Payload, frozen=True, kw_only=True):
    """Nothing is authorized any more; `amount` was let go, 0 if there was nothing.

    Without `key` it answers no call: none had to be made, or a refused one had nothing left to do.
    """

    payment_id: Name
    order_id: Name
    key: Name | None = None
    amount: Amount
    currency: Currency


class PaymentVoidFailed(Payload, frozen=True, kw_only=True):
    """The void was refused; with the code `already_captured`, refund instead.

    With `authorization_expired` or `already_voided` the purpose is served: `PaymentVoided` follows.
    """

    payment_id: Name
    order_id: Name
    key: Name | None = None
    code: Name
    retryable: bool


class PaymentRefundRequested(Payload, frozen=True, kw_only=True):
    """A refund is asked of the gateway."""

    payment_id: Name
    order_id: Name
    refund_id: Name
    amount: Amount
    key: Name


class PaymentRefunded(Payload, frozen=True, kw_only=True):
    """The customer has `amount` back."""

    payment_id: Name
    order_id: Name
    key: Name
    refund_id: Name
    amount: Amount
    currency: Currency


class PaymentRefundFailed(Payload, frozen=True, kw_only=True):
    """The refund was refused: after retries, a matter for a human."""

    payment_id: Name
    order_id: Name
    key: Name
    refund_id: Name
    code: Name
    retryable: bool


class PaymentAuthorizationExpired(Payload, frozen=True, kw_only=True):
    """The bank holds `amount` no longer: its time was over, says the answer under `key`."""

    payment_id: Name
    order_id: Name
    key: Name
    amount: Amount
    currency: Currency


class PaymentAnswerKept(Payload, frozen=True, kw_only=True):
    """An answer that moves nothing: it says otherwise than the one before it under its key.

    Or a void has succeeded while a capture is unanswered; what it means is known when that is.
    """

    payment_id: Name
    order_id: Name
    key: Name
    operation: Operation
    outcome: Literal["succeeded", "refused"]
    amount: Amount
    code: Name | None = None


class PaymentCommandRefused(Payload, frozen=True, kw_only=True):
    """A command that the ledger forbids. It has a `sequence` if there is such a payment."""

    payment_id: Name
    order_id: Name
    command: Name
    reason: Text


PaymentEvent = (
    PaymentRequested
    | PaymentAuthorized
    | PaymentFailed
    | PaymentCaptureRequested
    | PaymentCompleted
    | PaymentCaptureFailed
    | PaymentVoidWanted
    | PaymentVoidRequested
    | PaymentVoided
    | PaymentVoidFailed
    | PaymentRefundRequested
    | PaymentRefunded
    | PaymentRefundFailed
    | PaymentAuthorizationExpired
    | PaymentAnswerKept
    | PaymentCommandRefused
)
