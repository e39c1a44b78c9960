"""The life of a lane: one unit at a time, in the one order, and nothing from before it closed."""

from __future__ import annotations

import pytest

from models.errors import Fenced
from streams import commit as commits
from streams.batches import Piece
from streams.changelog import Restored
from streams.commit import MARKER_KEY, Marker
from streams.lane import Batch, Lane, State
from streams.ledger import Ledger
from streams.unit import Unit
from tests.streams.fakes import FakeLog, fetched, turns
from tests.streams.world import Disk


def pass_on(unit: Unit[bytes], message: bytes) -> None:
    """State and output of each message are the message."""
    unit.put(b"s/" + message, message)
    unit.emit("out", b"k", message)


class Case:
    """A lane with a fake log and a store in memory; the test is its agent."""

    def __init__(self) -> None:
        self.log, self.disk = FakeLog(), Disk()
        self.handed: list[Batch] = []
        self.errors: list[BaseException] = []
        self.lane = Lane(
            table="t", changelog="t.changelog", partition=0, partitions=1, topics=("in",),
            process="p", store=self.disk, log=self.log, decode=lambda value: value,  # type: ignore[arg-type]
            hand_over=self.handed.append,
        )  # fmt: skip
        self.open()

    def open(self, sequence: int = 0) -> None:
        restored = Restored(Ledger(sequence, self.log.end))
        self.lane.open(restored, {"in": restored.ledger.applied.get("in", 0)})

    def offer(self, start: int, end: int) -> None:
        ((_, piece),) = fetched("in", start, end)
        assert isinstance(piece, Piece)
        self.lane.offer(piece)

    def decide(self) -> Unit[bytes] | None:
        """Let the agent work on the next batch; the unit is then on its way."""
        batch = self.handed.pop(0)
        unit = self.lane.begin(batch)
        if unit is not None:
            unit.each(pass_on)
            self.lane.seal(unit, batch.epoch, self._on_error)
        return unit

    async def _on_error(self, lane: Lane, error: BaseException) -> None:
        self.errors.append(error)


@pytest.fixture
async def case() -> Case:
    return Case()


async def test_a_unit_is_appended_then_stored_then_published(case: Case) -> None:
    case.log.acknowledging.clear()
    case.log.publishing.clear()
    case.offer(0, 2)
    case.decide()
    await turns()
    assert (len(case.log.commits), case.disk.data, case.log.outboxes) == (1, {}, [])

    case.log.acknowledging.set()
    await turns()
    assert case.disk.get(b"s/1") == b"1"
    assert case.lane.published is None

    case.log.publishing.set()
    await turns()
    assert [len(marker.outbox) for marker in case.log.outboxes] == [2]
    assert case.lane.published is case.log.outboxes[0]
    assert case.lane.idle


async def test_the_next_unit_is_decided_but_not_appended_before_the_last_outbox_is_out(
    case: Case,
) -> None:
    case.log.publishing.clear()
    case.offer(0, 1)
    case.decide()
    await turns()
    case.offer(1, 2)
    assert case.decide() is not None
    await turns()
    assert len(case.log.commits) == 1

    case.log.publishing.set()
    await turns()
    assert len(case.log.commits) == 2


async def test_one_unit_is_in_hand_and_what_arrives_meanwhile_is_the_next(case: Case) -> None:
    case.offer(0, 1)
    case.offer(1, 3)
    case.offer(3, 4)
    assert len(case.handed) == 1

    unit = case.decide()
    await turns()
    assert unit is not None
    assert unit.handled == 4


async def test_a_batch_from_before_the_lane_closed_comes_to_nothing(case: Case) -> None:
    case.offer(0, 1)
    case.lane.close()
    case.open()

    assert case.decide() is None
    assert case.log.commits == []


async def test_an_acknowledgement_from_before_the_lane_closed_changes_nothing(case: Case) -> None:
    case.log.acknowledging.clear()
    case.offer(0, 1)
    case.decide()
    await turns()
    case.lane.close()
    case.open()
    ledger = case.lane.ledger
    case.log.acknowledging.set()
    await turns()

    assert case.disk.data == {}
    assert ledger.sequence == 0
    assert case.log.outboxes == []
    assert case.errors == []


async def test_an_outbox_from_before_the_lane_closed_is_no_progress_of_the_new_owner(
    case: Case,
) -> None:
    case.log.publishing.clear()
    case.offer(0, 1)
    case.decide()
    await turns()
    case.lane.close()
    case.open(sequence=7)
    case.log.publishing.set()
    await turns()

    assert case.lane.published is None


async def test_a_fence_is_told_and_nothing_is_stored_or_published(case: Case) -> None:
    case.log.end = 5
    case.offer(0, 1)
    case.decide()
    await turns()

    assert [type(error) for error in case.errors] == [Fenced]
    assert case.disk.data == {}
    assert case.log.outboxes == []


