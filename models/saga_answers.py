"""What each fact says to a saga, in the words of the table of steps.

Facts are events of orders, payments, stock and notifications; most of them say nothing to it.
What follows from an answer is decided in `models/saga_decisions.py`.
"""

from __future__ import annotations

from typing import Any, Final

from models.checkout import STEPS
from models.messages import Payload
from models.notification_messages import Kind
from models.order_messages import (
    OrderCancelled,
    OrderCommandRefused,
    OrderDelivered,
    OrderExpired,
    OrderRejected,
    OrderShipped,
)
from models.payment_messages import (
    PaymentCommandRefused,
    PaymentRefunded,
    PaymentRefundFailed,
    of_other_payment,
    return_of,
)
from models.saga_messages import StepName
from models.saga_state import Answer, Verdict
from models.stock_messages import StockReservationExpired, line_of

_ANY_LINE: Final = 10**9

_Meaning = tuple[StepName, Verdict, Kind | None]
_SAYS: Final[dict[type[Payload] | None, _Meaning]] = {
    OrderRejected: ("notify", "due", "rejected"),
    OrderCancelled: ("notify", "due", "cancelled"),
    OrderExpired: ("notify", "due", "expired"),
    OrderShipped: ("notify", "due", "shipped"),
    OrderDelivered: ("notify", "due", "delivered"),
    StockReservationExpired: ("reserve", "lapsed", None),
}
for _each in STEPS:
    _SAYS.update(dict.fromkeys(_each.success, (_each.name, "success", None)))
    _SAYS[_each.refusal] = (_each.name, "refusal", None)
    _SAYS[_each.undone] = (_each.name, "undone", None)
    _SAYS[_each.not_undone] = (_each.name, "not_undone", None)
_REFUSES: Final[dict[str, _Meaning]] = {
    "AuthorizePayment": ("authorize", "refusal", None),
    "ConfirmOrder": ("confirm", "refusal", None),
    "CapturePayment": ("capture", "refusal", None),
    "CancelOrder": ("confirm", "not_undone", None),
    "VoidPayment": ("authorize", "not_undone", None),
    "RefundPayment": ("capture", "not_undone", None),
    "RejectOrder": ("confirm", "not_ended", "rejected"),
    "CompleteCancellation": ("confirm", "not_ended", "cancelled"),
    "ExpireOrder": ("confirm", "not_ended", "expired"),
}
_Refusal = OrderCommandRefused | PaymentCommandRefused


def answer_of(fact: Any) -> Answer | None:
    """Return what a fact says about a step of its order's checkout; None, if nothing."""
    found = _REFUSES.get(fact.command) if isinstance(fact, _Refusal) else _SAYS.get(type(fact))
    if found is None or of_other_payment(fact):
        return None
    step, verdict, kind = found
    reservation: str | None = getattr(fact, "reservation_id", None)
    line = line_of(fact.order_id, _ANY_LINE, reservation) if reservation is not None else 1
    if line == 0:
        return None
    return Answer(
        step=step,
        verdict=verdict,
        line=line,
        kind=kind or getattr(fact, "kind", None),
        amount=getattr(fact, "amount", None),
        reason=getattr(fact, "code", None) or getattr(fact, "reason", None),
        retryable=getattr(fact, "retryable", False),
    )


def may_wait(fact: Payload, answer: Answer) -> bool:
    """Whether a fact that fits nowhere yet may be meant for a saga that has not come so far.

    Others than the contexts themselves ask for refunds and the like, and are refused: that says
    nothing to a saga which asks for the same later.
    """
    if isinstance(fact, PaymentRefunded | PaymentRefundFailed):
        return fact.refund_id == return_of(fact.payment_id)
    return answer.verdict == "refusal" or not isinstance(fact, _Refusal)
