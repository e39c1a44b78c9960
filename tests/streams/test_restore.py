"""What a restore finishes for the last owner, and how it begins again when it is disturbed."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError
from faust.types import TP

from models.errors import RecordsExpired
from streams import patience
from streams import restore as module
from streams.changelog import Restored
from streams.commit import MARKER_KEY, Marker, Output
from streams.lane import Lane
from streams.ledger import Ledger
from streams.restore import finish, restore
from tests.streams.fakes import FakeApp, FakeLog, turns
from tests.streams.world import Disk

MARKER = Marker(4, "p", 0, {"in": 9}, {}, (Output("out", 0, b"k", b"v"),))


def lane(log: FakeLog, table: str = "t") -> Lane:
    disk: Any = Disk()
    disk.write({b"x": b"accepted"})
    return Lane(
        table=table, changelog=f"{table}.changelog", partition=0, partitions=1, topics=("in",),
        process="p", store=disk, log=log, decode=lambda v: v, hand_over=lambda _: None,
    )  # fmt: skip


def restored(*tainted: bytes, end: int = 0) -> Restored:
    ledger = Ledger(end=end)
    ledger.adopt(MARKER)
    return Restored(ledger, MARKER, set(tainted))


# Finishing.


async def test_the_last_outbox_is_published_again_unless_it_is_known_to_be_out() -> None:
    log = FakeLog()

    assert await finish(log, lane(log), restored(), published=False)
    assert await finish(log, lane(log), restored(), published=True)
    assert log.outboxes == [MARKER]


async def test_nothing_is_published_for_a_changelog_without_commits() -> None:
    log = FakeLog()

    assert await finish(log, lane(log), Restored(), published=False)
    assert log.outboxes == []


async def test_the_outbox_is_out_before_a_repair_takes_the_place_of_its_marker() -> None:
    log = FakeLog()
    log.publishing.clear()
    found = restored(MARKER_KEY, b"x")
    finishing = asyncio.create_task(finish(log, lane(log), found, published=False))
    await turns()
    assert log.commits == []

    log.publishing.set()
    assert await finishing
    (commit,) = log.commits
    assert commit.states == {b"x": b"accepted"}
    assert found.marker is commit.marker
    assert found.ledger.sequence == 5


async def test_a_repair_that_is_fenced_has_the_lane_read_again() -> None:
    log = FakeLog()
    log.end = 3

    assert not await finish(log, lane(log), restored(b"x", end=1), published=True)


# The whole.


class Reading:
    """What the changelogs hold, read after read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reads: list[list[str]] = []
        self.errors: list[Exception] = []
        self.tainted: dict[str, set[bytes]] = {}
        monkeypatch.setattr(module, "_read", self)

    async def __call__(self, app: Any, lanes: list[Lane]) -> dict[Lane, Restored]:
        self.reads.append([lane.table for lane in lanes])
        if self.errors:
            raise self.errors.pop(0)
        end = app.log_of_commits.end
        return {each: restored(*self.tainted.pop(each.table, ()), end=end) for each in lanes}


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> Reading:
    async def no_wait(_: float) -> None:
        """Pass the time at once."""

    monkeypatch.setattr(patience, "asyncio", SimpleNamespace(sleep=no_wait))
    return Reading(monkeypatch)


@pytest.fixture
def app(tmp_path: Path) -> Any:
    return FakeApp(tmp_path)


async def run(app: Any, *tables: str) -> list[tuple[str, dict[str, int]]]:
    """Restore lanes of these tables; returns what was opened, and from where."""
    opened: list[tuple[str, dict[str, int]]] = []
    lanes = [lane(app.log_of_commits, table) for table in tables]
    await restore(app, lanes, lambda each, _, expected: opened.append((each.table, expected)))
    return opened


@pytest.mark.usefixtures("reading")
async def test_every_lane_is_opened_where_it_goes_on(app: Any) -> None:
    assert await run(app, "a", "b") == [("a", {"in": 9}), ("b", {"in": 9})]


async def test_a_broker_that_is_away_is_waited_for(app: Any, reading: Reading) -> None:
    reading.errors = [KafkaConnectionError("away"), TimeoutError()]

    assert len(await run(app, "a")) == 1
    assert reading.reads == [["a"]] * 3


async def test_only_lanes_that_were_written_to_meanwhile_are_read_again(
    app: Any, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading.tainted = {"b": {b"x"}}
    app.log_of_commits.end = 5
    append = app.log_of_commits.append

    async def after_another(*args: Any) -> int:
        app.log_of_commits.end += 1
        offset: int = await append(*args)
        return offset

    monkeypatch.setattr(app.log_of_commits, "append", after_another)
    opened = await run(app, "a", "b")

    assert reading.reads == [["a", "b"], ["b"]]
    assert [table for table, _ in opened] == ["a", "b"]


@pytest.mark.usefixtures("reading")
async def test_expired_records_end_the_restore(app: Any) -> None:
    app.group_consumer.first = {TP("in", 0): 50}

    with pytest.raises(RecordsExpired):
        await run(app, "a")


async def test_no_lane_is_still_being_finished_when_all_begin_again(
    app: Any, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The straggler would write into its store, and its ledger, behind the second restore."""
    under_way: list[int] = []
    log = app.log_of_commits

    async def publish(writer: str, _: Marker) -> None:
        if writer == "a/0" and len(reading.reads) == 1:
            raise KafkaConnectionError("away")
        under_way.append(len(reading.reads))
        await turns()
        assert len(reading.reads) == under_way[-1]

    monkeypatch.setattr(log, "publish", publish)
    await run(app, "a", "b")

    assert under_way == [1, 2, 2]


async def test_a_consumer_that_could_not_start_is_stopped_all_the_same(app: Any) -> None:
    done = []

    class Consumer:
        """A consumer that cannot reach the broker."""

        async def start(self) -> None:
            raise KafkaConnectionError("away")

        async def stop(self) -> None:
            done.append("stopped")

    app.changelog_consumer = Consumer
    with pytest.raises(KafkaConnectionError):
        await module._read(app, [])

    assert done == ["stopped"]
