"""A world to run the commit protocol in, without Kafka, Faust, RocksDB or time.

Logs append batches whole. A request that was sent may land at any later moment, even after
its sender has died; an acknowledgement may arrive late or never. Disks may be lost, several
processes may believe that they own the same partition, and changelogs are compacted.
What runs in it is the code that runs in a worker: `Lane`, `Unit`, `Intake`, `Ledger`,
`ChangelogReading`, `ChangelogFold`, `restore.finish`, `batches_of`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

import msgspec

from streams.batches import Piece, Record
from streams.changelog import AnotherChangelog, ChangelogReading, Restored
from streams.commit import MARKER_KEY, POSITION_KEY, Commit, Marker, encode_marker
from streams.lane import Batch, Lane
from streams.origins import Headers, Seen, is_repeat, origin_of
from streams.publication import batches_of
from streams.restore import finish
from streams.store import Position
from streams.unit import Unit

PARTITION = 0


@dataclass(slots=True)
class LogRecord:
    """A record as the broker keeps it."""

    offset: int
    timestamp: int | None
    key: bytes | None
    value: bytes | None
    headers: Headers


@dataclass
class Topic:
    """One partition of a topic; compaction leaves holes, never moves an offset."""

    name: str
    records: list[LogRecord] = field(default_factory=list)
    end: int = 0

    def append(self, batch: Iterable[tuple[int, bytes | None, bytes | None, Any]]) -> int:
        """Append a batch whole; returns the offset of its first record."""
        begin = self.end
        for timestamp, key, value, headers in batch:
            self.records.append(LogRecord(self.end, timestamp, key, value, tuple(headers)))
            self.end += 1
        return begin

    def since(self, offset: int, limit: int = 1 << 30) -> Piece:
        """What a fetch from `offset` brings: everything there is, up to `limit` records."""
        found = [record for record in self.records if record.offset >= offset]
        end = found[limit].offset if len(found) > limit else self.end
        return Piece(self.name, offset, end, cast("list[Record]", found[:limit]))

    def compact(self, below: int) -> None:
        """Keep, of the records below an offset, the last one of each key there."""
        last = {record.key: record.offset for record in self.records if record.offset < below}
        self.records = [r for r in self.records if r.offset >= below or last[r.key] == r.offset]


class Disk:
    """The local store of one host: what `PartitionStore` offers, in a dict."""

    path = "a disk of the model"

    def __init__(self) -> None:
        self.data: dict[bytes, bytes] = {}

    def get(self, key: bytes) -> bytes | None:
        return self.data.get(key)

    def position(self) -> Position | None:
        value = self.data.get(POSITION_KEY)
        return None if value is None else msgspec.msgpack.decode(value, type=Position)

    def write(self, changes: Any, position: Position | None = None) -> None:
        for key, value in changes.items():
            if value is None:
                self.data.pop(key, None)
            else:
                self.data[key] = value
        if position is not None:
            self.data[POSITION_KEY] = msgspec.msgpack.encode(position)

    @property
    def empty(self) -> bool:
        return not self.data

    def wipe(self) -> None:
        self.data.clear()


class MemoryBatch:
    """A batch under construction, for `batches_of`."""

    def __init__(self) -> None:
        self.records: list[tuple[int, Any, Any, Any]] = []

    def append(self, *, timestamp: int, key: Any, value: Any, headers: Any) -> None:
        self.records.append((timestamp, key, value, headers))

    def close(self) -> None:
        pass


@dataclass(eq=False)
class Request:
    """Something sent to the broker that has not landed, or has and is not acknowledged."""

    sender: Process
    topic: Topic
    batch: list[tuple[int, Any, Any, Any]]
    answer: asyncio.Future[int]
    offset: int | None = None


class Network:
    """The `Log` of a process: every append and every published batch is a request under way."""

    def __init__(self, world: World, process: Process) -> None:
        self.world = world
        self.process = process

    async def append(self, changelog: str, partition: int, commit: Commit) -> int:
        time = commit.marker.time
        batch: list[tuple[int, Any, Any, Any]] = [
            (time, MARKER_KEY, encode_marker(commit.marker), ())
        ]
        batch += [(time, key, value, ()) for key, value in commit.states.items()]
        return await self._send(changelog, batch)

    async def publish(self, writer: str, marker: Marker) -> None:
        for topic, _, batch in batches_of(MemoryBatch, writer, marker):
            assert isinstance(batch, MemoryBatch)
            await self._send(topic, batch.records)

    def _send(self, topic: str, batch: list[tuple[int, Any, Any, Any]]) -> asyncio.Future[int]:
        answer: asyncio.Future[int] = self.world.loop.create_future()
        self.world.sent.append(Request(self.process, self.world.topics[topic], batch, answer))
        return answer


class Agent(NamedTuple):
    """What a lane of the model does, and where from and to."""

    table: str
    source: str
    handle: Callable[[Unit[bytes], bytes], None]

    @property
    def changelog(self) -> str:
        return f"{self.table}.changelog"


class Process:
    """One owner, real or imagined, of an agent's only partition, on a host with a disk."""

    def __init__(self, world: World, agent: Agent, disk: Disk, name: str) -> None:
        self.world = world
        self.agent = agent
        self.disk = disk
        self.alive = True
        self.errors: list[BaseException] = []
        self.lane = Lane(
            table=agent.table, changelog=agent.changelog, partition=PARTITION, partitions=1,
            topics=(agent.source,), process=name, store=disk, log=Network(world, self),  # type: ignore[arg-type]
            decode=lambda value: value or b"", hand_over=self._work,
        )  # fmt: skip
        self.tasks = {world.loop.create_task(self._restore())}

    async def _restore(self) -> None:
        while True:
            restored = self._read()
            if await finish(self.lane.log, self.lane, restored, published=False):
                break
        self.world.read_to[self.agent.table] = self.read_to
        self.lane.open(
            restored, {self.agent.source: restored.ledger.applied.get(self.agent.source, 0)}
        )

    def _read(self) -> Restored:
        changelog = self.world.topics[self.agent.changelog]
        while True:
            reading = ChangelogReading(self.disk, changelog.name, 0, changelog.end)  # type: ignore[arg-type]
            try:
                if not reading.done:
                    reading.feed(changelog.since(reading.next))
            except AnotherChangelog:
                continue
            self.read_to = reading.next
            return reading.finish()

    def _work(self, batch: Batch) -> None:
        unit = self.lane.begin(batch)
        if unit is not None:
            unit.each(self.agent.handle)
            self.lane.seal(unit, batch.epoch, self._on_error)

    async def _on_error(self, lane: Lane, error: BaseException) -> None:
        self.errors.append(error)
        lane.close()
        self.tasks.add(self.world.loop.create_task(self._restore()))

    def crash(self) -> None:
        """Nothing of it runs any more; what it sent may still land."""
        self.alive = False
        for task in [*self.tasks, *self.lane._tasks]:
            task.cancel()
        if self.lane._publishing is not None:
            self.lane._publishing.cancel()


