"""The runtime between Faust and its lanes: assignments, deliveries, pauses, trouble."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from models.errors import Fenced, RecordsExpired, WorkerMustStop
from streams import lane as lanes
from streams import runtime as module
from streams.changelog import Restored
from streams.lane import Batch, Lane, State
from streams.ledger import Ledger
from streams.runtime import Attachment, Runtime
from streams.store import PartitionStore
from tests.streams.fakes import FakeApp, fetched, turns


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


@pytest.fixture
def restoring(monkeypatch: pytest.MonkeyPatch) -> Restoring:
    restoring = Restoring()
    monkeypatch.setattr(module, "restore", restoring)
    return restoring


@pytest.fixture
def app(tmp_path: Path) -> FakeApp:
    return FakeApp(tmp_path)


@pytest.fixture
def runtime(app: FakeApp, restoring: Restoring) -> Iterator[Runtime]:
    runtime = app.runtime = Runtime(app)  # type: ignore[arg-type]
    yield runtime
    runtime.release()


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


# Assignment.


async def test_a_table_has_one_agent(runtime: Runtime) -> None:
    attach(runtime)

    with pytest.raises(WorkerMustStop, match="'t' has two agents"):
        attach(runtime)


async def test_agents_that_do_not_read_units_are_named(
    runtime: Runtime, app: FakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_ATTACH_SECONDS", 0.01)
    app.agents = {"orders": object(), "stock": object()}
    attach(runtime)

    with pytest.raises(WorkerMustStop, match="of the agents orders, stock only 1 read"):
        await runtime.take_over(assigned("in"))


async def test_every_assigned_partition_is_restored_opened_and_sought(
    runtime: Runtime, app: FakeApp, restoring: Restoring
) -> None:
    attach(runtime)
    restoring.expected = 7
    await runtime.take_over(assigned("in"))

    assert restoring.calls == [["t/0", "t/1"]]
    assert all(lane.state is State.OPEN for lane in runtime.lanes.values())
    assert app.group_consumer.seeks == [{TP("in", 0): 7, TP("in", 1): 7}]


async def test_streams_take_what_they_are_handed_before_any_lane_opens(
    runtime: Runtime, app: FakeApp, restoring: Restoring
) -> None:
    """A unit handed over while the flow is suspended is lost, and its lane waits for ever."""
    attach(runtime)
    flowing = []
    restoring.on_open = lambda _: flowing.append(app.flow_control.active)
    await runtime.take_over(assigned("in"))

    assert flowing == [True, True]


async def test_lanes_of_partitions_that_went_elsewhere_give_their_stores_free(
    runtime: Runtime,
) -> None:
    attach(runtime)
    await runtime.take_over(assigned("in"))
    gone = runtime.lanes["t", 1]
    await runtime.take_over(assigned("in", partitions=[0]))

    assert list(runtime.lanes) == [("t", 0)]
    assert gone.state is State.CLOSED
    PartitionStore(gone.store.path).close()


async def test_a_partition_is_worked_on_only_with_all_topics_of_its_agent(
    runtime: Runtime, caplog: pytest.LogCaptureFixture
) -> None:
    attach(runtime, "t", "in", "other")
    await runtime.take_over({*assigned("in"), *assigned("other", partitions=[1])})

    assert list(runtime.lanes) == [("t", 1)]
    assert "partitions [0] are not worked on" in caplog.text


async def test_partitions_that_were_added_stop_the_worker(runtime: Runtime) -> None:
    attach(runtime)

    with pytest.raises(WorkerMustStop, match=r"partitions \[2\] were added"):
        await runtime.take_over(assigned("in", partitions=[0, 1, 2]))


async def test_lanes_that_share_a_partition_are_sought_to_the_earlier_one(
    runtime: Runtime, app: FakeApp, restoring: Restoring
) -> None:
    attach(runtime, "a")
    attach(runtime, "b")
    restoring.on_open = lambda lane: lane.intake.expected.update(
        {"in": 5 if lane.table == "a" else 3}
    )
    await runtime.take_over(assigned("in", partitions=[0]))
    assert app.group_consumer.seeks == [{TP("in", 0): 3}]

    await runtime.seek_back(TP("in", 0))
    assert app.group_consumer.seeks[1:] == [{TP("in", 0): 3}]


# Records.


async def test_a_batch_is_handed_over_once_however_much_arrives(runtime: Runtime) -> None:
    handed = attach(runtime)
    await runtime.take_over(assigned("in", partitions=[0]))
    runtime.deliver(fetched("in", 0, 3))  # type: ignore[arg-type]
    runtime.deliver(fetched("in", 3, 5))  # type: ignore[arg-type]

    assert [batch.lane.writer for batch in handed] == ["t/0"]
    assert runtime.lanes["t", 0].intake.waiting == 5


async def test_a_gap_is_sought_back_to(runtime: Runtime, app: FakeApp) -> None:
    attach(runtime)
    await runtime.take_over(assigned("in", partitions=[0]))
    runtime.deliver(fetched("in", 2, 3))  # type: ignore[arg-type]
    await turns()

    assert app.group_consumer.seeks[1:] == [{TP("in", 0): 0}]


async def test_a_gap_that_the_log_no_longer_fills_stops_the_worker(
    runtime: Runtime, app: FakeApp
) -> None:
    attach(runtime)
    await runtime.take_over(assigned("in", partitions=[0]))
    app.group_consumer.first[TP("in", 0)] = 2
    runtime.deliver(fetched("in", 2, 3))  # type: ignore[arg-type]
    await turns()

    assert [type(error) for error in app.crashes] == [RecordsExpired]
    assert runtime.lanes["t", 0].state is State.CLOSED


async def test_a_gap_that_the_operator_chose_to_skip_is_gone_on_from(
    runtime: Runtime, app: FakeApp
) -> None:
    attach(runtime)
    app.skip_expired = True
    await runtime.take_over(assigned("in", partitions=[0]))
    app.group_consumer.first[TP("in", 0)] = 2
    runtime.deliver(fetched("in", 2, 3))  # type: ignore[arg-type]
    await turns()

    assert app.crashes == []
    assert app.group_consumer.seeks[1:] == [{TP("in", 0): 2}]


async def test_fetching_pauses_until_every_lane_of_the_partition_has_worked_off_enough(
    runtime: Runtime, app: FakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the hungry one would have the other's backlog grow without end."""
    monkeypatch.setattr(lanes, "_HIGH_WATER", 4)
    monkeypatch.setattr(lanes, "_LOW_WATER", 2)
    attach(runtime, "slow")
    attach(runtime, "fast")
    await runtime.take_over(assigned("in", partitions=[0]))
    slow, fast, tp = runtime.lanes["slow", 0], runtime.lanes["fast", 0], TP("in", 0)
    runtime.deliver(fetched("in", 0, 5))  # type: ignore[arg-type]
    assert runtime.holds(tp)
    assert app.group_consumer.holding == {tp}

    fast.intake.take(10)
    runtime.after_unit(fast)
    assert runtime.holds(tp)

    slow.intake.take(10)
    runtime.after_unit(slow)
    assert app.group_consumer.holding == set()


