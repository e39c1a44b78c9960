"""What the read side remembers of stock: views, open reservations, answers, and totals.

Written by the agent `stock_views` from the events of stock, which are keyed by SKU. An event
costs the same, however many reservations are open.

| key                                 | record                                               |
|-------------------------------------|------------------------------------------------------|
| `stock/<SKU>`                       | StockView                                            |
| `reservation/<SKU>/<reservation id>`| Reservation, while it is open                        |
| `answer/<SKU>/<command id>/<id>`    | HistoryEntry: goods received, adjusted, or refused   |
| `totals`                            | StockTotals of the partition                         |
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple, cast

import msgspec

from models.messages import Message
from models.projections import HistoryEntry, entry_of
from models.stock_messages import StockEvent, StockReserved
from models.stock_projection import (
    Answer,
    Ending,
    Reservation,
    StockView,
    project_stock,
    reservation_of,
)
from models.totals_projection import StockTotals, count_stock, merge_stock
from streams.application import Orderflow
from streams.reading import Reader, note, reader
from streams.unit import StateReader, Unit
from tables.keys import compose, decompose

TABLE: Final = "stock_views"
_MOST_ANSWERS: Final = 10  # to one command; there are two at most
_TOTALS_KEY: Final = b"totals"

_encode = msgspec.json.Encoder().encode
_read_stock = msgspec.json.Decoder(StockView).decode
_read_reservation = msgspec.json.Decoder(Reservation).decode
_read_answer = msgspec.json.Decoder(HistoryEntry).decode
_read_totals = msgspec.json.Decoder(StockTotals).decode


class Reservations(NamedTuple):
    """Some open reservations of a SKU, by id; `more` says that others follow."""

    found: list[Reservation]
    more: bool


# Writing.


def project(unit: Unit[Message], message: Message) -> None:
    """Bring the records of a SKU up to an event."""
    event = cast("StockEvent", message.data)  # the agent's decoder lets nothing else through
    before = stock(unit, event.sku)
    after = project_stock(before, event, message)
    if after is not None and after is not before:
        unit.put(compose("stock", event.sku), _encode(after))
        unit.put(_TOTALS_KEY, _encode(count_stock(_totals(unit), before, after)))
        _reserve(unit, event, message)
    elif message.sequence is not None:
        return  # it was projected before
    position = note(unit, message.time)
    if isinstance(event, Answer) and message.causationid is not None:
        key = compose("answer", event.sku, message.causationid, message.id)
        unit.put(key, _encode(entry_of(message, position)))


def _reserve(unit: Unit[Message], event: StockEvent, message: Message) -> None:
    if isinstance(event, StockReserved):
        reservation = reservation_of(event, message.time)
        unit.put(compose("reservation", event.sku, event.reservation_id), _encode(reservation))
    elif isinstance(event, Ending):
        unit.delete(compose("reservation", event.sku, event.reservation_id))


def _totals(states: StateReader) -> StockTotals:
    value = states.get(_TOTALS_KEY)
    return StockTotals() if value is None else _read_totals(value)


# Queries.


def reader_of(app: Orderflow, sku: str) -> Reader:
    """Return where a SKU is looked up.

    Raises:
        NotHere: this worker cannot answer for it.
    """
    return reader(app, TABLE, sku)


def stock(states: StateReader, sku: str) -> StockView | None:
    """Return a SKU's view."""
    value = states.get(compose("stock", sku))
    return None if value is None else _read_stock(value)


def reservations(
    reader: Reader, sku: str, *, after: str | None = None, limit: int = 100
) -> Reservations:
    """Return open reservations of a SKU in the order of their ids, behind one of them."""
    last = None if after is None else compose("reservation", sku, after)
    found = reader.scan(compose("reservation", sku), after=last, limit=limit + 1)
    return Reservations(
        [_read_reservation(value) for _, value in found[:limit]], len(found) > limit
    )


def caused_by(reader: Reader, sku: str, command_id: str) -> list[HistoryEntry]:
    """Return what became of a command to receive or adjust: an event, or its refusal, or both.

    Both, when a command id came again with another body: `data` tells which is which.
    """
    found = reader.scan(compose("answer", sku, command_id), limit=_MOST_ANSWERS)
    return [_read_answer(value) for _, value in found]


def totals(readers: Iterable[Reader]) -> StockTotals:
    """Return the totals of these partitions together."""
    return merge_stock(_totals(reader) for reader in readers)


# Following: what a commit has changed (`streams.following.Follower.committed`).


def changed_stock(states: Mapping[bytes, bytes | None]) -> Iterator[StockView]:
    """Return the views of SKUs among the states of a commit."""
    prefix = compose("stock")
    for key, value in states.items():
        if value is not None and key.startswith(prefix):
            yield _read_stock(value)


def new_answers(states: Mapping[bytes, bytes | None]) -> Iterator[tuple[str, HistoryEntry]]:
    """Return the new answers among the states of a commit, each with its SKU."""
    prefix = compose("answer")
    for key, value in states.items():
        if value is not None and key.startswith(prefix):
            yield decompose(key)[1], _read_answer(value)
