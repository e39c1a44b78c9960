"""What a saga hears and asks about one order: facts and commands, for lines 1, 2 and 3."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final, Literal

from models.notification_messages import Kind, NotificationSent, Notify
from models.order_messages import (
    CancelOrder,
    CompleteCancellation,
    ConfirmOrder,
    Customer,
    MarkOrderPaid,
    OrderCancellationRequested,
    OrderCancelled,
    OrderCommandRefused,
    OrderConfirmed,
    OrderCreated,
    OrderDelivered,
    OrderExpired,
    OrderLine,
    OrderPaid,
    OrderRejected,
    OrderShipped,
    RejectOrder,
    Status,
)
from models.payment_messages import (
    AuthorizePayment,
    CapturePayment,
    PaymentAuthorized,
    PaymentCaptureFailed,
    PaymentCommandRefused,
    PaymentCompleted,
    PaymentFailed,
    PaymentRefunded,
    PaymentRefundFailed,
    PaymentVoided,
    PaymentVoidFailed,
    RefundPayment,
    VoidPayment,
)
from models.stock_messages import (
    HOLD,
    DeductStock,
    ReleaseStock,
    ReserveStock,
    RestockStock,
    StockDeducted,
    StockDeductionRefused,
    StockReleased,
    StockReservationExpired,
    StockReservationFailed,
    StockReserved,
    StockRestocked,
)

HOME: Final = "mina"
ID: Final = "mina:01JNAFQ3E0"
PAYMENT: Final = f"{ID}/payment"
NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
TOTAL: Final = 6000
MINA: Final = Customer(name="Mina Kim", email="mina@example.org")
WHY: Final = "changed my mind"


# Facts about the order.


def created(lines: int, **changed: Any) -> OrderCreated:
    """An order of so many lines, for the same total always."""
    fields: dict[str, Any] = {
        "order_id": ID,
        "user_id": "mina",
        "customer": MINA,
        "lines": tuple(
            OrderLine(sku=sku_of(line), quantity=line, unit_price=TOTAL // line // lines)
            for line in range(1, lines + 1)
        ),
        "total": TOTAL,
        "currency": "USD",
        "currency_source": "given",
        "method": "card",
    }
    return OrderCreated(**fields | changed)


def sku_of(line: int) -> str:
    """Line 1 is of SKU A, line 2 of B."""
    return f"SKU-{'ABCDEFGH'[line - 1]}"


CREATED = created(3)
CONFIRMED = OrderConfirmed(order_id=ID)
PAID = OrderPaid(order_id=ID, captured=TOTAL)
REQUESTED = OrderCancellationRequested(order_id=ID, reason=WHY)
REJECTED = OrderRejected(order_id=ID, reason="any")
CANCELLED = OrderCancelled(order_id=ID, reason="any")
EXPIRED = OrderExpired(order_id=ID)
SHIPPED = OrderShipped(order_id=ID, tracking="T-1")
DELIVERED = OrderDelivered(order_id=ID)

# Facts about its payment.

_PAYMENT: Final[dict[str, Any]] = {"payment_id": PAYMENT, "order_id": ID, "key": "k"}
_MONEY: Final[dict[str, Any]] = {**_PAYMENT, "amount": TOTAL, "currency": "USD"}
_NO: Final[dict[str, Any]] = {**_PAYMENT, "retryable": False}
AUTHORIZED = PaymentAuthorized(**_MONEY)
DECLINED = PaymentFailed(**_NO, code="card_declined")
CAPTURED = PaymentCompleted(**_MONEY)
NOT_CAPTURED = PaymentCaptureFailed(**_NO, code="capture_refused")
VOIDED = PaymentVoided(**_MONEY)
ALREADY_CAPTURED = PaymentVoidFailed(**_NO, code="already_captured")
NOTHING_HELD = PaymentVoidFailed(**_NO, code="authorization_expired")
NOT_VOIDED = PaymentVoidFailed(**_NO, code="closed_for_the_day")
REFUNDED = PaymentRefunded(**_MONEY, refund_id=f"{PAYMENT}/return")
NOT_REFUNDED = PaymentRefundFailed(**_NO, refund_id=f"{PAYMENT}/return", code="refund_refused")


def order_refuses(command: str, state: Status | Literal["NONE"]) -> OrderCommandRefused:
    return OrderCommandRefused(order_id=ID, command=command, state=state, reason="forbidden")


def payment_refuses(command: str) -> PaymentCommandRefused:
    return PaymentCommandRefused(
        payment_id=PAYMENT, order_id=ID, command=command, reason="forbidden"
    )


# Facts about a line's stock, and about what the customer was told.


def _line(line: int, **more: Any) -> dict[str, Any]:
    return {"sku": sku_of(line), "reservation_id": f"{ID}/{line}", "order_id": ID, **more}


def reserved(line: int) -> StockReserved:
    return StockReserved(**_line(line, quantity=line, expires_at=NOON + HOLD))


def not_reserved(line: int) -> StockReservationFailed:
    return StockReservationFailed(**_line(line, quantity=line, available=0, reason="sold out"))


def released(line: int) -> StockReleased:
    return StockReleased(**_line(line, quantity=line))


def deducted(line: int) -> StockDeducted:
    return StockDeducted(**_line(line, quantity=line))


def not_deducted(line: int) -> StockDeductionRefused:
    return StockDeductionRefused(**_line(line, available=0, reason="expired"))


def restocked(line: int) -> StockRestocked:
    return StockRestocked(**_line(line, quantity=line))


def lapsed(line: int) -> StockReservationExpired:
    return StockReservationExpired(**_line(line, quantity=line))


def told(kind: Kind) -> NotificationSent:
    return NotificationSent(order_id=ID, kind=kind, version=1)


# Commands.

AUTHORIZE = AuthorizePayment(
    payment_id=PAYMENT, order_id=ID, amount=TOTAL, currency="USD", method="card"
)
CAPTURE = CapturePayment(payment_id=PAYMENT, order_id=ID, amount=TOTAL)
VOID = VoidPayment(payment_id=PAYMENT, order_id=ID)
REFUND = RefundPayment(payment_id=PAYMENT, order_id=ID, refund_id=f"{PAYMENT}/return", amount=TOTAL)
CONFIRM = ConfirmOrder(order_id=ID, authorized=TOTAL, reserved=3)
PAY = MarkOrderPaid(order_id=ID, captured=TOTAL)
COMPLETE = CompleteCancellation(order_id=ID, stock_returned=True, money_returned=True)


def reject(reason: str) -> RejectOrder:
    return RejectOrder(order_id=ID, reason=reason)


def cancel(reason: str) -> CancelOrder:
    return CancelOrder(order_id=ID, reason=reason)


def reserve(line: int) -> ReserveStock:
    return ReserveStock(**_line(line, reply_to=HOME, quantity=line, expires_at=NOON + HOLD))


def release(line: int) -> ReleaseStock:
    return ReleaseStock(**_line(line, reply_to=HOME))


def deduct(line: int) -> DeductStock:
    return DeductStock(**_line(line, reply_to=HOME))


def restock(line: int) -> RestockStock:
    return RestockStock(**_line(line, reply_to=HOME))


def tell(kind: Kind) -> Notify:
    return Notify(order_id=ID, kind=kind, to=MINA.email, name=MINA.name)
