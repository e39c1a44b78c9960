"""What the read side remembers of orders: views, histories, lists by user, and totals.

`tables/order_projector.py` writes it from the events of orders, payments, sagas and notifications,
all of which are keyed by user id; so one user's orders are in one partition. Here it is read.

| key                                  | record                                              |
|--------------------------------------|-----------------------------------------------------|
| `order/<order id>`                   | OrderView                                           |
| `payment/<order id>`                 | PaymentView                                         |
| `saga/<order id>`                    | SagaView                                            |
| `history/<order id>/<position>`      | HistoryEntry                                        |
| `user/<user id>/<newest first>`      | order id, of each of the user's orders              |
| `status/<user id>/<status>/<same>`   | likewise, of those in one status                    |
| `board/<list>/<style>/<same>`        | likewise, of sagas in one state (`saga_lists`)      |
| `once/<order id>/<message id>`       | that an event without a sequence was projected      |
| `totals`                             | OrderTotals of the partition                        |
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

import msgspec

from models.order_ids import user_of
from models.order_messages import Status
from models.order_projection import OrderView
from models.payment_projection import PaymentView
from models.projections import HistoryEntry
from models.saga_projection import SagaView
from models.totals_projection import OrderTotals, merge_orders
from streams.application import Orderflow
from streams.reading import Reader, reader, readers
from streams.unit import StateReader
from tables.keys import compose, decompose, number
from tables.order_lists import page_of

TABLE: Final = "order_views"
PAGE: Final = 20
MOST_A_PAGE: Final = 100
MOST_ENTRIES: Final = 1_000
TOTALS_KEY: Final = b"totals"

_read_order = msgspec.json.Decoder(OrderView).decode
_read_payment = msgspec.json.Decoder(PaymentView).decode
_read_saga = msgspec.json.Decoder(SagaView).decode
_read_entry = msgspec.json.Decoder(HistoryEntry).decode
_read_totals = msgspec.json.Decoder(OrderTotals).decode


class OrderPage(NamedTuple):
    """Some of a user's orders, newest first; `cursor` continues after the last, None at the end."""

    orders: list[OrderView]
    cursor: str | None


class History(NamedTuple):
    """Some entries of an order's history, oldest first; `more` says that others follow."""

    entries: list[HistoryEntry]
    more: bool


# Keys, and what stands under them.


def order_key(order_id: str) -> bytes:
    """Where an order's view is."""
    return compose("order", order_id)


def payment_key(order_id: str) -> bytes:
    """Where the view of its payment is."""
    return compose("payment", order_id)


def saga_key(order_id: str) -> bytes:
    """Where the view of its saga is."""
    return compose("saga", order_id)


def history_key(order_id: str, position: int) -> bytes:
    """Where an entry of its history is."""
    return compose("history", order_id, number(position))


def order(states: StateReader, order_id: str) -> OrderView | None:
    """Return an order's view; one without a `status` was not placed, as far as is known."""
    value = states.get(order_key(order_id))
    return None if value is None else _read_order(value)


def payment(states: StateReader, order_id: str) -> PaymentView | None:
    """Return the view of an order's payment."""
    value = states.get(payment_key(order_id))
    return None if value is None else _read_payment(value)


def saga(states: StateReader, order_id: str) -> SagaView | None:
    """Return the view of an order's saga."""
    value = states.get(saga_key(order_id))
    return None if value is None else _read_saga(value)


def totals_of(states: StateReader) -> OrderTotals:
    """Return the totals of one partition."""
    value = states.get(TOTALS_KEY)
    return OrderTotals() if value is None else _read_totals(value)


# Queries.


def reader_of(app: Orderflow, order_id: str) -> Reader:
    """Return where an order is looked up: the partition of the user in its id.

    Ids from the old envelope name no user: for these every partition is looked into.

    Raises:
        NotHere: this worker cannot answer for it.
    """
    user_id = user_of(order_id)
    if user_id is not None:
        return reader(app, TABLE, user_id)
    key = order_key(order_id)
    for each in readers(app, TABLE):
        if each.get(key) is not None:
            return each
    for partition in range(app.partitions):
        Reader(app, TABLE, partition)  # one that is not here may have it
    return reader(app, TABLE, order_id)


def history(reader: Reader, order_id: str, *, after: int = 0, limit: int = MOST_ENTRIES) -> History:
    """Return what happened to an order after a position, in the order of projection.

    Commands that were refused because there is no such order have a history, too.
    """
    last = history_key(order_id, after)
    found = reader.scan(compose("history", order_id), after=last, limit=limit + 1)
    return History([_read_entry(value) for _, value in found[:limit]], len(found) > limit)


def caused_by(reader: Reader, order_id: str, command_id: str) -> list[HistoryEntry]:
    """Return the events that a message caused, among the last 1 000 of an order's history."""
    found = reader.scan(compose("history", order_id), limit=MOST_ENTRIES, backwards=True)
    entries = [_read_entry(value) for _, value in reversed(found)]
    return [entry for entry in entries if entry.causationid == command_id]


def orders_of(  # noqa: PLR0913 - the parts of a request, by name
    reader: Reader,
    user_id: str,
    *,
    status: Status | None = None,
    cursor: str | None = None,
    page: int | None = None,
    limit: int = PAGE,
) -> OrderPage:
    """Return one page of a user's orders, newest first, all of them or those in one status.

    With a `cursor` nothing is skipped or repeated, whatever is placed meanwhile; with `page`,
    which counts from 1, the pages shift.

    Raises:
        ValueError: the cursor is not of this list, both are given, or a number is out of range.
    """
    if cursor is not None and page is not None:
        raise ValueError("cursor and page are two ways to say where to go on; give one of them")
    if page is not None and page < 1:
        raise ValueError(f"there is no page {page}; pages count from 1")
    if not 1 <= limit <= MOST_A_PAGE:
        raise ValueError(f"limit is {limit}; give a number from 1 to {MOST_A_PAGE}")
    after = cursor if cursor is not None else ((page or 1) - 1) * limit
    ids, cursor = page_of(reader, user_id, status, after=after, limit=limit)
    return OrderPage([view for each in ids if (view := order(reader, each))], cursor)


def totals(readers: Iterable[Reader]) -> OrderTotals:
    """Return the totals of these partitions together."""
    return merge_orders(totals_of(reader) for reader in readers)


# Following: what a commit has changed (`streams.following.Follower.committed`).


def changed_orders(states: Mapping[bytes, bytes | None]) -> Iterator[OrderView]:
    """Return the views of orders among the states of a commit."""
    prefix = compose("order")
    for key, value in states.items():
        if value is not None and key.startswith(prefix):
            yield _read_order(value)


def new_entries(states: Mapping[bytes, bytes | None]) -> Iterator[tuple[str, HistoryEntry]]:
    """Return the histories' new entries among the states of a commit, each with its order id."""
    prefix = compose("history")
    for key, value in states.items():
        if value is not None and key.startswith(prefix):
            yield decompose(key)[1], _read_entry(value)
