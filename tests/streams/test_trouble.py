"""What a runtime does when a lane is fenced, fails, or is to be given up."""

from __future__ import annotations

import asyncio

from models.errors import Fenced, WorkerMustStop
from streams.lane import State
from streams.runtime import Runtime
from tests.streams.fakes import FakeApp, Restoring, assigned, attach, turns


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
