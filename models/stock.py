"""The stock of a SKU: what came in, what is kept for order lines, and what left.

Decides every command about stock from the counters of the SKU (`Level`) and the one reservation
that the command is about. These are records of their own, so that a command costs the same however
many reservations are open; nothing here goes through them.

Once a reservation was released or restocked, or its reserve or its deduction was refused, it holds
nothing ever again, whatever comes late. Goods that were deducted have left: a release does not
bring them back, and is answered `StockDeducted`, so that the asker restocks them instead. A
restock of what was not deducted gives back 0, and releases what was kept.
"""

from __future__ import annotations

from typing import Final

import msgspec

from models import reservations
from models.messages import Payload
from models.money import MAX_AMOUNT
from models.reservations import GONE, Reservation, about, asked
from models.stock_messages import (
    AdjustStock,
    DeductStock,
    ExpireReservation,
    OrderLineCommand,
    ReceiveStock,
    ReleaseStock,
    ReserveStock,
    RestockStock,
    StockAdjusted,
    StockCommand,
    StockCommandRefused,
    StockDeducted,
    StockDeductionRefused,
    StockEvent,
    StockReceived,
    StockReleased,
    StockReservationExpired,
    StockReservationFailed,
    StockReserved,
    StockRestocked,
)

__all__ = [
    "Level",
    "Reservation",
    "Stock",
    "answer",
    "decide",
    "evolve",
    "expiry",
    "refuse",
    "reservation_in",
]

# How often an event's quantity is added to what is on hand, and to what is reserved.
_MOVES: Final[dict[type[StockEvent], tuple[int, int]]] = {
    StockReceived: (1, 0),
    StockReserved: (0, 1),
    StockDeducted: (-1, -1),
    StockReleased: (0, -1),
    StockReservationExpired: (0, -1),
    StockRestocked: (1, 0),
}
_OF_THE_SKU: Final = StockReceived | StockAdjusted | StockCommandRefused


