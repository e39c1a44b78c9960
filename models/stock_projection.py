"""The view of a SKU's stock. Its open reservations are records of their own beside it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from models.messages import Message
from models.stock_messages import (
    StockAdjusted,
    StockCommandRefused,
    StockDeducted,
    StockEvent,
    StockReceived,
    StockReleased,
    StockReservationExpired,
    StockReserved,
    StockRestocked,
)

# By how much of the event's quantity on hand and reserved change; the others change nothing.
_EFFECT: Final[dict[type, tuple[int, int]]] = {
    StockReceived: (1, 0),
    StockReserved: (0, 1),
    StockDeducted: (-1, -1),
    StockReleased: (0, -1),
    StockReservationExpired: (0, -1),
    StockRestocked: (1, 0),
}
Ending = StockDeducted | StockReleased | StockReservationExpired
"""What ends a reservation."""
Answer = StockReceived | StockAdjusted | StockCommandRefused
"""What becomes of a command from outside."""


class StockView(msgspec.Struct, frozen=True, kw_only=True):
    """So many on hand, so many of them reserved; the rest is available."""

    sku: str
    on_hand: int = 0
    reserved: int = 0
    available: int = 0
    version: int = 0
    updated_at: datetime


class Reservation(msgspec.Struct, frozen=True, kw_only=True):
    """Goods kept for an order line until they are deducted, released or expired."""

    reservation_id: str
    order_id: str
    quantity: int
    reserved_at: datetime
    expires_at: datetime


def project_stock(view: StockView | None, event: StockEvent, message: Message) -> StockView | None:
    """Return the view after an event of the SKU; the same one if it is not news.

    An event without a sequence is a refusal for a SKU that there is not.
    """
    before = view or StockView(sku=event.sku, updated_at=message.time)
    if message.sequence is None or message.sequence <= before.version:
        return view
    on_hand, reserved = _moved(event)
    on_hand, reserved = before.on_hand + on_hand, before.reserved + reserved
    return StockView(
        sku=before.sku,
        on_hand=on_hand,
        reserved=reserved,
        available=on_hand - reserved,
        version=message.sequence,
        updated_at=max(before.updated_at, message.time),
    )


def reservation_of(event: StockReserved, time: datetime) -> Reservation:
    """Return the reservation that an event has opened."""
    return Reservation(
        reservation_id=event.reservation_id,
        order_id=event.order_id,
        quantity=event.quantity,
        reserved_at=time,
        expires_at=event.expires_at,
    )


def _moved(event: StockEvent) -> tuple[int, int]:
    if isinstance(event, StockAdjusted):
        return event.change, 0
    on_hand, reserved = _EFFECT.get(type(event), (0, 0))
    quantity: int = getattr(event, "quantity", 0)
    return on_hand * quantity, reserved * quantity
