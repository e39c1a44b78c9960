"""The steps of the checkout, as `domain.md` section 4 has them: what each asks, hears, undoes."""

from __future__ import annotations

from typing import Any, Final

from tests.audit.records import Message

COMMAND: Final = {
    "authorize": "AuthorizePayment",
    "reserve": "ReserveStock",
    "confirm": "ConfirmOrder",
    "capture": "CapturePayment",
    "deduct": "DeductStock",
    "notify": "Notify",
}
PER_LINE: Final = frozenset({"reserve", "deduct"})
# What a saga reports of a step, and what may have happened for it to say so.
SAYS: Final = {
    ("SagaStepSucceeded", "authorize"): {"PaymentAuthorized"},
    ("SagaStepSucceeded", "reserve"): {"StockReserved"},
    ("SagaStepSucceeded", "confirm"): {"OrderConfirmed"},
    ("SagaStepSucceeded", "capture"): {"PaymentCompleted", "PaymentVoidFailed"},
    ("SagaStepSucceeded", "deduct"): {"StockDeducted"},
    ("SagaStepSucceeded", "notify"): {
        "NotificationSent",
        "NotificationFailed",
        "NotificationSuperseded",
    },
    ("SagaStepRefused", "authorize"): {"PaymentFailed", "PaymentCommandRefused"},
    ("SagaStepRefused", "reserve"): {"StockReservationFailed", "StockReservationExpired"},
    ("SagaStepRefused", "confirm"): {"OrderCommandRefused"},
    ("SagaStepRefused", "capture"): {
        "PaymentCaptureFailed",
        "PaymentAuthorizationExpired",
        "PaymentCommandRefused",
    },
    ("SagaStepRefused", "deduct"): {"StockDeductionRefused"},
    ("SagaStepCompensated", "authorize"): {"PaymentVoided", "PaymentAuthorizationExpired"},
    ("SagaStepCompensated", "reserve"): {"StockReleased"},
    ("SagaStepCompensated", "confirm"): {"OrderCancellationRequested"},
    ("SagaStepCompensated", "capture"): {"PaymentRefunded"},
    ("SagaStepCompensated", "deduct"): {"StockRestocked"},
    ("SagaStuck", "authorize"): {"PaymentVoidFailed", "PaymentCommandRefused"},
    ("SagaStuck", "confirm"): {"OrderCommandRefused"},
    ("SagaStuck", "capture"): {"PaymentRefundFailed", "PaymentCommandRefused"},
}
# What it may have heard besides, if it only observes: of a part that was let go before anybody came
# to take it, or was refused while it was being let go; or that nobody confirms what is to end.
LET_GO: Final = "let go"
OBSERVED: Final = {
    ("SagaStepRefused", "confirm"): {"OrderCancellationRequested", "OrderExpired"},
    ("SagaStepRefused", "capture"): {"PaymentVoided"},
    ("SagaStepRefused", "deduct"): {"StockReleased"},
    ("SagaStepCompensated", "authorize"): {"PaymentFailed", "PaymentCommandRefused"},
    ("SagaStepCompensated", "reserve"): {"StockReservationFailed"},
}
# Why an order turns back, where its cause gives no word for it.
OUT_OF_STOCK: Final = "out_of_stock"
TOO_LITTLE: Final = "too_little_money"
EXPIRED: Final = "expired"
_REASON: Final = {
    "OrderExpired": EXPIRED,
    "StockReservationExpired": OUT_OF_STOCK,
    "StockReservationFailed": OUT_OF_STOCK,
    "StockDeductionRefused": OUT_OF_STOCK,
    "PaymentAuthorized": TOO_LITTLE,
    "PaymentCompleted": TOO_LITTLE,
}
# What can be undone, and the later step whose undoing covers it.
COVERED_BY: Final = {
    "authorize": "capture",
    "reserve": "deduct",
    "confirm": "",
    "capture": "",
    "deduct": "",
}


def said(fact: Message) -> Any:
    """The word that a refusal gives for itself."""
    return fact.data.get("code") or fact.data.get("reason") or "refused"


def why(fact: Message) -> Any:
    """The reason for which an order turns back because of a fact."""
    return _REASON.get(fact.type) or said(fact)


def silence(step: str) -> str:
    """The reason where nobody answers."""
    return f"no answer to {step}"
