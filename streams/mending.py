"""Mending: what is done for a lane in the background, each thing at most once at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from streams.lane import Lane

Work = Callable[[], Coroutine[Any, Any, None]]


class Mending:
    """Tasks by lane and what they do; `on_error` is told of every error in one of them."""

    def __init__(self, on_error: Callable[[Lane, BaseException], Awaitable[None]]) -> None:
        self._on_error = on_error
        self._tasks: dict[tuple[Lane, str], asyncio.Task[None]] = {}

    def begin(self, lane: Lane, what: str, work: Work) -> None:
        """Do it, unless it is being done."""
        running = self._tasks.get((lane, what))
        if running is None or running.done():
            task = asyncio.get_running_loop().create_task(self._guarded(lane, work))
            self._tasks[lane, what] = task

    async def stop(self) -> None:
        """Cancel everything, and what it begins meanwhile; returns when all of it has ended."""
        while self._tasks:
            tasks = list(self._tasks.values())
            self._tasks.clear()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _guarded(self, lane: Lane, work: Work) -> None:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - whatever it is must not be lost
            await self._on_error(lane, error)
