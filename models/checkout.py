"""The checkout saga as data: its steps, what each asks for, how it is answered, how it is undone.

| step      | asks             | success           | refusal                | undone by       |
|-----------|------------------|-------------------|------------------------|-----------------|
| authorize | AuthorizePayment | PaymentAuthorized | PaymentFailed          | VoidPayment     |
| reserve * | ReserveStock     | StockReserved     | StockReservationFailed | ReleaseStock    |
| confirm   | ConfirmOrder     | OrderConfirmed    | OrderCommandRefused    | CancelOrder     |
| capture   | CapturePayment   | PaymentCompleted  | PaymentCaptureFailed   | RefundPayment   |
| deduct *  | DeductStock      | StockDeducted     | StockDeductionRefused  | RestockStock    |
| notify    | Notify           | NotificationSent  | never fails the order  | -               |

Steps marked * have one part for each line of the order; the others have one. A refund gives back
what was authorized, a restock what was reserved: undoing the later step covers the earlier one.
With the last step an order is also marked as paid, so that it cannot be shipped before.
`models/sagas.py` walks through the table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from models.messages import Payload
from models.notification_messages import (
    NotificationFailed,
    NotificationSent,
    NotificationSuperseded,
    Notify,
)
from models.order_messages import (
    CancelOrder,
    ConfirmOrder,
    OrderCancellationRequested,
    OrderConfirmed,
)
from models.payment_messages import (
    AuthorizePayment,
    CapturePayment,
    PaymentAuthorized,
    PaymentCaptureFailed,
    PaymentCompleted,
    PaymentFailed,
    PaymentRefunded,
    PaymentRefundFailed,
    PaymentVoided,
    PaymentVoidFailed,
    RefundPayment,
    VoidPayment,
    payment_of,
    return_of,
)
from models.saga_messages import StepName
from models.saga_state import Saga
from models.stock_messages import (
    DeductStock,
    ReleaseStock,
    ReserveStock,
    RestockStock,
    StockDeducted,
    StockDeductionRefused,
    StockReleased,
    StockReservationFailed,
    StockReserved,
    StockRestocked,
    reservation_of,
)

Command = Callable[[Saga, int], Payload]  # for a line, counting from 1; a step of one part has 1


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table."""

    name: StepName
    per_line: bool = False
    command: Command
    success: tuple[type[Payload], ...]
    refusal: type[Payload] | None = None
    undo: Command | None = None
    undone: type[Payload] | None = None
    not_undone: type[Payload] | None = None
    covers: StepName | None = None
    # Undone at once even while its answer is out: the other side sorts it out by the same id.
    undo_unanswered: bool = False


def _authorize(saga: Saga, _: int) -> Payload:
    assert saga.currency is not None  # noqa: S101 - set when the saga starts
    return AuthorizePayment(
        payment_id=payment_of(saga.order_id),
        order_id=saga.order_id,
        amount=saga.total,
        currency=saga.currency,
        method=saga.method,
    )


def _void(saga: Saga, _: int) -> Payload:
    return VoidPayment(payment_id=payment_of(saga.order_id), order_id=saga.order_id)


def _reserve(saga: Saga, line: int) -> Payload:
    assert saga.hold_until is not None  # noqa: S101 - set when the step starts
    return ReserveStock(
        sku=saga.lines[line - 1].sku,
        reservation_id=reservation_of(saga.order_id, line),
        order_id=saga.order_id,
        reply_to=saga.home,
        quantity=saga.lines[line - 1].quantity,
        expires_at=saga.hold_until,
    )


def _on_reservation(
    command: type[DeductStock | ReleaseStock | RestockStock],
) -> Command:
    def build(saga: Saga, line: int) -> Payload:
        return command(
            sku=saga.lines[line - 1].sku,
            reservation_id=reservation_of(saga.order_id, line),
            order_id=saga.order_id,
            reply_to=saga.home,
        )

    return build


def _confirm(saga: Saga, _: int) -> Payload:
    # Every line, also when some are being released meanwhile: a command never changes its words.
    return ConfirmOrder(order_id=saga.order_id, authorized=saga.total, reserved=len(saga.lines))


def _cancel(saga: Saga, _: int) -> Payload:
    assert saga.reason is not None  # noqa: S101 - set when compensation starts
    return CancelOrder(order_id=saga.order_id, reason=saga.reason)


def _capture(saga: Saga, _: int) -> Payload:
    return CapturePayment(
        payment_id=payment_of(saga.order_id), order_id=saga.order_id, amount=saga.total
    )


def _refund(saga: Saga, _: int) -> Payload:
    payment_id = payment_of(saga.order_id)
    return RefundPayment(
        payment_id=payment_id,
        order_id=saga.order_id,
        # The saga gives everything back, once. Who tries again after a refusal says so by its id.
        refund_id=return_of(payment_id) + (f"/{saga.refund}" if saga.refund > 1 else ""),
        amount=saga.total,
    )


def _notify(saga: Saga, _: int) -> Payload:
    assert saga.telling is not None  # noqa: S101 - set when the step starts
    customer = saga.customer
    return Notify(
        order_id=saga.order_id,
        kind=saga.telling,
        to=customer.email if customer else None,
        name=customer.name if customer else None,
    )


STEPS: Final = (
    Step(
        name="authorize",
        command=_authorize,
        success=(PaymentAuthorized,),
        refusal=PaymentFailed,
        undo=_void,
        undone=PaymentVoided,
        not_undone=PaymentVoidFailed,
        undo_unanswered=True,
    ),
    Step(
        name="reserve",
        per_line=True,
        command=_reserve,
        success=(StockReserved,),
        refusal=StockReservationFailed,
        undo=_on_reservation(ReleaseStock),
        undone=StockReleased,
        undo_unanswered=True,
    ),
    Step(
        name="confirm",
        command=_confirm,
        success=(OrderConfirmed,),
        undo=_cancel,
        undone=OrderCancellationRequested,
    ),
    Step(
        name="capture",
        command=_capture,
        success=(PaymentCompleted,),
        refusal=PaymentCaptureFailed,
        undo=_refund,
        undone=PaymentRefunded,
        not_undone=PaymentRefundFailed,
        covers="authorize",
    ),
    Step(
        name="deduct",
        per_line=True,
        command=_on_reservation(DeductStock),
        success=(StockDeducted,),
        refusal=StockDeductionRefused,
        undo=_on_reservation(RestockStock),
        undone=StockRestocked,
        covers="reserve",
    ),
    Step(
        name="notify",
        command=_notify,
        success=(NotificationSent, NotificationFailed, NotificationSuperseded),
    ),
)