@pytest.mark.parametrize("step", ["acknowledging", "publishing"])
async def test_a_failure_of_the_producer_is_told_and_the_lane_goes_no_further(
    case: Case, step: str
) -> None:
    gate = getattr(case.log, step)
    gate.clear()
    case.offer(0, 1)
    case.decide()
    await turns()
    case.log.error = OSError("broken")
    gate.set()
    await turns()

    assert case.errors == [case.log.error]
    assert case.lane.published is None


async def test_a_lane_that_drains_finishes_what_it_began_and_begins_nothing(case: Case) -> None:
    case.log.acknowledging.clear()
    case.offer(0, 1)
    case.decide()
    tasks = case.lane.drain()
    case.offer(1, 2)
    case.log.acknowledging.set()
    await turns()

    assert all(task.done() for task in tasks)
    assert len(tasks) == 1
    assert len(case.log.outboxes) == 1
    assert case.handed == []
    assert case.lane.state is State.DRAINING


async def test_what_a_unit_left_is_the_beginning_of_the_next(case: Case) -> None:
    case.offer(0, 3)
    batch = case.handed.pop(0)
    unit = case.lane.begin(batch)
    assert unit is not None
    case.offer(3, 4)
    unit.each(lambda unit, message: unit.put(b"s", b"v" * (2 << 20 if message == b"1" else 1)))
    case.lane.seal(unit, batch.epoch, case._on_error)
    await turns()
    case.decide()
    await turns()

    assert [commit.marker.applied for commit in case.log.commits] == [{"in": 1}, {"in": 4}]


async def test_a_raising_handler_commits_what_was_before_and_hands_over_no_more(case: Case) -> None:
    def handle(unit: Unit[bytes], message: bytes) -> None:
        if message == b"1":
            raise ValueError("boom")
        unit.put(b"s", message)

    case.offer(0, 3)
    batch = case.handed.pop(0)
    unit = case.lane.begin(batch)
    assert unit is not None
    unit.each(handle)
    case.lane.seal(unit, batch.epoch, case._on_error)
    await turns()

    assert case.disk.get(b"s") == b"0"
    assert case.handed == []
    assert case.lane.intake.waiting == 2


# Repairs.


def accepted(case: Case, **states: bytes) -> Ledger:
    case.disk.write({key.encode(): value for key, value in states.items()})
    return Ledger(sequence=4, end=case.log.end, applied={"in": 9}, seen={"up/0": (3, 1)})


async def test_a_repair_writes_the_accepted_values_and_keeps_what_the_ledger_knows(
    case: Case,
) -> None:
    ledger = accepted(case, x=b"accepted")
    marker = await case.lane.repair(ledger, {MARKER_KEY, b"x", b"gone"})

    (commit,) = case.log.commits
    assert commit.states == {b"x": b"accepted", b"gone": None}
    assert marker == Marker(5, "p", marker.time, {"in": 9}, {"up/0": (3, 1)}, ())
    assert ledger.sequence == 5
    position = case.disk.position()
    assert position is not None
    assert (position.marker_offset, position.end, position.sequence) == (0, 3, 5)


async def test_a_repair_of_a_marker_alone_is_an_empty_commit(case: Case) -> None:
    await case.lane.repair(accepted(case), {MARKER_KEY})

    assert [commit.states for commit in case.log.commits] == [{}]


async def test_a_repair_too_large_for_one_commit_is_several(case: Case) -> None:
    """Accepted values may be larger than the rejected ones; a worker must not stop over them."""
    big = {f"s{n}": b"v" * (600 << 10) for n in range(8)}
    ledger = accepted(case, **big)
    await case.lane.repair(ledger, {key.encode() for key in big})

    assert len(case.log.commits) == 8
    assert [commit.marker.sequence for commit in case.log.commits] == list(range(5, 13))
    assert ledger.end == case.log.end == 16
    position = case.disk.position()
    assert position is not None
    assert (position.marker_offset, position.sequence) == (14, 12)


async def test_a_repair_that_is_fenced_midway_leaves_the_store_where_it_stood(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next restore must begin before the rejected commit, to find what is still tainted."""
    ledger = accepted(case, a=b"v" * (900 << 10), b=b"v" * (900 << 10))
    append = case.log.append

    async def intruder(changelog: str, partition: int, commit: commits.Commit) -> int:
        offset = await append(changelog, partition, commit)
        case.log.end += 1
        return offset

    monkeypatch.setattr(case.log, "append", intruder)
    with pytest.raises(Fenced):
        await case.lane.repair(ledger, {b"a", b"b"})

    assert case.disk.position() is None
