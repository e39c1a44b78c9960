"""The steps of the checkout, as `domain.md` section 4 has them: what each asks, hears, undoes."""

from __future__ import annotations

from typing import Final

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
    ("SagaStepRefused", "reserve"): {"StockReservationFailed"},
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
# Why a saga turns back, where its cause gives no word for it.
REASON: Final = {
    "StockReservationFailed": "out_of_stock",
    "StockDeductionRefused": "out_of_stock",
    "PaymentAuthorized": "too_little_money",
    "PaymentCompleted": "too_little_money",
}
# What can be undone, and the later step whose undoing covers it.
COVERED_BY: Final = {
    "authorize": "capture",
    "reserve": "deduct",
    "confirm": "",
    "capture": "",
    "deduct": "",
}
