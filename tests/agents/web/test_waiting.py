"""Waiting: woken by what is committed, bounded in time and number."""

from __future__ import annotations

import asyncio

from agents.web.waiting import Waiting
from tests.faults.workers import eventually


async def registered(waiting: Waiting, number: int = 1) -> None:
    """Let others go on until so many names are waited for."""
    await eventually(lambda: len(waiting) == number, "somebody waits", patience=10)


def nothing() -> int | None:
    """As a look that finds nothing."""
    return None


async def test_what_is_there_already_is_not_waited_for() -> None:
    assert await Waiting().until("o", lambda: 7, 30) == 7


async def test_who_waits_is_woken_by_its_own_name_only() -> None:
    waiting, looks = Waiting(), list[str]()
    found: list[int] = []

    def look() -> int | None:
        looks.append("")
        return found[0] if found else None

    task = asyncio.create_task(waiting.until("o", look, 30))
    await registered(waiting)
    waiting.wake("other")
    found.append(7)
    waiting.wake("o")

    assert await task == 7
    assert len(looks) == 2
    assert len(waiting) == 0


async def test_a_change_between_look_and_sleep_is_not_missed() -> None:
    waiting = Waiting()
    found: list[int] = []

    def look() -> int | None:
        if found:
            return found[0]
        found.append(7)
        waiting.wake("o")
        return None

    assert await waiting.until("o", look, 30) == 7


async def test_time_runs_out() -> None:
    waiting = Waiting()

    assert await waiting.until("o", nothing, 0.01) is None
    assert len(waiting) == 0


async def test_all_may_be_woken_and_sent_home() -> None:
    waiting = Waiting()
    tasks = [asyncio.create_task(waiting.until(name, nothing, 30)) for name in "ab"]
    await registered(waiting, 2)

    waiting.close()

    assert [await task for task in tasks] == [None, None]


async def test_one_too_many_does_not_wait() -> None:
    waiting = Waiting(most=1)
    task = asyncio.create_task(waiting.until("o", nothing, 30))
    await registered(waiting)

    assert await waiting.until("o", nothing, 30) is None

    waiting.close()
    await task


async def test_who_is_cancelled_makes_room() -> None:
    waiting = Waiting(most=1)
    task = asyncio.create_task(waiting.until("o", nothing, 30))
    await registered(waiting)

    task.cancel()
    await asyncio.wait([task])

    assert len(waiting) == 0
    assert await waiting.until("o", lambda: 7, 30) == 7
