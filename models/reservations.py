"""A reservation: what became of one order line's goods, and what was answered about it.

It remembers the answer to each thing that was asked of it, so that whoever asks again is told the
same. Whether something is granted is decided in `models/stock.py`, by the counters of the SKU.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal

import msgspec

from models.stock_messages import (
    DeductStock,
    ExpireReservation,
    OrderLineCommand,
    ReleaseStock,
    ReserveStock,
    RestockStock,
    StockDeducted,
    StockDeductionRefused,
    StockEvent,
    StockReleased,
    StockReservationExpired,
    StockReservationFailed,
    StockReserved,
    StockRestocked,
)

Status = Literal["open", "deducted", "released", "expired", "refused", "restocked"]
GONE: Final = ("deducted", "restocked")  # the goods have left, if only for a while


class Refusal(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What was said when something was refused, to be said again."""

    available: int
    reason: str


class Reservation(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What became of it, and the answer to each thing that was asked.

    `quantity` is what ReserveStock asked for, 0 until that comes; `released` and `restocked` are
    what those gave back, None until they were asked.
    """

    order_id: str
    status: Status
    quantity: int = 0
    expires_at: datetime | None = None
    not_reserved: Refusal | None = None
    not_deducted: Refusal | None = None
    released: int | None = None
    restocked: int | None = None


def evolve(reservation: Reservation | None, event: Any) -> Reservation:
    """Return the reservation as an event about it leaves it; what begins ungranted is refused."""
    found = reservation or Reservation(order_id=event.order_id, status="refused")
    changes: dict[str, Any] = {"status": "expired"}
    match event:
        case StockReserved(quantity=quantity, expires_at=expires_at):
            changes = {"status": "open", "quantity": quantity, "expires_at": expires_at}
        case StockReservationFailed(quantity=quantity, available=available, reason=reason):
            changes = {"quantity": quantity, "not_reserved": Refusal(available, reason)}
        case StockDeducted():
            changes = {"status": "deducted"}
        case StockDeductionRefused(available=available, reason=reason):
            changes = {"not_deducted": Refusal(available, reason)}
        case StockReleased(quantity=quantity):
            changes = {"status": "released", "released": quantity}
        case StockRestocked(quantity=quantity):
            changes = {"status": "restocked" if quantity else found.status, "restocked": quantity}
    return msgspec.structs.replace(found, **changes)


def answer(  # noqa: PLR0911 - one for each thing that is asked
    found: Reservation, command: OrderLineCommand | ExpireReservation
) -> StockEvent | None:
    """Return what was decided about such a command; None, if it was refused as no such thing."""
    match command:
        case ReserveStock(quantity=quantity) if quantity == found.quantity:
            return asked(found, command)
        case DeductStock() | ReleaseStock() if found.status in GONE:
            return StockDeducted(**about(command), quantity=found.quantity)
        case DeductStock() if found.not_deducted is not None:
            said = msgspec.structs.asdict(found.not_deducted)
            return StockDeductionRefused(**about(command), **said)
        case ReleaseStock() if found.released is not None:
            return StockReleased(**about(command), quantity=found.released)
        case RestockStock() if found.restocked is not None:
            return StockRestocked(**about(command), quantity=found.restocked)
        case ExpireReservation() if found.status == "expired":
            return StockReservationExpired(**about(command), quantity=found.quantity)
        case _:
            return None


def asked(found: Reservation, command: OrderLineCommand) -> StockReserved | StockReservationFailed:
    """Return what became of the reserve that the reservation began with."""
    said = about(command) | {"quantity": found.quantity}
    if found.not_reserved is not None:
        return StockReservationFailed(**said, **msgspec.structs.asdict(found.not_reserved))
    return StockReserved(**said | {"expires_at": found.expires_at})


def expiry(found: Reservation | None, command: Any) -> ExpireReservation | None:
    """Return what ends a reservation if nobody comes for it in time; None if it is not open.

    `command` is the one in hand, which says where the order is.
    """
    if found is None or found.status != "open" or found.expires_at is None:
        return None
    home = getattr(command, "reply_to", None)
    return ExpireReservation(**about(command), at=found.expires_at, reply_to=home)


def about(command: Any) -> dict[str, Any]:
    """Return the fields that say which reservation a command and its events are about."""
    return {
        "sku": command.sku,
        "reservation_id": command.reservation_id,
        "order_id": command.order_id,
    }
