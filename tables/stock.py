"""The stock's table: the counters of each SKU, and each reservation as a record beside them.

Both are of one commit, so that they cannot disagree; and a command reads and writes two records
at most, however many reservations are open.
"""

from __future__ import annotations

import msgspec

from models.messages import Message
from models.stock import Level, Reservation, Stock, reservation_in
from models.stock_messages import StockCommand
from streams.unit import Unit

NAME = "stock"

_encode = msgspec.json.Encoder().encode
_decode_level = msgspec.json.Decoder(Level).decode
_decode_reservation = msgspec.json.Decoder(Reservation).decode
_NOTHING = Level()


def load(unit: Unit[Message], command: StockCommand) -> Stock:
    """The counters of a SKU, and the reservation that a command is about."""
    level = unit.get(_level_key(command.sku))
    reservation_id = reservation_in(command)
    reservation = None
    if reservation_id is not None:
        reservation = unit.get(_reservation_key(command.sku, reservation_id))
    return Stock(
        sku=command.sku,
        level=_NOTHING if level is None else _decode_level(level),
        reservation=None if reservation is None else _decode_reservation(reservation),
    )


def store(unit: Unit[Message], cause: Message, before: Stock | None, after: Stock | None) -> None:
    """Replace what has changed."""
    if after is None or before is None or after is before:
        return
    unit.put(_level_key(after.sku), _encode(after.level))
    if after.reservation is not None and after.reservation != before.reservation:
        reservation_id = reservation_in(cause.data)  # type: ignore[arg-type]  # a stock command
        if reservation_id is not None:
            unit.put(_reservation_key(after.sku, reservation_id), _encode(after.reservation))


def _level_key(sku: str) -> bytes:
    return b"k/" + sku.encode()


def _reservation_key(sku: str, reservation_id: str) -> bytes:
    return f"r/{len(sku)}:{sku}{reservation_id}".encode()
