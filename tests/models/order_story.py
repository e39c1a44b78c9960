"""One order of two lines: every command about it, every event of it, and its possible pasts."""

from __future__ import annotations

from datetime import UTC, datetime

from models.money import MAX_AMOUNT
from models.order_messages import (
    CancelOrder,
    CompleteCancellation,
    ConfirmDelivery,
    ConfirmOrder,
    CreateOrder,
    Customer,
    ExpireOrder,
    MarkOrderPaid,
    OrderCancellationRequested,
    OrderCancelled,
    OrderCommand,
    OrderConfirmed,
    OrderCreated,
    OrderDelivered,
    OrderEvent,
    OrderExpired,
    OrderLine,
    OrderPaid,
    OrderRejected,
    OrderShipped,
    RejectOrder,
    ShipOrder,
)
from models.orders import decide, evolve
from tests.models.given import Aggregate

ORDER = Aggregate(decide, evolve)

ID = "mina:01JNAFQ3E0"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LINES = (
    OrderLine(sku="KB-1", name="Keyboard", quantity=1, unit_price=4950),
    OrderLine(sku="MS-2", quantity=3, unit_price=1250),
)
TOTAL = 4950 + 3 * 1250
DEAREST = OrderLine(sku="YACHT", quantity=1, unit_price=MAX_AMOUNT)  # and not one unit more

CREATE = CreateOrder(
    order_id=ID,
    user_id="mina",
    customer=Customer(name="Mina Kim", email="mina@example.org"),
    lines=LINES,
    currency="USD",
    method="card",
)
CONFIRM = ConfirmOrder(order_id=ID, authorized=TOTAL, reserved=2)
REJECT = RejectOrder(order_id=ID, reason="card_declined")
EXPIRE = ExpireOrder(order_id=ID, deadline=NOON, at=NOON, payment_outstanding=False)
PAY = MarkOrderPaid(order_id=ID, captured=TOTAL)
CANCEL = CancelOrder(order_id=ID, reason="changed my mind")
COMPLETE = CompleteCancellation(order_id=ID, stock_returned=True, money_returned=True)
SHIP = ShipOrder(order_id=ID, tracking="TRACK-1")
DELIVER = ConfirmDelivery(order_id=ID)

CREATED = OrderCreated(
    order_id=ID,
    user_id="mina",
    customer=Customer(name="Mina Kim", email="mina@example.org"),
    lines=LINES,
    total=TOTAL,
    currency="USD",
    currency_source="given",
    method="card",
)
CONFIRMED = OrderConfirmed(order_id=ID)
REJECTED = OrderRejected(order_id=ID, reason="card_declined")
EXPIRED = OrderExpired(order_id=ID)
PAID = OrderPaid(order_id=ID, captured=TOTAL)
REQUESTED = OrderCancellationRequested(order_id=ID, reason="changed my mind")
CANCELLED = OrderCancelled(order_id=ID, reason="changed my mind")
SHIPPED = OrderShipped(order_id=ID, tracking="TRACK-1")
DELIVERED = OrderDelivered(order_id=ID)

COMMANDS: dict[str, OrderCommand] = {
    "create": CREATE,
    "confirm": CONFIRM,
    "reject": REJECT,
    "expire": EXPIRE,
    "pay": PAY,
    "cancel": CANCEL,
    "complete": COMPLETE,
    "ship": SHIP,
    "deliver": DELIVER,
}
# `paid` is CONFIRMED and paid; `withdrawn` was that before its end was asked for, and `undone` is
# what became of it.
PASTS: dict[str, tuple[OrderEvent, ...]] = {
    "none": (),
    "pending": (CREATED,),
    "confirmed": (CREATED, CONFIRMED),
    "paid": (CREATED, CONFIRMED, PAID),
    "shipped": (CREATED, CONFIRMED, PAID, SHIPPED),
    "delivered": (CREATED, CONFIRMED, PAID, SHIPPED, DELIVERED),
    "rejected": (CREATED, REJECTED),
    "expired": (CREATED, EXPIRED),
    "cancelling": (CREATED, REQUESTED),
    "cancelled": (CREATED, REQUESTED, CANCELLED),
    "withdrawn": (CREATED, CONFIRMED, PAID, REQUESTED),
    "undone": (CREATED, CONFIRMED, PAID, REQUESTED, CANCELLED),
}
