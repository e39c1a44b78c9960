"""The grammar of the journeys: what each topic may carry, what of, and because of what.

Written from `domain.md`, not from the code. A row reads
`type: fields it must have < types that may cause it ! fields that it does not share @ writers`;
what a message and its cause both say, they say alike, but for the fields that it does not share.
What may cause the messages of a choreographed order instead is in `policies.py`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

CONTEXTS: Final = frozenset({"/orders", "/payments", "/stock", "/sagas", "/notifications"})
OUTSIDE: Final = frozenset({"/gateway", "/mail"})  # what they answer has a cause, too
TIMERS: Final = "/clock"
OPERATORS: Final = "sagas.commands"
COMMANDS: Final = (
    "orders.commands",
    "payments.commands",
    "stock.commands",
    OPERATORS,
    "notifications.commands",
)
EVENTS: Final = ("orders", "payments", "stock", "sagas", "notifications")
REPLIES: Final = "sagas.replies"
VERSIONS: Final = {  # of all other types there is one
    "OrderCreated": (1, 2, 3, 4),
    "CreateOrder": (1, 2),
    "SagaStepStarted": (1, 2),
}
FACTS: Final = frozenset({"orders", "payments", "notifications", REPLIES})  # what sagas react to
# Set when something begins, with that as their cause; fired when its time is over, in any order.
TIMED: Final = frozenset({"SagaTimedOut", "OrderTimedOut", "ExpireReservation"})
ORCHESTRATION: Final = "orchestration"
CHOREOGRAPHY: Final = "choreography"
# Refusals of what does not exist have no number; all other events do.
UNNUMBERED: Final = frozenset(
    {
        "NotificationCommandRefused",
        "OrderCommandRefused",
        "PaymentCommandRefused",
        "SagaCommandRefused",
        "StockCommandRefused",
        "StockDeductionRefused",
        "StockReservationFailed",
    }
)


class Kind(NamedTuple):
    """What holds for a type in a topic. `subject` names the field that the subject repeats.

    Where there are no `writers`, anybody may: customers, the warehouse, operators, and sagas.
    """

    writers: frozenset[str]
    subject: str
    needs: frozenset[str]
    causes: frozenset[str]
    own: frozenset[str]


_ORDER_COMMANDS = """
CreateOrder: user_id lines currency method
ConfirmOrder: authorized reserved @ /sagas
RejectOrder: reason @ /sagas
ExpireOrder: deadline at payment_outstanding @ /sagas
OrderTimedOut: deadline at @ /clock
MarkOrderPaid: captured @ /sagas
CancelOrder: reason
CompleteCancellation: stock_returned money_returned @ /sagas
ShipOrder: tracking
ConfirmDelivery:
"""
_ORDERS = """
OrderCreated: lines total currency < CreateOrder
OrderConfirmed: < ConfirmOrder
OrderRejected: reason < RejectOrder
OrderExpired: < ExpireOrder
OrderPaid: captured < MarkOrderPaid
OrderCancellationRequested: reason < CancelOrder
OrderCancelled: reason < CompleteCancellation
OrderShipped: tracking < ShipOrder
OrderDelivered: < ConfirmDelivery
OrderCommandRefused: command state < * ! reason
"""
_PAYMENT_COMMANDS = """
AuthorizePayment: order_id amount currency method @ /sagas
CapturePayment: order_id amount @ /sagas
VoidPayment: order_id @ /sagas
RefundPayment: order_id refund_id amount @ /sagas
GatewayAnswered: order_id key operation outcome @ /gateway
"""
_PAYMENTS = """
PaymentRequested: order_id amount currency method key < AuthorizePayment
PaymentAuthorized: order_id key amount currency < GatewayAnswered
PaymentFailed: order_id key code < GatewayAnswered
PaymentCaptureRequested: order_id amount key < CapturePayment
PaymentCompleted: order_id key amount currency < GatewayAnswered
PaymentCaptureFailed: order_id key code < GatewayAnswered
PaymentVoidWanted: order_id < VoidPayment
PaymentVoidRequested: order_id key < VoidPayment GatewayAnswered
PaymentVoided: order_id amount currency < VoidPayment GatewayAnswered
PaymentVoidFailed: order_id code < VoidPayment GatewayAnswered
PaymentRefundRequested: order_id refund_id amount key < RefundPayment
PaymentRefunded: order_id key refund_id amount currency < GatewayAnswered
PaymentRefundFailed: order_id key refund_id code < GatewayAnswered
PaymentAuthorizationExpired: order_id key amount currency < GatewayAnswered
PaymentAnswerKept: order_id key operation outcome < GatewayAnswered
PaymentCommandRefused: order_id command < * ! reason
"""
_STOCK_COMMANDS = """
ReceiveStock: quantity
AdjustStock: change
ReserveStock: reservation_id order_id reply_to quantity expires_at @ /sagas /stock
DeductStock: reservation_id order_id reply_to @ /sagas /stock
ReleaseStock: reservation_id order_id reply_to @ /sagas /stock
RestockStock: reservation_id order_id reply_to @ /sagas /stock
ExpireReservation: reservation_id order_id at < ReserveStock DeductStock @ /clock /stock
"""
_LINES = """
StockReserved: reservation_id order_id quantity expires_at < ReserveStock DeductStock
StockReservationFailed: reservation_id order_id quantity available < ReserveStock
StockDeducted: reservation_id order_id quantity < DeductStock ReleaseStock
StockDeductionRefused: reservation_id order_id available < DeductStock
StockReleased: reservation_id order_id quantity < ReleaseStock RestockStock
StockReservationExpired: reservation_id order_id quantity < ExpireReservation
StockRestocked: reservation_id order_id quantity < RestockStock
"""
_STOCK = (
    _LINES
    + """
