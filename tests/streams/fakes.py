"""What a runtime has around it, by hand: a consumer, a producer, and the app that holds them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from faust.types import TP

from streams.batches import Piece
from streams.changelog import Restored
from streams.commit import Commit, Marker
from streams.lane import Batch, Lane
from streams.ledger import Ledger
from streams.runtime import Attachment, Runtime
from tests.streams.world import LogRecord


def fetched(topic: str, start: int, end: int, partition: int = 0) -> list[tuple[TP, Any]]:
    """What one fetch brought of one partition."""
    records = [LogRecord(at, 0, b"k", b"%d" % at, ()) for at in range(start, end)]
    return [(TP(topic, partition), Piece(topic, start, end, records))]


class FakeConsumer:
    """A group member that notes what it is asked to do."""

    def __init__(self) -> None:
        self.seeks: list[dict[TP, int]] = []
        self.holding: set[TP] = set()
        self.shown: list[dict[TP, tuple[int, str]]] = []
        self.assigned: set[TP] = set()
        self.answers = True
        self.first: dict[TP, int] = {}
        self.last: dict[TP, int] = {}
        self.group: dict[TP, tuple[int, str]] = {}
        self.found: dict[TP, tuple[int, int]] = {}
        self.gate = asyncio.Event()
        self.gate.set()
        self.app: Any = SimpleNamespace(skip_expired=False)

    async def seek_to(self, offsets: Mapping[TP, int]) -> None:
        self.seeks.append(dict(offsets))
        self.holding -= set(offsets)
        await self.gate.wait()

    def hold(self, tp: TP) -> None:
        self.holding.add(tp)

    def let_go(self, tp: TP) -> None:
        self.holding.discard(tp)

    async def starts(self, tps: Iterable[TP]) -> dict[TP, int]:
        return {tp: self.first.get(tp, 0) for tp in tps}

    async def ends(self, tps: Iterable[TP]) -> dict[TP, int]:
        return {tp: self.last.get(tp, 1_000) for tp in tps}

    async def committed(self, tps: Iterable[TP]) -> dict[TP, tuple[int, str]]:
        return {tp: self.group[tp] for tp in tps if tp in self.group}

    async def positions(self, tps: Iterable[TP]) -> dict[TP, tuple[int, int]]:
        return {tp: self.found[tp] for tp in tps if tp in self.found}

    def assignment(self) -> set[TP]:
        return self.assigned

    async def show_progress(self, offsets: Mapping[TP, tuple[int, str]]) -> bool:
        self.shown.append(dict(offsets))
        return self.answers

    async def ping(self) -> None:
        if not self.answers:
            raise TimeoutError


class FakeLog:
    """A producer whose acknowledgements come when the test lets them."""

    def __init__(self) -> None:
        self.commits: list[Commit] = []
        self.outboxes: list[Marker] = []
        self.end = 0
        self.error: Exception | None = None
        self.acknowledging = asyncio.Event()
        self.acknowledging.set()
        self.publishing = asyncio.Event()
        self.publishing.set()

    async def append(self, changelog: str, partition: int, commit: Commit) -> int:
        self.commits.append(commit)
        offset, self.end = self.end, self.end + commit.length
        await self.acknowledging.wait()
        if self.error is not None:
            raise self.error
        return offset

    async def publish(self, writer: str, marker: Marker) -> None:
        await self.publishing.wait()
        if self.error is not None:
            raise self.error
        self.outboxes.append(marker)


class FakeFlow:
    """Faust's flow control, as far as it matters: whether streams are handed anything."""

    def __init__(self) -> None:
        self.active = False

    def resume(self) -> None:
        self.active = True


class FakeApp:
    """The app that a runtime, a watch or the operations look at."""

    def __init__(self, directory: Path, partitions: int = 2) -> None:
        self.partitions = partitions
        self.skip_expired = False
        self.followers: dict[str, Any] = {}
        self.agents: dict[str, object] = {"agent": object()}
        self.conf = SimpleNamespace(tabledir=directory)
        self.settings = SimpleNamespace(bootstrap=["127.0.0.1:1"])
        self.flow_control = FakeFlow()
        self.group_consumer = FakeConsumer()
        self.log_of_commits = FakeLog()
        self.consumer_generation_id = 1
        self.beacon = None
        self.rebalancing = self.should_stop = False
        self.gate = SimpleNamespace(passed=True)
        self.crashes: list[BaseException] = []
        self.watch: Any = SimpleNamespace(show_progress=self._noted, stalled=list, away_since=None)
        self.runtime: Any = None
        self.progress_shown = 0
        completed = asyncio.Event()
        completed.set()
        self.lane_tables = SimpleNamespace(recovery=SimpleNamespace(completed=completed))

    async def _noted(self) -> None:
        self.progress_shown += 1

    async def crash(self, error: BaseException) -> None:
        self.crashes.append(error)


async def turns(count: int = 20) -> None:
    """Let the event loop run what can run."""
    for _ in range(count):
        await asyncio.sleep(0)


class Restoring:
    """`restore`, which opens the lanes it is given when the test lets it."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.expected = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.on_open: Callable[[Lane], None] = lambda _: None

    async def __call__(self, app: Any, opened: Iterable[Lane], open_lane: Any) -> None:
        pending = list(opened)
        self.calls.append([lane.writer for lane in pending])
        await self.gate.wait()
        for lane in pending:
            end = app.log_of_commits.end
            restored = Restored(Ledger(end=end))
            open_lane(lane, restored, dict.fromkeys(lane.topics, self.expected))
            self.on_open(lane)


def attach(runtime: Runtime, name: str = "t", *topics: str) -> list[Batch]:
    """Attach an agent; returns what is handed over to it."""
    handed: list[Batch] = []
    queue = SimpleNamespace(put_nowait=lambda event: handed.append(event.value))
    table = SimpleNamespace(name=name, changelog_topic_name=f"{name}.changelog")
    channel: Any = SimpleNamespace(queue=queue)
    attachment = Attachment(table, topics or ("in",), lambda v: v, channel)  # type: ignore[arg-type]
    runtime.attach(attachment)
    return handed


def assigned(*topics: str, partitions: Iterable[int] = (0, 1)) -> set[TP]:
    return {TP(topic, partition) for topic in topics for partition in partitions}
