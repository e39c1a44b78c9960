"""What is asked of the stock of a SKU, and its movements: commands and events.

`models/stock.py` decides between them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import msgspec

from models.messages import Instant, Name, Payload, Text
from models.money import MAX_AMOUNT
from models.order_messages import Quantity

Units = Annotated[int, msgspec.Meta(ge=0, le=MAX_AMOUNT)]
Change = Annotated[int, msgspec.Meta(ge=-1_000_000, le=1_000_000)]

HOLD: Final = timedelta(minutes=30)  # how long stock is kept for an order that is being paid
_LAST: Final = datetime.max.replace(tzinfo=UTC) - HOLD


def held_until(now: datetime) -> datetime:
    """Return until when stock is kept that is asked for now."""
    return min(now, _LAST) + HOLD


def reservation_of(order_id: str, line: int) -> str:
    """Return the id of the reservation for an order's line; lines count from 1."""
    return f"{order_id}/{line}"


def line_of(order_id: str, lines: int, reservation_id: str) -> int:
    """Return the line that a reservation is for; 0 if it is none of the order's lines."""
    line = reservation_id.removeprefix(f"{order_id}/")
    found = int(line) if line.isdecimal() else 0
    return found if found <= lines and reservation_of(order_id, found) == reservation_id else 0


# Commands.


class ReceiveStock(Payload, frozen=True, kw_only=True):
    """Goods came in."""

    sku: Name
    quantity: Quantity


class AdjustStock(Payload, frozen=True, kw_only=True):
    """Somebody counted; `change` is never 0."""

    sku: Name
    change: Change
    reason: Text


class OrderLineCommand(Payload, frozen=True, kw_only=True):
    """What a saga asks for one line of its order; the answer goes to `reply_to`'s partition."""

    sku: Name
    reservation_id: Name
    order_id: Name
    reply_to: Name


class ReserveStock(OrderLineCommand, frozen=True, kw_only=True):
    """Keep so many for an order line until `expires_at`."""

    quantity: Quantity
    expires_at: Instant


class DeductStock(OrderLineCommand, frozen=True, kw_only=True):
    """The reserved goods leave."""


class ReleaseStock(OrderLineCommand, frozen=True, kw_only=True):
    """Keep them no longer; for an id not yet seen, refuse it when it comes.

    What was deducted has left, and the answer is `StockDeducted`: restock it.
    """


class RestockStock(OrderLineCommand, frozen=True, kw_only=True):
    """What was deducted comes back; what was not is released."""


class ExpireReservation(Payload, frozen=True, kw_only=True, omit_defaults=True):
    """The deadline of a reservation has passed, at `at`; what it holds is told to `reply_to`.

    Nobody is told where that is missing: such were written before there was a clock.
    """

    sku: Name
    reservation_id: Name
    order_id: Name
    at: Instant
    reply_to: Name | None = None


StockCommand = (
    ReceiveStock
    | AdjustStock
    | ReserveStock
    | DeductStock
    | ReleaseStock
    | RestockStock
    | ExpireReservation
)


# Events; those about a reservation are also sent home to its order, as replies.


class StockReceived(Payload, frozen=True, kw_only=True):
    """on hand + quantity."""

    sku: Name
    quantity: Quantity


class StockAdjusted(Payload, frozen=True, kw_only=True):
    """on hand + change."""

    sku: Name
    change: Change
    reason: Text


class StockReserved(Payload, frozen=True, kw_only=True):
    """reserved + quantity."""

    sku: Name
    reservation_id: Name
    order_id: Name
    quantity: Quantity
    expires_at: Instant


class StockReservationFailed(Payload, frozen=True, kw_only=True):
    """Refused: not that many available, or it was released before it came."""

    sku: Name
    reservation_id: Name
    order_id: Name
    quantity: Quantity
    available: Units
    reason: Text


class StockDeducted(Payload, frozen=True, kw_only=True):
    """on hand - quantity, reserved - quantity."""

    sku: Name
    reservation_id: Name
    order_id: Name
    quantity: Quantity


class StockDeductionRefused(Payload, frozen=True, kw_only=True):
    """The reservation is not there any more, and could not be renewed."""

    sku: Name
    reservation_id: Name
    order_id: Name
    available: Units
    reason: Text


class StockReleased(Payload, frozen=True, kw_only=True):
    """reserved - quantity; 0 if nothing was kept for this id, which is refused from now on."""

    sku: Name
    reservation_id: Name
    order_id: Name
    quantity: Units


class StockReservationExpired(Payload, frozen=True, kw_only=True):
    """reserved - quantity: nobody came for them in time."""

    sku: Name
    reservation_id: Name
    order_id: Name
    quantity: Quantity


class StockRestocked(Payload, frozen=True, kw_only=True):
    """on hand + quantity; 0 if it was not deducted."""

    sku: Name
    reservation_id: Name
    order_id: Name
    quantity: Units


class StockCommandRefused(Payload, frozen=True, kw_only=True):
    """A command that would make the available stock negative, or make no sense for it."""

    sku: Name
    command: Name
    available: Units
    reason: Text


StockEvent = (
    StockReceived
    | StockAdjusted
    | StockReserved
    | StockReservationFailed
    | StockDeducted
    | StockDeductionRefused
    | StockReleased
    | StockReservationExpired
    | StockRestocked
    | StockCommandRefused
)
