"""One payment of ten dollars: every command about it, every event of it, and its possible pasts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from models.payment_messages import (
    AuthorizePayment,
    CapturePayment,
    GatewayAnswered,
    Operation,
    PaymentAnswerKept,
    PaymentAuthorizationExpired,
    PaymentAuthorized,
    PaymentCaptureFailed,
    PaymentCaptureRequested,
    PaymentCommand,
    PaymentCommandRefused,
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
    RefundPayment,
    VoidPayment,
)
from models.payments import Payment, decide, evolve
from tests.models.given import Aggregate

PAYMENT = Aggregate(decide, evolve)

ORDER_ID = "mina:1"
ID = "mina:1/payment"
IDS: dict[str, Any] = {"payment_id": ID, "order_id": ORDER_ID}
UNTIL = datetime(2026, 3, 9, 12, tzinfo=UTC)

AUTHORIZE = AuthorizePayment(**IDS, amount=1000, currency="USD", method="card")
CAPTURE = CapturePayment(**IDS, amount=1000)
VOID = VoidPayment(**IDS)
REFUND = RefundPayment(**IDS, refund_id="return", amount=1000)

REQUESTED = PaymentRequested(
    **IDS, amount=1000, currency="USD", method="card", key=f"{ID}/authorize"
)
VOID_WANTED = PaymentVoidWanted(**IDS)
NOTHING_VOIDED = PaymentVoided(**IDS, amount=0, currency="USD")


def folded(events: tuple[PaymentEvent, ...]) -> Payment:
    payment = PAYMENT.given(*events).state
    assert payment is not None
    return payment


def refused(command: PaymentCommand, reason: str) -> PaymentCommandRefused:
    return PaymentCommandRefused(**IDS, command=type(command).__name__, reason=reason)


# What the gateway says.


def paid(name: str, amount: int = 1000) -> GatewayAnswered:
    return GatewayAnswered(**called(name), outcome="succeeded", amount=amount)


def no(name: str, code: str | None = "no", *, retryable: bool = False) -> GatewayAnswered:
    return GatewayAnswered(**called(name), outcome="refused", code=code, retryable=retryable)


def called(name: str) -> dict[str, Any]:
    operation: Any = name.partition("/")[0]
    return {**IDS, "key": f"{ID}/{name}", "operation": operation}


# What happened.


def money(name: str, amount: int = 1000) -> dict[str, Any]:
    return {**IDS, "key": f"{ID}/{name}", "amount": amount, "currency": "USD"}


def why(name: str, code: str, *, retryable: bool = False) -> dict[str, Any]:
    return {**IDS, "key": f"{ID}/{name}", "code": code, "retryable": retryable}


def capture_requested(name: str = "capture/1", amount: int = 1000) -> PaymentCaptureRequested:
    return PaymentCaptureRequested(**IDS, amount=amount, key=f"{ID}/{name}")


def capture_failed(name: str = "capture/1", code: str = "no") -> PaymentCaptureFailed:
    return PaymentCaptureFailed(**why(name, code))


def void_requested(name: str = "void/1") -> PaymentVoidRequested:
    return PaymentVoidRequested(**IDS, key=f"{ID}/{name}")


def voided(name: str = "void/1", amount: int = 1000) -> PaymentVoided:
    return PaymentVoided(**money(name, amount))


def void_failed(name: str = "void/1", code: str = "no") -> PaymentVoidFailed:
    return PaymentVoidFailed(**why(name, code))


def refund_requested(
    name: str = "refund/return", amount: int = 1000, refund_id: str = "return"
) -> PaymentRefundRequested:
    key = f"{ID}/{name}"
    return PaymentRefundRequested(**IDS, refund_id=refund_id, amount=amount, key=key)


def refunded(
    name: str = "refund/return", amount: int = 1000, refund_id: str = "return"
) -> PaymentRefunded:
    return PaymentRefunded(**money(name, amount), refund_id=refund_id)


def refund_failed(
    name: str = "refund/return", code: str = "no", *, retryable: bool = False
) -> PaymentRefundFailed:
    return PaymentRefundFailed(**why(name, code, retryable=retryable), refund_id="return")


def expired(name: str, amount: int = 1000) -> PaymentAuthorizationExpired:
    return PaymentAuthorizationExpired(**money(name, amount))


def kept(answer: GatewayAnswered) -> PaymentAnswerKept:
    operation: Operation = answer.operation
    return PaymentAnswerKept(
        **IDS,
        key=answer.key,
        operation=operation,
        outcome=answer.outcome,
        amount=answer.amount,
        code=answer.code,
    )


AUTHORIZED = PaymentAuthorized(**money("authorize"))
DECLINED = PaymentFailed(**why("authorize", "card_declined"))
COMPLETED = PaymentCompleted(**money("capture/1"))
TOO_LATE = PaymentVoidFailed(**IDS, code="already_captured", retryable=False)
UNNAMED = PaymentVoided(**IDS, amount=1000, currency="USD")  # let go, and by no call of ours
CAPTURED = "already_captured"
LAPSED = "authorization_expired"

HELD = (REQUESTED, AUTHORIZED)
TAKING = (*HELD, capture_requested())
TAKEN = (*TAKING, COMPLETED)
RACING = (*TAKING, void_requested())
GIVING = (*TAKEN, refund_requested())
PASTS: dict[str, tuple[PaymentEvent, ...]] = {
    "requested": (REQUESTED,),
    "requested, void wanted": (REQUESTED, VOID_WANTED),
    "authorized": HELD,
    "declined": (REQUESTED, DECLINED),
    "declined, voided": (REQUESTED, DECLINED, NOTHING_VOIDED),
    "capture asked": TAKING,
    "captured": TAKEN,
    "captured, void failed": (*TAKEN, TOO_LATE),
    "capture refused": (*TAKING, capture_failed()),
    "expired": (*TAKING, capture_failed(code="authorization_expired"), expired("capture/1")),
    "void asked": (*HELD, void_requested()),
    "voided": (*HELD, void_requested(), voided()),
    "void refused": (*HELD, void_requested(), void_failed()),
    "capture and void asked": RACING,
    "void too late, capture unanswered": (*RACING, void_failed(code="already_captured")),
    "voided, capture unanswered": (*RACING, kept(paid("void/1"))),
    "refund asked": GIVING,
    "refunded": (*GIVING, refunded()),
    "refund refused": (*GIVING, refund_failed()),
    "refund refused, may be tried again": (*GIVING, refund_failed(retryable=True)),
}
