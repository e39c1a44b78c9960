"""How the read models of orders are written: one event after the other, each exactly once.

What an event means is decided in `models/projections.py`; here it is loaded, stored, listed and
counted, all in the unit of work of the event.
"""

from __future__ import annotations

from typing import cast

import msgspec

from models.messages import Message
from models.order_projection import OrderView
from models.payment_messages import PaymentEvent
from models.projections import Journey, JourneyEvent, entry_of, is_news
from models.projections import project as project_journey
from models.saga_messages import SagaEvent
from models.totals_projection import count_order
from streams.reading import note
from streams.unit import Unit
from tables.keys import compose
from tables.order_lists import keys_of
from tables.order_views import (
    TOTALS_KEY,
    history_key,
    order,
    order_key,
    payment,
    payment_key,
    saga,
    saga_key,
    totals_of,
)
from tables.saga_lists import keys_of as keys_of_saga

_encode = msgspec.json.Encoder().encode


def project(unit: Unit[Message], message: Message) -> None:
    """Bring the records of an order up to an event of its journey."""
    event = cast("JourneyEvent", message.data)  # the agent's decoder lets nothing else through
    before = _journey(unit, event)
    if not is_news(before, message) or _came_before(unit, event.order_id, message):
        return
    _store(unit, event.order_id, before, project_journey(before, message))
    position = note(unit, message.time)
    unit.put(history_key(event.order_id, position), _encode(entry_of(message, position)))


def _journey(unit: Unit[Message], event: JourneyEvent) -> Journey:
    """Load what the event may change."""
    return Journey(
        order=order(unit, event.order_id),
        payment=payment(unit, event.order_id) if isinstance(event, PaymentEvent) else None,
        saga=saga(unit, event.order_id) if isinstance(event, SagaEvent) else None,
    )


def _came_before(unit: Unit[Message], order_id: str, message: Message) -> bool:
    """Whether a message that no sequence makes known was projected; from now on it was."""
    if message.sequence is not None:
        return False
    key = compose("once", order_id, message.id)
    if unit.get(key) is not None:
        return True
    unit.put(key, b"1")
    return False


def _store(unit: Unit[Message], order_id: str, before: Journey, after: Journey) -> None:
    if after.payment is not before.payment:
        unit.put(payment_key(order_id), _encode(after.payment))
    if after.saga is not before.saga:
        unit.put(saga_key(order_id), _encode(after.saga))
        _move(unit, order_id, keys_of_saga(before.saga), keys_of_saga(after.saga))
    if after.order is not None and after.order is not before.order:
        unit.put(order_key(order_id), _encode(after.order))
        _list(unit, before.order, after.order)
        _count(unit, before.order, after.order)


def _list(unit: Unit[Message], before: OrderView | None, after: OrderView) -> None:
    """Put an order where it belongs in the lists of its user."""
    if before is None or before.status != after.status:
        _move(unit, after.order_id, keys_of(before), keys_of(after))


def _move(unit: Unit[Message], order_id: str, old: set[bytes], new: set[bytes]) -> None:
    """Move an order from the lists that it was in to those that it is in."""
    for key in old - new:
        unit.delete(key)
    for key in new - old:
        unit.put(key, order_id.encode())


def _count(unit: Unit[Message], before: OrderView | None, after: OrderView) -> None:
    totals = totals_of(unit)
    counted = count_order(totals, before, after)
    if counted is not totals:
        unit.put(TOTALS_KEY, _encode(counted))
