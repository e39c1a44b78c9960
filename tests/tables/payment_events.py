"""Events of the payment of one order."""

from __future__ import annotations

from models.messages import Payload
from models.payment_messages import (
    PaymentAnswerKept,
    PaymentAuthorizationExpired,
    PaymentAuthorized,
    PaymentCaptureFailed,
    PaymentCaptureRequested,
    PaymentCommandRefused,
    PaymentCompleted,
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
from tests.tables.order_events import TOTAL
from tests.tables.told import ADA, PAID


def _payment(kind: type[Payload], **data: object) -> Payload:
    return kind(payment_id=PAID, order_id=ADA, **data)


REQUESTED = _payment(
    PaymentRequested, amount=TOTAL, currency="USD", method="card", key=f"{PAID}/authorize"
)
AUTHORIZED = _payment(
    PaymentAuthorized, key=f"{PAID}/authorize", amount=TOTAL, currency="USD", reference="g-1"
)
DECLINED = _payment(PaymentFailed, key=f"{PAID}/authorize", code="card_declined", retryable=False)
CAPTURING = _payment(PaymentCaptureRequested, amount=TOTAL, key=f"{PAID}/capture")
CAPTURED = _payment(PaymentCompleted, key=f"{PAID}/capture", amount=TOTAL, currency="USD")
CAPTURE_FAILED = _payment(
    PaymentCaptureFailed, key=f"{PAID}/capture", code="capture_refused", retryable=False
)
VOIDING = _payment(PaymentVoidRequested, key=f"{PAID}/void")
VOIDED = _payment(PaymentVoided, key=f"{PAID}/void", amount=TOTAL, currency="USD")
VOID_FAILED = _payment(
    PaymentVoidFailed, key=f"{PAID}/void", code="already_captured", retryable=False
)
REFUNDING = _payment(
    PaymentRefundRequested, refund_id=f"{PAID}/return", amount=TOTAL, key=f"{PAID}/return"
)


def refunded(amount: int) -> Payload:
    """So much was given back."""
    return _payment(
        PaymentRefunded,
        key=f"{PAID}/return",
        refund_id=f"{PAID}/return",
        amount=amount,
        currency="USD",
    )


REFUND_FAILED = _payment(
    PaymentRefundFailed,
    key=f"{PAID}/return",
    refund_id=f"{PAID}/return",
    code="refund_refused",
    retryable=True,
)
AUTHORIZATION_EXPIRED = _payment(
    PaymentAuthorizationExpired, key=f"{PAID}/capture", amount=TOTAL, currency="USD"
)
ANSWER_KEPT = _payment(
    PaymentAnswerKept, key="k", operation="capture", outcome="succeeded", amount=TOTAL
)
PAYMENT_REFUSED = _payment(PaymentCommandRefused, command="VoidPayment", reason="no such payment")
PAYMENT_EVENTS: tuple[Payload, ...] = (
    REQUESTED,
    AUTHORIZED,
    DECLINED,
    CAPTURING,
    CAPTURED,
    CAPTURE_FAILED,
    _payment(PaymentVoidWanted),
    VOIDING,
    VOIDED,
    VOID_FAILED,
    REFUNDING,
    refunded(500),
    refunded(TOTAL),
    REFUND_FAILED,
    AUTHORIZATION_EXPIRED,
    ANSWER_KEPT,
    PAYMENT_REFUSED,
)
