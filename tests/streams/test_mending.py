"""What is done for a lane in the background: once at a time, never lost, ended on demand."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from streams.lane import Lane
from streams.mending import Mending
from tests.streams.fakes import turns

LANE = cast("Lane", "a lane")


class Work:
    """Something to do that ends when the test lets it."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended = 0
        self.gate = asyncio.Event()
        self.error: Exception | None = None

    async def __call__(self) -> None:
        self.begun += 1
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        self.ended += 1


async def nothing_wrong(_: Any, error: BaseException) -> None:
    raise AssertionError(error)


async def test_one_thing_is_done_once_at_a_time_and_again_when_it_is_done() -> None:
    mending, work = Mending(nothing_wrong), Work()
    for _ in range(3):
        mending.begin(LANE, "changelog", work)
    await turns()
    assert work.begun == 1

    work.gate.set()
    await turns()
    mending.begin(LANE, "changelog", work)
    await turns()
    assert (work.begun, work.ended) == (2, 2)


async def test_what_is_asked_for_in_the_very_moment_of_the_end_is_done() -> None:
    mending, first, second = Mending(nothing_wrong), Work(), Work()

    async def hand_over() -> None:
        await first()
        asyncio.get_running_loop().call_soon(mending.begin, LANE, "changelog", second)

    mending.begin(LANE, "changelog", hand_over)
    await turns()
    first.gate.set()
    await turns()

    assert second.begun == 1
    await mending.stop()


async def test_different_things_are_done_side_by_side() -> None:
    mending, work = Mending(nothing_wrong), Work()
    mending.begin(LANE, "changelog", work)
    mending.begin(LANE, "in", work)
    mending.begin(cast("Lane", "another"), "in", work)
    await turns()

    assert work.begun == 3
    await mending.stop()


async def test_an_error_is_handed_on_with_its_lane() -> None:
    errors = []

    async def on_error(lane: Lane, error: BaseException) -> None:
        errors.append((lane, error))

    mending, work = Mending(on_error), Work()
    work.error = ValueError("broken")
    work.gate.set()
    mending.begin(LANE, "in", work)
    await turns()

    assert errors == [(LANE, work.error)]


async def test_after_a_stop_nothing_goes_on_not_even_what_was_begun_meanwhile() -> None:
    mending, work = Mending(nothing_wrong), Work()

    async def stubborn() -> None:
        try:
            await work()
        finally:
            mending.begin(LANE, "in", work)

    mending.begin(LANE, "changelog", stubborn)
    await turns()
    await mending.stop()
    work.gate.set()
    await turns()

    assert work.ended == 0