StockReceived: quantity < ReceiveStock
StockAdjusted: change < AdjustStock
StockCommandRefused: command available < * ! reason
"""
)
_SAGA_COMMANDS = """
RetrySagaStep: step by reason
SkipSagaStep: step by reason
CompensateSaga: by reason
SagaTimedOut: deadline at @ /clock /sagas
"""
_SAGAS = """
SagaStarted: lines total currency < OrderCreated ! method
SagaStepStarted: step
SagaStepSucceeded: step
SagaStepRefused: step reason
SagaCompensationStarted: goal reason
SagaStepCompensated: step
SagaAskedAgain: waiting_for attempt deadline < SagaTimedOut ! deadline
SagaIntervened: action by reason < RetrySagaStep SkipSagaStep CompensateSaga
SagaCommandRefused: command < RetrySagaStep SkipSagaStep CompensateSaga ! reason
SagaStuck: step reason
SagaCompleted: outcome
"""
_NOTIFICATION_COMMANDS = """
Notify: kind version @ /sagas
MailAnswered: key outcome @ /mail
"""
_NOTIFICATIONS = """
NotificationRequested: kind version to key < Notify
NotificationSent: kind version < MailAnswered
NotificationFailed: kind version code < MailAnswered Notify
NotificationSuperseded: kind version by < Notify
NotificationCommandRefused: command < *
"""


def _rows(topic: str, writer: str, subject: str, table: str) -> dict[tuple[str, str], Kind]:
    rows = {}
    for line in table.strip().splitlines():
        name, _, rest = line.partition(":")
        rest, _, own_writers = rest.partition("@")
        rest, _, own = rest.partition("!")
        needs, _, causes = rest.partition("<")
        anything = causes.split() == ["*"]
        rows[topic, name] = Kind(
            frozenset((own_writers or writer).split()),
            subject,
            frozenset({*needs.split(), subject}),
            frozenset() if anything else frozenset(causes.split()),
            frozenset(own.split()),
        )
    return rows


KINDS: Final = {
    **_rows("orders.commands", "", "order_id", _ORDER_COMMANDS),
    **_rows("orders", "/orders", "order_id", _ORDERS),
    **_rows("payments.commands", "", "payment_id", _PAYMENT_COMMANDS),
    **_rows("payments", "/payments", "payment_id", _PAYMENTS),
    **_rows("stock.commands", "", "sku", _STOCK_COMMANDS),
    **_rows("stock", "/stock", "sku", _STOCK),
    **_rows("sagas.replies", "/stock", "sku", _LINES),
    **_rows(OPERATORS, "", "order_id", _SAGA_COMMANDS),
    **_rows("sagas", "/sagas", "order_id", _SAGAS),
    **_rows("notifications.commands", "", "order_id", _NOTIFICATION_COMMANDS),
    **_rows("notifications", "/notifications", "order_id", _NOTIFICATIONS),
}
