"""Batches: how fetched records become the input of one unit of work.

A `Piece` is what one fetch brought of one partition: *all* that the log holds between two
offsets. An `Intake` joins pieces, so that units grow by themselves under load while at rest
nothing waits, and it knows for each topic which offset must come next, so that no gap goes
unnoticed: Faust and aiokafka may drop fetched records around a rebalance.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple, Protocol

from streams.origins import Headers


class Record(Protocol):
    """A consumed Kafka record, as aiokafka's compiled parser gives it."""

    offset: int
    timestamp: int | None
    key: bytes | None
    value: bytes | None
    headers: Headers


class Piece(NamedTuple):
    """All that one partition of `topic` holds from offset `start` up to `end`, exclusive.

    Offsets without a record (compacted away, transaction markers) are holes of the log,
    not gaps: the fetch covered them.
    """

    topic: str
    start: int
    end: int
    records: Sequence[Record]


@dataclass(frozen=True, slots=True)
class Gap:
    """Records between `expected` and `found` were not delivered: seek back to `expected`."""

    topic: str
    expected: int
    found: int


class Intake:
    """The records of one partition that wait for the next unit of work.

    `expected` holds, per topic, the offset that the next piece must cover.
    """

    def __init__(self, expected: Mapping[str, int]) -> None:
        self.expected = dict(expected)
        self.waiting = 0
        self._pieces: deque[Piece] = deque()

    def offer(self, piece: Piece) -> Gap | None:
        """Take in a piece, less what was taken before; or say which gap it reveals."""
        expected = self.expected[piece.topic]
        if piece.start > expected:
            return Gap(piece.topic, expected, piece.start)
        if piece.end <= expected:
            return None
        if piece.start < expected:
            piece = _from(piece, expected)
        self.expected[piece.topic] = piece.end
        self.waiting += len(piece.records)
        self._pieces.append(piece)
        return None

    def take(self, limit: int) -> list[Piece]:
        """The next pieces, with at most `limit` records."""
        taken: list[Piece] = []
        room = limit
        while self._pieces and room > 0:
            piece = self._pieces.popleft()
            if len(piece.records) > room:
                piece, rest = split(piece, room)
                self._pieces.appendleft(rest)
            taken.append(piece)
            room -= len(piece.records)
            self.waiting -= len(piece.records)
        return taken

    def put_back(self, pieces: Iterable[Piece]) -> None:
        """Return what a unit did not get to; it comes first again."""
        for piece in reversed(list(pieces)):
            self._pieces.appendleft(piece)
            self.waiting += len(piece.records)

    @property
    def pieces(self) -> int:
        """How many pieces wait."""
        return len(self._pieces)

    def __bool__(self) -> bool:
        return bool(self._pieces)


def split(piece: Piece, count: int) -> tuple[Piece, Piece]:
    """The first `count` records of a piece, and the rest. Needs more than `count` records."""
    middle = piece.records[count].offset
    return (
        piece._replace(end=middle, records=piece.records[:count]),
        piece._replace(start=middle, records=piece.records[count:]),
    )


def _from(piece: Piece, offset: int) -> Piece:
    skip = bisect_left(piece.records, offset, key=attrgetter("offset"))
    return piece._replace(start=offset, records=piece.records[skip:])
