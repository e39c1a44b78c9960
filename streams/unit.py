"""The unit of work: handlers read state, decide, and collect new states and outputs in memory.

Nothing leaves a unit before its commit record is acknowledged.
Each record has a savepoint: one that cannot be decoded becomes a dead letter and one whose
handler raises leaves nothing of its own; either way the records before it stand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from inspect import iscoroutinefunction
from typing import Any, Generic, Protocol, TypeVar

from models.errors import CommitTooLarge, HandlerFailed, UndecodableRecord, WorkerMustStop
from streams.batches import Piece, Record
from streams.commit import RESERVED, Commit, Marker, Output
from streams.dead_letters import dead_letter
from streams.ledger import Ledger
from streams.origins import MOST_WRITERS, header_bytes, is_repeat, origin_of
from streams.partitioner import partition_of

M = TypeVar("M")

SOFT_LIMIT = 1 << 20  # bytes of a commit at which a unit stops taking records: ~2 000 small ones
OUTPUT_LIMIT = (1 << 20) - (16 << 10)  # bytes that surely fit in max.message.bytes of 1 MiB
HARD_LIMIT = (4 << 20) - (64 << 10)  # likewise in a changelog's, of 4 MiB
_NAME_BYTES = 300  # of a topic applied, at most; and of a marker itself
_SEEN_BYTES = 600  # of an origin seen, with the topic that it was seen on
_STATE_OVERHEAD = 16  # bytes of framing per state record, generously
_OUTPUT_OVERHEAD = 32  # bytes of framing per outbox entry, generously
_LAST_MILLISECOND = 253_402_300_799_000  # of the year 9999
_ABSENT: Any = object()


class StateReader(Protocol):
    """Where committed states are read: RocksDB in a worker, a dict in the model tests."""

    def get(self, key: bytes) -> bytes | None:
        """The state under a key."""


class Unit(Generic[M]):
    """What one partition batch does, until it is committed.

    `record` and `topic` are those of the message in hand; it is `foreign` if no agent of ours wrote
    it, so that nothing but its id can show a repeat. `failure` is the error of the handler that
    stopped the unit; `rest` is what the unit did not get to.
    """

    def __init__(  # noqa: PLR0913 - one place builds units, by name
        self,
        *,
        writer: str,
        partition: int,
        partitions: int,
        pieces: Sequence[Piece],
        ledger: Ledger,
        store: StateReader,
        decode: Callable[[bytes | None], M],
        soft_limit: int = SOFT_LIMIT,
        hard_limit: int = HARD_LIMIT,
    ) -> None:
        self.writer = writer
        self.partition = partition
        self.pieces = pieces
        self.record: Record
        self.topic: str
        self.foreign = True
        self.outputs: list[Output] = []
        self.writes: dict[bytes, bytes | None] = {}
        self.applied = dict(ledger.applied)
        self.seen = dict(ledger.seen)
        self.rest: list[Piece] = []
        self.failure: HandlerFailed | None = None
        self.done = False  # whether `each` was called
        self.handled = self.repeats = self.poisoned = 0
        self._sequence = ledger.sequence + 1
        self.partitions = partitions
        self._store = store
        self._decode = decode
        self._soft_limit = soft_limit
        self._hard_limit = hard_limit
        self._staged: dict[bytes, bytes | None] = {}
        self._emitted = 0  # bytes of outputs of the record in hand
        self._size = _NAME_BYTES * (1 + len(ledger.applied) + len(pieces))
        self._size += _SEEN_BYTES * len(ledger.seen)

    # What handlers use.

    @property
    def time(self) -> datetime:
        """When the message in hand was written to its log, in UTC: the same whenever it is read.

        A timestamp outside the years 1970 to 9999 is cut to them.
        """
        return _instant(self.record.timestamp or 0)

    def get(self, key: bytes) -> bytes | None:
        """The state under `key` as this unit has it."""
        value = self._staged.get(key, _ABSENT) if self._staged else _ABSENT
        if value is _ABSENT:
            value = self.writes.get(key, _ABSENT)
        return self._store.get(key) if value is _ABSENT else value

    def put(self, key: bytes, value: bytes) -> None:
        """Replace the state under `key`."""
        if key in RESERVED:
            raise ValueError(f"{key!r} is a key of the runtime's own; give states a prefix")
        self._staged[key] = value

    def delete(self, key: bytes) -> None:
        """End the state under `key`."""
        self._staged[key] = None

    def emit(
        self,
        topic: str,
        key: bytes,
        value: bytes,
        headers: tuple[tuple[str, bytes], ...] = (),
    ) -> None:
        """Publish a record once the unit is committed, to the partition of its key.

        Raises:
            CommitTooLarge: no topic would take it.
        """
        size = len(key) + len(value) + header_bytes(headers)
        if size > OUTPUT_LIMIT:
            raise CommitTooLarge(f"an output to {topic} has {size} bytes, {OUTPUT_LIMIT} fit")
        output = Output(topic, partition_of(key, self.partitions), key, value, headers)
        self._append(output, size)

    # What the runtime uses.

    def each(self, handle: Callable[[Unit[M], M], None]) -> None:
        """Apply `handle` to every message of the batch that was not applied before.

        Raises:
            WorkerMustStop: it was done before, or `handle` is a coroutine function, for which
                nothing would wait.
        """
        if self.done:
            raise WorkerMustStop("unit.each was called twice; decide on a message in one handler")
        if iscoroutinefunction(handle):
            raise WorkerMustStop(
                f"{handle} is `async def`, so as a handler it would change nothing: make it a "
                "plain function; what must be waited for belongs to an effect executor"
            )
        self.done = True
        for position, piece in enumerate(self.pieces):
            self.topic = piece.topic
            done = self._apply(piece, handle)
            if done < len(piece.records):
                self._stop_at(position, done)
                return
            self.applied[piece.topic] = piece.end

    def commit(self, time: int) -> Commit:
        """The commit record of what was applied; `time` in milliseconds since the epoch."""
        marker = Marker(
            self._sequence, self.writer, time, self.applied, self.seen, tuple(self.outputs)
        )
        return Commit(marker, self.writes)

    def _apply(self, piece: Piece, handle: Callable[[Unit[M], M], None]) -> int:
        """Apply the records of a piece; returns how many were dealt with."""
        seen = self.seen
        for count, record in enumerate(piece.records):
            self.record = record
            mark = len(self.outputs)
            origin, poison = None, 0
            try:
                origin = origin_of(record.headers, piece.topic) if record.headers else None
                if origin is not None and is_repeat(origin, seen):
                    self.repeats += 1
                    continue
                self.foreign = origin is None
                handle(self, self._decode(record.value))
            except UndecodableRecord as error:
                poison = 1
                self._roll_back(mark)
                letter = dead_letter(piece.topic, self.partition, record, error)
                size = len(letter.key or b"") + len(letter.value or b"")
                self._append(letter, size + header_bytes(letter.headers))
            except WorkerMustStop:
                raise
            except Exception as error:  # noqa: BLE001 - whatever a handler raises, the unit survives it
                self._fail(mark, error)
                return count
            if not self._release(mark):
                return count
            self.handled += 1 - poison
            self.poisoned += poison
            if origin is not None:
                if origin.writer in seen:
                    seen[origin.writer] = origin.number
                elif len(seen) < MOST_WRITERS:
                    seen[origin.writer] = origin.number
                    self._size += _SEEN_BYTES
        return len(piece.records)

    def _append(self, output: Output, size: int) -> None:
        self._emitted += size + len(output.topic) + _OUTPUT_OVERHEAD
        self.outputs.append(output)

    def _release(self, mark: int) -> bool:
        """Make the record's effects part of the unit, unless they no longer fit."""
        size = self._size + self._grown()
        if size > self._soft_limit and (self.writes or mark or size > self._hard_limit):
            if self.writes or mark:
                self._roll_back(mark)
            else:
                self._fail(
                    mark, CommitTooLarge(f"its effects take {size} bytes, {self._hard_limit} fit")
                )
            return False
        self._size = size
        self._emitted = 0
        if self._staged:
            self.writes.update(self._staged)
            self._staged.clear()
        return True

    def _grown(self) -> int:
        """Bytes that the record in hand adds to the commit."""
        grown = self._emitted
        writes = self.writes
        for key, value in self._staged.items():
            grown += len(value or b"")
            if key in writes:
                grown -= len(writes[key] or b"")
            else:
                grown += len(key) + _STATE_OVERHEAD
        return grown

    def _roll_back(self, mark: int) -> None:
        self._emitted = 0
        self._staged.clear()
        del self.outputs[mark:]

    def _fail(self, mark: int, error: Exception) -> None:
        self._roll_back(mark)
        where = f"{self.topic}[{self.partition}] offset {self.record.offset}"
        self.failure = HandlerFailed(
            f"the handler raised on {where}: {type(error).__name__}: {error}; the record has "
            "changed nothing, and the worker stops before it until the cause is mended"
        )
        self.failure.__cause__ = error

    def _stop_at(self, position: int, done: int) -> None:
        """Leave the records from here on to the next unit."""
        piece = self.pieces[position]
        rest = piece._replace(start=piece.records[done].offset, records=piece.records[done:])
        self.applied[piece.topic] = rest.start
        self.rest = [rest, *self.pieces[position + 1 :]]


@lru_cache(maxsize=256)  # the records of a unit share a few, and each asks for every output
def _instant(timestamp: int) -> datetime:
    return datetime.fromtimestamp(min(max(timestamp, 0), _LAST_MILLISECOND) / 1000, UTC)