class World:
    """Topics, processes, disks, and requests under way."""

    def __init__(self, agents: Iterable[Agent], topics: Iterable[str], hosts: int = 2) -> None:
        self.loop = asyncio.new_event_loop()
        self.agents = list(agents)
        self.topics = {name: Topic(name) for name in topics}
        self.topics |= {agent.changelog: Topic(agent.changelog) for agent in self.agents}
        self.disks = {(a.table, host): Disk() for a in self.agents for host in range(hosts)}
        self.running: dict[tuple[str, int], Process] = {}
        self.sent: list[Request] = []
        self.landed: list[Request] = []
        self.read_to: dict[str, int] = {}
        self.births = 0

    def close(self) -> None:
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.settle()
        self.loop.close()

    def settle(self) -> None:
        """Run what can run without the outside."""
        for _ in range(12):
            self.loop.call_soon(self.loop.stop)
            self.loop.run_forever()

    def start(self, agent: Agent, host: int) -> None:
        self.births += 1
        process = Process(self, agent, self.disks[agent.table, host], f"p{self.births}")
        self.running[agent.table, host] = process
        self.settle()

    def crash(self, table: str, host: int) -> None:
        self.running.pop((table, host)).crash()
        self.settle()

    def fetch(self, process: Process, limit: int) -> None:
        """Bring a lane what its source holds after what it has, at most `limit` records."""
        lane, source = process.lane, process.agent.source
        expected = lane.intake.expected.get(source)
        if expected is not None and expected < self.topics[source].end:
            self.loop.call_soon(lane.offer, self.topics[source].since(expected, limit))
        self.settle()

    def lose(self, index: int) -> None:
        """A request never arrives; only its sender's death can do that."""
        self.sent.pop(index)

    def land(self, index: int) -> None:
        """The broker executes a request."""
        request = self.sent.pop(index)
        request.offset = request.topic.append(request.batch)
        self.landed.append(request)

    def acknowledge(self, index: int) -> None:
        """The sender of a request that landed hears of it, if it lives."""
        request = self.landed.pop(index)
        if request.sender.alive and not request.answer.done():
            request.answer.set_result(request.offset or 0)
        self.settle()

    def compactable(self, agent: Agent) -> int:
        """Up to where the log cleaner may go: no farther than an owner has read, and repaired.

        `min.compaction.lag.ms` and the watch see to that, and it is an assumption here.
        """
        markers = [r.offset for r in self.topics[agent.changelog].records if r.key == MARKER_KEY]
        return max((at for at in markers if at <= self.read_to.get(agent.table, 0)), default=0)


def without_repeats(records: Iterable[LogRecord]) -> list[tuple[bytes | None, bytes | None]]:
    """What a reader of a topic has after dropping repeats by origin."""
    seen: Seen = {}
    kept = []
    for record in records:
        origin = origin_of(record.headers, "")
        if origin is not None:
            if is_repeat(origin, seen):
                continue
            seen[origin.writer] = origin.number
        kept.append((record.key, record.value))
    return kept


def folded(topic: Topic) -> tuple[dict[bytes, bytes], Marker | None]:
    """The states that a changelog leaves, read from its beginning onto an empty disk."""
    disk = Disk()
    reading = ChangelogReading(disk, topic.name, 0, topic.end)  # type: ignore[arg-type]
    reading.feed(topic.since(0))
    restored = reading.finish()
    return {key: value for key, value in disk.data.items() if key != POSITION_KEY}, restored.marker