class Level(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """The counters of a SKU. `version` counts its events, refusals too."""

    on_hand: int = 0
    reserved: int = 0
    version: int = 0

    @property
    def available(self) -> int:
        """What can still be reserved; never negative."""
        return self.on_hand - self.reserved


class Stock(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A SKU's counters, and the one reservation that the command in hand is about."""

    sku: str
    level: Level = Level()
    reservation: Reservation | None = None

    @property
    def version(self) -> int:
        """How many events the SKU has had."""
        return self.level.version


def reservation_in(command: StockCommand) -> str | None:
    """Return the id of the reservation that a command is about, if it is about one."""
    return None if isinstance(command, ReceiveStock | AdjustStock) else command.reservation_id


def decide(stock: Stock | None, command: StockCommand) -> tuple[StockEvent, ...]:
    """Return what follows from a command; nothing, if it asks for a step that was taken."""
    stock = stock or Stock(sku=command.sku)
    held = stock.reservation
    if held is not None and held.order_id != getattr(command, "order_id", held.order_id):
        reason = "the reservation is of another order; use an id of your own"
        return (refuse(stock, command, reason),)
    return _step(stock, command)


def evolve(stock: Stock | None, event: StockEvent) -> Stock:
    """Return the stock as an event leaves it."""
    stock = stock or Stock(sku=event.sku)
    on_hand, reserved = _MOVES.get(type(event), (0, 0))
    quantity: int = getattr(event, "quantity", 0)
    level = Level(
        on_hand=stock.level.on_hand + getattr(event, "change", on_hand * quantity),
        reserved=stock.level.reserved + reserved * quantity,
        version=stock.level.version + 1,
    )
    if isinstance(event, _OF_THE_SKU):
        return msgspec.structs.replace(stock, level=level)
    reservation = reservations.evolve(stock.reservation, event)
    return Stock(sku=stock.sku, level=level, reservation=reservation)


def answer(stock: Stock, command: Payload) -> StockEvent | None:
    """Return what to tell the order about a command, from the state after the decision.

    None: nobody waits for an answer, or the command was refused as contradicting the reservation.
    """
    found = stock.reservation
    if not isinstance(command, OrderLineCommand | ExpireReservation) or found is None:
        return None
    return reservations.answer(found, command) if found.order_id == command.order_id else None


def expiry(stock: Stock | None, command: StockCommand) -> ExpireReservation | None:
    """Return what is to be decided about the reservation when its time is up, and when that is."""
    return None if stock is None else reservations.expiry(stock.reservation, command)


def refuse(stock: Stock | None, command: StockCommand, reason: str) -> StockCommandRefused:
    """Return the refusal of a command, for a reason that an operator understands."""
    return StockCommandRefused(
        sku=command.sku,
        command=type(command).__name__,
        available=stock.level.available if stock else 0,
        reason=reason,
    )


def _step(stock: Stock, command: StockCommand) -> tuple[StockEvent, ...]:
    match command:
        case ReceiveStock() | AdjustStock():
            return (_count(stock, command),)
        case ReserveStock():
            return _reserve(stock, command)
        case DeductStock():
            return _deduct(stock, command)
        case ReleaseStock():
            return _release(stock, command)
        case RestockStock():
            return _restock(stock, command)
        case _:
            return _expire(stock.reservation, command)


def _count(stock: Stock, command: ReceiveStock | AdjustStock) -> StockEvent:
    level = stock.level
    change = command.quantity if isinstance(command, ReceiveStock) else command.change
    if change == 0:
        return refuse(stock, command, "a change of 0 changes nothing; give the difference")
    if level.available + change < 0:
        least = f"only {level.available} are available; take away at most {level.available}"
        return refuse(stock, command, least)
    if level.on_hand + change > MAX_AMOUNT:
        return refuse(stock, command, _beyond(level, change))
    if isinstance(command, ReceiveStock):
        return StockReceived(sku=command.sku, quantity=change)
    return StockAdjusted(sku=command.sku, change=change, reason=command.reason)


def _reserve(stock: Stock, command: ReserveStock) -> tuple[StockEvent, ...]:
    found, available, quantity = stock.reservation, stock.level.available, command.quantity
    if found is not None and found.quantity not in {0, quantity}:
        reason = f"{found.quantity} were asked for under this id, not {quantity}; use a new id"
        return (refuse(stock, command, reason),)
    renewed = found is not None and _lapsed_before(found, command)
    if found is not None and found.quantity and not renewed:
        return ()
    if (found is None or renewed) and available >= quantity:
        return (StockReserved(**about(command), quantity=quantity, expires_at=command.expires_at),)
    reason = f"only {available} of {quantity} are available"
    if found is not None and not renewed:
        reason = f"it was {found.status} before it was asked for"
    return (
        StockReservationFailed(
            **about(command), quantity=quantity, available=available, reason=reason
        ),
    )


def _lapsed_before(found: Reservation, command: ReserveStock) -> bool:
    """Whether a reservation has expired, and is asked for again, for longer than before."""
    until = found.expires_at
    lapsed = found.status == "expired" and found.not_reserved is None
    return lapsed and until is not None and until < command.expires_at


def _deduct(stock: Stock, command: DeductStock) -> tuple[StockEvent, ...]:
    found, available = stock.reservation, stock.level.available
    if found is None:
        reason = "nothing was reserved under this id"
    elif found.status in GONE or found.not_deducted is not None:
        return ()
    elif found.status == "open":
        return (StockDeducted(**about(command), quantity=found.quantity),)
    elif found.status != "expired":
        reason = f"the reservation was {found.status}"
    elif found.not_reserved is not None:
        reason = "it has expired, and could not be renewed"
    elif available >= found.quantity:
        deducted = StockDeducted(**about(command), quantity=found.quantity)
        return (asked(found, command), deducted)
    else:
        reason = f"it has expired, and only {available} of {found.quantity} are available"
    return (StockDeductionRefused(**about(command), available=available, reason=reason),)


def _release(stock: Stock, command: ReleaseStock | RestockStock) -> tuple[StockEvent, ...]:
    found = stock.reservation
    if found is not None and (found.released is not None or found.status in GONE):
        return ()
    held = found.quantity if found is not None and found.status == "open" else 0
    return (StockReleased(**about(command), quantity=held),)


def _restock(stock: Stock, command: RestockStock) -> tuple[StockEvent, ...]:
    found = stock.reservation
    if found is not None and found.restocked is not None:
        return ()
    if found is None or found.status != "deducted":
        return (*_release(stock, command), StockRestocked(**about(command), quantity=0))
    if stock.level.on_hand + found.quantity > MAX_AMOUNT:
        return (refuse(stock, command, _beyond(stock.level, found.quantity)),)
    return (StockRestocked(**about(command), quantity=found.quantity),)


def _expire(found: Reservation | None, command: ExpireReservation) -> tuple[StockEvent, ...]:
    deadline = found.expires_at if found is not None and found.status == "open" else None
    if found is None or deadline is None or command.at < deadline:
        return ()
    return (StockReservationExpired(**about(command), quantity=found.quantity),)


def _beyond(level: Level, change: int) -> str:
    return f"{level.on_hand} on hand and {change} more are beyond 2**53; adjust it down first"
