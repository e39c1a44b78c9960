"""Reading: how a query looks into the local store of a partition, and how fresh that is.

A query has a key, so a partition, so one lane of one worker. A worker that does not have this
lane open says so, and another one is asked. Stores are written in the event loop: what a query
reads without awaiting anything in between is all of one commit.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import msgspec
from aiokafka.errors import KafkaError
from faust.exceptions import ConsumerNotStarted
from faust.types import TP

from models.errors import TransientError
from streams.lane import Lane, State
from streams.partitioner import partition_of
from streams.unit import Unit

if TYPE_CHECKING:
    from streams.application import Orderflow

NEWEST_KEY: Final = b"newest"

Reason = Literal["not assigned", "restoring"]
_CURES: Final[dict[Reason, str]] = {
    "not assigned": "it is not assigned to this worker; ask the one that has it",
    "restoring": "this worker is still restoring it; ask again in a moment",
}


class NotHere(TransientError):
    """This worker cannot answer for a partition now: another one can, or this one soon."""

    def __init__(self, table: str, partition: int, reason: Reason) -> None:
        super().__init__(f"{table}, partition {partition}: {_CURES[reason]}")
        self.table = table
        self.partition = partition
        self.reason = reason


class Freshness(NamedTuple):
    """How fresh an answer is.

    `as_of` is the time of the message that was projected last, None before the first one;
    `behind` counts the records that are known and not yet projected.
    """

    as_of: datetime | None
    behind: int


class _Newest(msgspec.Struct, frozen=True, array_like=True):
    time: datetime
    count: int


_read_newest = msgspec.json.Decoder(_Newest).decode
_write_newest = msgspec.json.Encoder().encode


class Reader:
    """Reads one partition of a table, for as long as this worker has it open.

    Making one, and each of its methods, raises NotHere when that is not so, or not any more.
    """

    def __init__(self, app: Orderflow, table: str, partition: int) -> None:
        self.table = table
        self.partition = partition
        self._app = app
        self._lane()

    def get(self, key: bytes) -> bytes | None:
        """Return the state under a key."""
        return self._lane().store.get(key)

    def scan(
        self, prefix: bytes, *, after: bytes | None = None, limit: int, backwards: bool = False
    ) -> list[tuple[bytes, bytes]]:
        """Return at most `limit` states whose keys begin with `prefix`, in their order."""
        scan = self._lane().store.scan
        return scan(prefix, after=after, limit=limit, backwards=backwards)

    def freshness(self) -> Freshness:
        """Say how fresh this partition is."""
        lane = self._lane()
        newest = lane.store.get(NEWEST_KEY)
        behind = sum(self._behind(lane, topic) for topic in lane.topics)
        return Freshness(_read_newest(newest).time if newest else None, behind)

    def _lane(self) -> Lane:
        """While a lane is closed its store may be half restored, or its files given free."""
        lane = self._app.runtime.lanes.get((self.table, self.partition))
        if lane is None:
            raise NotHere(self.table, self.partition, "not assigned")
        if lane.state is State.CLOSED:
            raise NotHere(self.table, self.partition, "restoring")
        return lane

    def _behind(self, lane: Lane, topic: str) -> int:
        fetched = lane.intake.expected[topic]
        applied = lane.ledger.applied.get(topic, fetched)
        return max(fetched, self._end_of(topic)) - applied

    def _end_of(self, topic: str) -> int:
        """Where the log ends, as the last fetch has heard; 0 if nothing was heard yet."""
        try:
            return self._app.group_consumer.highwater(TP(topic, self.partition)) or 0
        except (AssertionError, AttributeError, ConsumerNotStarted, KafkaError):
            return 0  # between two assignments


def reader(app: Orderflow, table: str, key: str) -> Reader:
    """Return the reader for the partition of a key (a user id, a SKU).

    Raises:
        NotHere: this worker does not have it, or is still restoring it.
    """
    return Reader(app, table, partition_of(key.encode(), app.partitions))


def readers(app: Orderflow, table: str) -> list[Reader]:
    """Return readers for all partitions of a table that this worker has open.

    Fewer than `app.partitions` are a part of the whole: other workers have the rest.
    """
    mine = sorted(lane.partition for lane in app.runtime.lanes.values() if _is_open(lane, table))
    return [Reader(app, table, partition) for partition in mine]


def _is_open(lane: Lane, table: str) -> bool:
    return lane.table == table and lane.state is not State.CLOSED


def freshness(found: Iterable[Reader]) -> Freshness:
    """Say how fresh an answer is that was merged from several partitions."""
    each = [reader.freshness() for reader in found]
    times = [one.as_of for one in each if one.as_of is not None]
    return Freshness(max(times, default=None), sum(one.behind for one in each))


def note(unit: Unit[Any], time: datetime) -> int:
    """Take note that a message of this time is projected; returns which one it is, from 1."""
    newest = unit.get(NEWEST_KEY)
    count = 1 + (_read_newest(newest).count if newest else 0)
    unit.put(NEWEST_KEY, _write_newest(_Newest(time, count)))
    return count