async def test_a_pause_ends_with_a_new_assignment(
    runtime: Runtime, app: FakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "_HIGH_WATER", 1)
    attach(runtime)
    await runtime.take_over(assigned("in", partitions=[0]))
    runtime.deliver(fetched("in", 0, 5))  # type: ignore[arg-type]
    await runtime.take_over(assigned("in", partitions=[0]))

    assert not runtime.holds(TP("in", 0))
    runtime.after_unit(runtime.lanes["t", 0])


# Trouble.


async def test_a_fenced_lane_is_restored_and_goes_on_while_others_work(
    runtime: Runtime, restoring: Restoring
) -> None:
    attach(runtime)
    await runtime.take_over(assigned("in"))
    lane, other = runtime.lanes["t", 0], runtime.lanes["t", 1]
    await runtime.on_error(lane, Fenced("somebody else"))
    assert (lane.state, other.state) == (State.CLOSED, State.OPEN)

    await turns()
    assert lane.state is State.OPEN
    assert restoring.calls[1:] == [["t/0"]]


async def test_a_lane_that_is_fenced_again_while_it_is_sought_is_restored_again(
    runtime: Runtime, app: FakeApp, restoring: Restoring
) -> None:
    """It works again from the moment it is open, so it may be fenced before the seek is done."""
    attach(runtime)
    await runtime.take_over(assigned("in", partitions=[0]))
    lane = runtime.lanes["t", 0]
    app.group_consumer.gate.clear()
    await runtime.on_error(lane, Fenced("once"))
    await turns()
    assert lane.state is State.OPEN
    await runtime.on_error(lane, Fenced("twice"))
    await turns()
    app.group_consumer.gate.set()
    await turns()

    assert lane.state is State.OPEN
    assert len(restoring.calls) == 3


async def test_a_lane_that_is_fenced_while_it_is_given_up_is_left_to_its_next_owner(
    runtime: Runtime, restoring: Restoring
) -> None:
    attach(runtime)
    await runtime.take_over(assigned("in", partitions=[0]))
    lane = runtime.lanes["t", 0]
    lane.drain()
    await runtime.on_error(lane, Fenced("somebody else"))
    await runtime.drain()
    await turns()

    assert lane.state is State.CLOSED
    assert len(restoring.calls) == 1


async def test_a_new_assignment_ends_a_restore_under_way(
    runtime: Runtime, restoring: Restoring
) -> None:
    attach(runtime)
    await runtime.take_over(assigned("in", partitions=[0]))
    lane = runtime.lanes["t", 0]
    restoring.gate.clear()
    await runtime.on_error(lane, Fenced("somebody else"))
    await turns()
    taking_over = asyncio.create_task(runtime.take_over(assigned("in", partitions=[0])))
    await turns()
    epoch = lane.epoch
    restoring.gate.set()
    await taking_over
    await turns()

    assert lane.epoch == epoch + 1, "it was opened once, by the new assignment"


async def test_an_error_that_is_no_fence_closes_the_lane_and_stops_the_worker(
    runtime: Runtime, app: FakeApp
) -> None:
    attach(runtime)
    await runtime.take_over(assigned("in", partitions=[0]))
    error = WorkerMustStop("the disk is full")
    await runtime.on_error(runtime.lanes["t", 0], error)

    assert app.crashes == [error]
    assert runtime.lanes["t", 0].state is State.CLOSED


async def test_a_drain_shows_progress_and_closes_every_lane(runtime: Runtime, app: FakeApp) -> None:
    attach(runtime)
    await runtime.take_over(assigned("in"))
    await runtime.drain()

    assert app.progress_shown == 1
    assert all(lane.state is State.CLOSED for lane in runtime.lanes.values())


async def test_a_drain_without_lanes_asks_nothing_of_a_consumer_that_may_not_be_there(
    runtime: Runtime, app: FakeApp
) -> None:
    await runtime.drain()

    assert app.progress_shown == 0
