"""The runtime between Faust and its lanes: assignments, deliveries and pauses."""

from __future__ import annotations

import pytest
from faust.types import TP

from models.errors import RecordsExpired, WorkerMustStop
from streams import lane as lanes
from streams import runtime as module
from streams.lane import State
from streams.runtime import Runtime
from streams.store import PartitionStore
from tests.streams.fakes import FakeApp, Restoring, assigned, attach, fetched, turns

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
    runtime.deliver(fetched("in", 0, 3))
    runtime.deliver(fetched("in", 3, 5))

    assert [batch.lane.writer for batch in handed] == ["t/0"]
    assert runtime.lanes["t", 0].intake.waiting == 5


async def test_a_gap_is_sought_back_to(runtime: Runtime, app: FakeApp) -> None:
    attach(runtime)
    await runtime.take_over(assigned("in", partitions=[0]))
    runtime.deliver(fetched("in", 2, 3))
    await turns()

    assert app.group_consumer.seeks[1:] == [{TP("in", 0): 0}]


async def test_a_gap_that_the_log_no_longer_fills_stops_the_worker(
    runtime: Runtime, app: FakeApp
) -> None:
    attach(runtime)
    await runtime.take_over(assigned("in", partitions=[0]))
    app.group_consumer.first[TP("in", 0)] = 2
    runtime.deliver(fetched("in", 2, 3))
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
    runtime.deliver(fetched("in", 2, 3))
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
    runtime.deliver(fetched("in", 0, 5))
    assert runtime.holds(tp)
    assert app.group_consumer.holding == {tp}

    fast.intake.take(10)
    runtime.after_unit(fast)
    assert runtime.holds(tp)

    slow.intake.take(10)
    runtime.after_unit(slow)
    assert app.group_consumer.holding == set()


async def test_a_pause_ends_with_a_new_assignment(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "_HIGH_WATER", 1)
    attach(runtime)
    await runtime.take_over(assigned("in", partitions=[0]))
    runtime.deliver(fetched("in", 0, 5))
    await runtime.take_over(assigned("in", partitions=[0]))

    assert not runtime.holds(TP("in", 0))
    runtime.after_unit(runtime.lanes["t", 0])
