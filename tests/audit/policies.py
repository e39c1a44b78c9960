"""Choreography: which facts may lead to which step, where no saga asks for it.

Every context then wants of itself, or of stock, what a saga would have asked for. A row reads
`command: facts because of which a context may want it`. Where its facts come from several topics,
one of them overtakes the other, and the cause is the one by which the last condition became true.
What a context decides because of an event of its own may be caused by the cause of that event.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from tests.audit.grammar import KINDS

_POLICIES = """
ConfirmOrder: PaymentAuthorized StockReserved
RejectOrder: PaymentFailed PaymentCommandRefused PaymentVoided PaymentRefunded
RejectOrder: StockReservationFailed StockReleased StockRestocked
MarkOrderPaid: PaymentCompleted StockDeducted
CancelOrder: PaymentCaptureFailed PaymentCommandRefused PaymentCompleted StockDeductionRefused
CompleteCancellation: OrderCancellationRequested PaymentFailed PaymentVoided PaymentRefunded
CompleteCancellation: StockReservationFailed StockReleased StockRestocked
ExpireOrder: OrderTimedOut PaymentAuthorized
AuthorizePayment: OrderCreated
CapturePayment: OrderConfirmed
VoidPayment: StockReservationFailed OrderCancellationRequested OrderExpired OrderRejected
VoidPayment: PaymentAuthorized PaymentCaptureFailed PaymentCommandRefused
RefundPayment: StockReservationFailed OrderCancellationRequested OrderExpired OrderRejected
RefundPayment: PaymentCompleted PaymentVoidFailed
ReserveStock: OrderCreated PaymentAuthorized
DeductStock: PaymentCompleted
ReleaseStock: StockReservationFailed OrderCancellationRequested OrderExpired OrderRejected
ReleaseStock: StockDeductionRefused
RestockStock: StockReservationFailed OrderCancellationRequested OrderExpired OrderRejected
RestockStock: StockDeducted
Notify: OrderPaid OrderRejected OrderCancelled OrderExpired OrderShipped OrderDelivered
"""
WHY: Final[dict[str, frozenset[str]]] = {}
for _row in _POLICIES.strip().splitlines():
    _command, _, _facts = _row.partition(":")
    WHY[_command] = WHY.get(_command, frozenset()) | frozenset(_facts.split())

_ANY_TIME: Final = frozenset({"SagaTimedOut"})  # because of silence all is asked for again


@cache
def may_cause(topic: str, kind: str) -> frozenset[str]:
    """Types of messages that may lead to one of a choreographed order, with no command between.

    `kind` is an event, a command to stock, or the command that an event refuses.
    """
    commands = {kind} | (KINDS[topic, kind].causes if (topic, kind) in KINDS else frozenset())
    facts = frozenset[str]().union(*(WHY.get(each, ()) for each in commands))
    found = set(facts | _ANY_TIME) if facts else set()
    for fact in facts:
        if (topic, fact) in KINDS:  # an event of the context's own: whatever led to that
            found |= may_cause(topic, fact) | KINDS[topic, fact].causes
    return frozenset(found)
