"""Queries read the lane of their key, if it is here and open, and know how fresh it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import IllegalStateError
from faust.exceptions import ConsumerNotStarted
from faust.types import TP

from streams.batches import Intake, Piece
from streams.lane import State
from streams.ledger import Ledger
from streams.partitioner import partition_of
from streams.reading import Freshness, NotHere, Reader, freshness, note, reader, readers
from streams.store import PartitionStore
from streams.unit import Unit
from tests.streams.world import LogRecord

PARTITIONS = 4
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class FakeWorker:
    """An app whose consumer has heard where the logs end."""

    def __init__(self) -> None:
        self.partitions = PARTITIONS
        self.runtime = SimpleNamespace(lanes={})
        self.ends: dict[TP, int] = {}
        self.error: Exception | None = None
        self.group_consumer = self

    def highwater(self, tp: TP) -> int | None:
        if self.error is not None:
            raise self.error
        return self.ends.get(tp)


@pytest.fixture
def app() -> Any:
    return FakeWorker()


@pytest.fixture
def open_lane(app: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Gives the worker lanes, and closes their stores in the end."""
    lanes: list[Any] = []

    def make(partition: int, table: str = "t", *topics: str) -> Any:
        lane = SimpleNamespace(
            table=table,
            partition=partition,
            state=State.OPEN,
            store=PartitionStore(tmp_path / f"{table}-{partition}.db"),
            topics=topics or ("in",),
            intake=Intake(dict.fromkeys(topics or ("in",), 0)),
            ledger=Ledger(),
        )
        app.runtime.lanes[table, partition] = lane
        lanes.append(lane)
        return lane

    yield make
    for lane in lanes:
        lane.store.close()


def project(lane: Any, *times: datetime) -> list[int]:
    """Note messages of these times in one unit; returns which ones they are."""
    records = [LogRecord(n, 0, b"k", time.isoformat().encode(), ()) for n, time in enumerate(times)]
    unit: Unit[Any] = Unit(
        writer="w", partition=0, partitions=1, ledger=Ledger(), store=lane.store,
        pieces=[Piece("in", 0, len(records), records)], decode=lambda value: value,
    )  # fmt: skip
    counts: list[int] = []
    unit.each(lambda unit, m: counts.append(note(unit, datetime.fromisoformat(m.decode()))))
    lane.store.write(unit.commit(0).states)
    return counts


def test_a_key_is_read_in_the_lane_of_its_partition(app: Any, open_lane: Any) -> None:
    mine = partition_of(b"ada", PARTITIONS)
    lane = open_lane(mine)
    lane.store.write({b"s/a": b"1", b"s/b": b"2", b"t/a": b"3"})
    found = reader(app, "t", "ada")

    assert (found.table, found.partition) == ("t", mine)
    assert found.get(b"s/a") == b"1"
    assert found.scan(b"s/", limit=9) == [(b"s/a", b"1"), (b"s/b", b"2")]
    assert found.scan(b"s/", after=b"s/a", limit=9) == [(b"s/b", b"2")]
    assert found.scan(b"s/", limit=1, backwards=True) == [(b"s/b", b"2")]


def test_a_partition_of_another_worker_is_not_here(app: Any, open_lane: Any) -> None:
    open_lane(1 - partition_of(b"ada", PARTITIONS) % 2)
    with pytest.raises(NotHere, match="not assigned to this worker; ask the one") as caught:
        reader(app, "t", "ada")

    assert caught.value.partition == partition_of(b"ada", PARTITIONS)
    assert (caught.value.table, caught.value.reason) == ("t", "not assigned")


def test_a_partition_that_is_restored_cannot_be_read_yet(app: Any, open_lane: Any) -> None:
    open_lane(partition_of(b"ada", PARTITIONS)).state = State.CLOSED

    with pytest.raises(NotHere, match="still restoring it; ask again") as caught:
        reader(app, "t", "ada")
    assert caught.value.reason == "restoring"


def test_a_reader_ends_with_its_lane(app: Any, open_lane: Any) -> None:
    """A store whose files were given free would count as unreadable, and be rebuilt."""
    lane = open_lane(0)
    found = Reader(app, "t", 0)
    lane.state = State.DRAINING
    assert found.get(b"s/a") is None

    app.runtime.lanes.clear()
    lane.store.close()
    for read in (
        lambda: found.get(b"s/a"),
        lambda: found.scan(b"s/", limit=1),
        found.freshness,
    ):
        with pytest.raises(NotHere):
            read()
    assert not (lane.store.path / "UNTRUSTED").exists()


def test_a_merge_reads_all_lanes_of_one_table_that_are_open(app: Any, open_lane: Any) -> None:
    for partition in (2, 0, 3):
        open_lane(partition)
    open_lane(1).state = State.CLOSED
    open_lane(1, "other")

    assert [each.partition for each in readers(app, "t")] == [0, 2, 3]


def test_freshness_is_the_time_of_the_last_message_and_what_is_not_applied(
    app: Any, open_lane: Any
) -> None:
    lane = open_lane(0, "t", "in", "also")
    found = Reader(app, "t", 0)
    assert found.freshness() == Freshness(None, 0)

    project(lane, NOON, NOON.replace(hour=13), NOON.replace(hour=11))
    lane.ledger.applied.update({"in": 3, "also": 5})
    lane.intake.expected.update({"in": 10, "also": 5})
    app.ends = {TP("in", 0): 8, TP("also", 0): 7}
    assert found.freshness() == Freshness(NOON.replace(hour=11), (10 - 3) + (7 - 5))


@pytest.mark.parametrize(
    "error",
    [AssertionError("not assigned"), AttributeError(), ConsumerNotStarted(), IllegalStateError()],
)
def test_between_two_assignments_what_was_fetched_is_what_is_known(
    app: Any, open_lane: Any, error: Exception
) -> None:
    lane = open_lane(0)
    lane.ledger.applied["in"] = 3
    lane.intake.expected["in"] = 4
    app.error = error

    assert Reader(app, "t", 0).freshness().behind == 1


def test_merged_freshness_is_the_newest_and_all_that_is_behind(app: Any, open_lane: Any) -> None:
    first, second, _ = open_lane(0), open_lane(1), open_lane(2)
    project(first, NOON)
    project(second, NOON.replace(hour=13))
    first.intake.expected["in"] = second.intake.expected["in"] = 4
    first.ledger.applied["in"] = second.ledger.applied["in"] = 1

    assert freshness(readers(app, "t")) == Freshness(NOON.replace(hour=13), 6)
    assert freshness([]) == Freshness(None, 0)


def test_messages_are_counted_as_they_are_projected(open_lane: Any) -> None:
    lane = open_lane(0)

    assert project(lane, NOON, NOON) == [1, 2]
    assert project(lane, NOON) == [3]
