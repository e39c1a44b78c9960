"""A lane: the life of one partition of one agent.

Pieces come in, one unit of work at a time goes to the agent, and what the unit decided is
made to last in this order, always:

1. the commit record is appended to the changelog and acknowledged;
2. the local store is written, in one batch;
3. the outbox is published and acknowledged;
4. the source offsets are shown to the group, for lag tools (by the runtime, in passing).

A failure anywhere leaves the rest undone; whoever owns the partition next restores what step 1
made last, and publishes its outbox again. Partitions run concurrently, so while one lane waits
for its acknowledgement another decides; and the next unit of a lane may be decided while the
outbox of the last one is on its way, but it is not appended before.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import Enum
from typing import Any, Protocol

from streams.batches import Gap, Intake, Piece
from streams.changelog import Restored, position_at
from streams.commit import MARKER_KEY, Commit, Marker, portions
from streams.following import Follower
from streams.ledger import Ledger
from streams.metrics import count_unit, of_table
from streams.store import PartitionStore
from streams.unit import Unit

UNIT_RECORDS = 1_000  # a unit holds the event loop for about 10 ms at most
_HIGH_WATER = 20_000  # records waiting at which fetching the partition pauses
_HIGH_PIECES = 16  # of 1 MiB each at most, unless a single record is larger
_LOW_WATER = 5_000


class Log(Protocol):
    """Where commits are appended and outboxes published: `streams.transport.Producer`."""

    async def append(self, changelog: str, partition: int, commit: Commit) -> int:
        """Append a commit whole; returns the offset of its marker."""

    async def publish(self, writer: str, marker: Marker) -> None:
        """Publish an outbox; returns when all of it is acknowledged."""


class Batch:
    """The value of one Faust event: a lane has records to hand over."""

    __slots__ = ("epoch", "lane")

    def __init__(self, lane: Lane, epoch: int) -> None:
        self.lane = lane
        self.epoch = epoch


class State(Enum):
    """What a lane may do."""

    CLOSED = "closed"
    OPEN = "open"
    DRAINING = "draining"  # finishes what it has begun, begins nothing


class Lane:
    """One partition of one agent's table, and of the topics that the agent reads."""

    def __init__(  # noqa: PLR0913 - one place builds lanes, by name
        self,
        *,
        table: str,
        changelog: str,
        partition: int,
        partitions: int,
        topics: tuple[str, ...],
        process: str,
        store: PartitionStore,
        log: Log,
        decode: Callable[[bytes | None], Any],
        hand_over: Callable[[Batch], None],
        followers: Sequence[Follower] = (),
    ) -> None:
        self.table = table
        self.changelog = changelog
        self.partition = partition
        self.topics = topics
        self.writer = f"{table}/{partition}"
        self.store = store
        self.log = log
        self.state = State.CLOSED
        self.epoch = 0
        self.ledger = Ledger()
        self.intake = Intake({})
        self.published: Marker | None = None  # the last commit whose outbox is out
        self._partitions = partitions
        self._process = process
        self._decode = decode
        self._hand_over = hand_over
        self._followers = followers
        self._in_hand = False
        self._publishing: asyncio.Future[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    # Opening and closing, by the runtime.

    def open(self, restored: Restored, expected: Mapping[str, int]) -> None:
        """Begin to work from what was restored; `expected` is the next offset of each topic."""
        self.epoch += 1
        self.ledger = restored.ledger
        self.published = restored.marker
        self.intake = Intake(expected)
        self._in_hand = False
        self._publishing = None
        self.state = State.OPEN
        for follower in self._followers:
            follower.opened(self)

    def close(self) -> None:
        """Stop: units not yet appended come to nothing, their records are read again."""
        for follower in self._followers if self.state is not State.CLOSED else ():
            follower.closed(self)
        self.state = State.CLOSED
        self.epoch += 1

    def release(self) -> None:
        """Close for good and give the local store's files free."""
        self.close()
        self.store.close()

    def drain(self) -> set[asyncio.Task[None]]:
        """Begin nothing more; returns the tasks that finish what was begun."""
        if self.state is State.OPEN:
            self.state = State.DRAINING
        return set(self._tasks)

    @property
    def idle(self) -> bool:
        """Whether nothing is in hand, waiting or on its way."""
        return not (self._in_hand or self._tasks or self.intake)

    # Records in.

    def offer(self, piece: Piece) -> Gap | None:
        """Take in what was fetched; a gap means that the runtime must seek back."""
        if self.state is not State.OPEN:
            return None
        gap = self.intake.offer(piece)
        if gap is None:
            self._next()
        return gap

    @property
    def full(self) -> bool:
        """Whether fetching should pause."""
        return self.intake.waiting > _HIGH_WATER or self.intake.pieces > _HIGH_PIECES

    @property
    def hungry(self) -> bool:
        """Whether a pause should end."""
        return self.intake.waiting < _LOW_WATER and self.intake.pieces < _HIGH_PIECES // 2

    def _next(self) -> None:
        if self.intake and not self._in_hand and self.state is State.OPEN:
            self._in_hand = True
            self._hand_over(Batch(self, self.epoch))

    # One unit.

    def begin(self, batch: Batch) -> Unit[Any] | None:
        """The unit for a batch that was handed over, or None if it has been overtaken."""
        if batch.epoch != self.epoch or self.state is not State.OPEN:
            return None
        return Unit(
            writer=self._process,
            partition=self.partition,
            partitions=self._partitions,
            pieces=self.intake.take(UNIT_RECORDS),
            ledger=self.ledger,
            store=self.store,
            decode=self._decode,
        )

    def seal(
        self,
        unit: Unit[Any],
        epoch: int,
        on_error: Callable[[Lane, BaseException], Awaitable[None]],
    ) -> asyncio.Task[None]:
        """The agent is done with the unit: make it last, in the background."""
        task = asyncio.get_running_loop().create_task(self._make_last(unit, epoch, on_error))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _make_last(
        self,
        unit: Unit[Any],
        epoch: int,
        on_error: Callable[[Lane, BaseException], Awaitable[None]],
    ) -> None:
        try:
            if self._publishing is not None:
                await asyncio.shield(self._publishing)
            if epoch != self.epoch:
                return
            self.intake.put_back(unit.rest)
            commit = unit.commit(int(time.time() * 1000))
            await self._append(commit, epoch)
            if epoch != self.epoch:
                return  # partition lost meanwhile: the commit stands, its new owner goes on from it
            self._write(commit)
            count_unit(self.table, unit)
            self._publishing = asyncio.ensure_future(self._publish(commit.marker, epoch))
            self._in_hand = False
            if unit.failure is None:
                self._next()
            await asyncio.shield(self._publishing)
        except Exception as error:  # noqa: BLE001 - the runtime decides what an error means
            await on_error(self, error)

    async def _append(self, commit: Commit, epoch: int) -> None:
        with of_table(self.table).commit_seconds.time():
            offset = await self.log.append(self.changelog, self.partition, commit)
        if epoch == self.epoch:
            self.ledger.acknowledge(commit, offset)

    def _write(self, commit: Commit) -> None:
        begin = self.ledger.end - commit.length
        position = position_at(self.changelog, commit.marker, begin, self.ledger.end)
        self.store.write(commit.states, position)
        for follower in self._followers:
            follower.committed(self, commit.states)

    async def _publish(self, marker: Marker, epoch: int) -> None:
        if marker.outbox:
            with of_table(self.table).publish_seconds.time():
                await self.log.publish(self.writer, marker)
        if epoch == self.epoch:
            self.published = marker

    async def repair(self, ledger: Ledger, tainted: set[bytes]) -> Marker:
        """Write the accepted values of keys that a rejected commit has written too.

        Compaction keeps the last record of a key, and must not keep a rejected one.
        The outbox of the last accepted commit is published before, since this marker replaces it.

        Raises:
            Fenced: somebody else writes; read the changelog again.
        """
        self.ledger = ledger
        accepted = {key: self.store.get(key) for key in sorted(tainted) if key != MARKER_KEY}
        for states in portions(accepted):
            marker = Marker(
                ledger.sequence + 1,
                self._process,
                int(time.time() * 1000),
                ledger.applied,
                ledger.seen,
                (),
            )
            commit = Commit(marker, states)
            ledger.acknowledge(
                commit, await self.log.append(self.changelog, self.partition, commit)
            )
        self._write(commit)  # not before: until then a restore must find the rejected commit again
        return marker

    def confirm(self) -> None:
        """Note that the idle store was seen to equal its changelog."""
        self.store.confirm(time.time())
