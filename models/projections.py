"""Projections: how the events of an order's journey become what people look at.

A journey is one order with its payment and its saga. Each part is a fold of its own events, and
the order's view repeats in short what the other two say, so that one record answers for it. The
topics are read in any interleaving: a payment may be heard of before its order, and the result is
the same. An event whose sequence was projected before changes nothing.

The folds themselves are in `order_projection`, `payment_projection`, `saga_projection` and
`stock_projection`; how many orders there are, and how much money, in `totals_projection`.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec.structs import replace

from models.messages import Message, Payload
from models.notification_messages import NotificationEvent
from models.order_messages import OrderEvent
from models.order_projection import (
    OrderView,
    project_notice,
    project_order,
    with_payment,
    with_saga,
)
from models.payment_messages import PaymentEvent
from models.payment_projection import PaymentView, project_payment
from models.saga_messages import SagaEvent
from models.saga_projection import SagaView, project_saga

JourneyEvent = OrderEvent | PaymentEvent | SagaEvent | NotificationEvent


class Journey(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one order; a part of which nothing was heard is None."""

    order: OrderView | None = None
    payment: PaymentView | None = None
    saga: SagaView | None = None


class HistoryEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a history, its data as plain JSON.

    `position` grows with each event that the partition projected; it orders a history, has gaps,
    and is another one in another rebuild.
    """

    position: int
    id: str
    type: str
    time: datetime
    source: str
    sequence: int | None
    causationid: str | None
    data: msgspec.Raw


def entry_of(message: Message, position: int) -> HistoryEntry:
    """Return the entry for a message."""
    return HistoryEntry(
        position=position,
        id=message.id,
        type=message.type,
        time=message.time,
        source=message.source,
        sequence=message.sequence,
        causationid=message.causationid,
        data=msgspec.Raw(msgspec.json.encode(message.data)),
    )


def is_news(journey: Journey, message: Message) -> bool:
    """Whether an event was not projected before, as far as its sequence tells."""
    return message.sequence is None or message.sequence > _version(journey, message.data)


def project(journey: Journey, message: Message) -> Journey:
    """Return the journey after one of its events; the same one if it is not news.

    Only events of orders are heeded without a sequence. Of the others those are refusals about
    something that does not exist, so that there is nothing to be known of it.
    """
    event, order = message.data, journey.order
    numbered = message.sequence is not None
    if not is_news(journey, message) or not (numbered or isinstance(event, OrderEvent)):
        return journey
    if isinstance(event, PaymentEvent):
        payment = project_payment(journey.payment, event, message)
        return replace(journey, payment=payment, order=with_payment(order, payment))
    if isinstance(event, SagaEvent):
        saga = project_saga(journey.saga, event, message)
        return replace(journey, saga=saga, order=with_saga(order, saga))
    if isinstance(event, NotificationEvent):
        return replace(journey, order=project_notice(order, event, message))
    if isinstance(event, OrderEvent):
        return replace(journey, order=project_order(order, event, message))
    return journey


def _version(journey: Journey, data: Payload) -> int:
    """Return the last sequence that was projected of the aggregate that an event is of."""
    if isinstance(data, PaymentEvent):
        return journey.payment.version if journey.payment else 0
    if isinstance(data, SagaEvent):
        return journey.saga.version if journey.saga else 0
    if journey.order is None:
        return 0
    notice = isinstance(data, NotificationEvent)
    return journey.order.notices_version if notice else journey.order.version
