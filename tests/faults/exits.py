"""Named points of a commit at which a worker can be made to exit, as suddenly as by kill -9.

`RELAY_EXIT_AT=after-append:7` ends the process when it comes to that point for the seventh time.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import Any

from streams.lane import Lane
from streams.transport import Producer
from streams.watch import Watch

POINTS = (
    "before-append",
    "after-append",
    "after-store",
    "in-publish",
    "after-publish",
    "after-progress",
)
EXIT_CODE = 9


def arm(point: str, times: int) -> None:
    """Wrap what surrounds the point."""
    left = times

    def reached() -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            os._exit(EXIT_CODE)

    lane: Any = Lane
    producer: Any = Producer
    watch: Any = Watch
    match point:
        case "before-append":
            lane._append = _before(lane._append, reached)
        case "after-append":
            producer.append = _after(producer.append, reached)
        case "after-store":
            lane._publish = _before(lane._publish, reached)
        case "in-publish":
            producer._publish_batch = _after(producer._publish_batch, reached)
        case "after-publish":
            lane._publish = _after(lane._publish, reached)
        case "after-progress":
            watch.show_progress = _after(watch.show_progress, reached)
        case _:
            raise ValueError(point)


def arm_from_environment() -> None:
    """Do what `RELAY_EXIT_AT` says, if it says anything."""
    if at := os.environ.get("RELAY_EXIT_AT"):
        point, times = at.split(":")
        arm(point, int(times))


Step = Callable[..., Awaitable[Any]]


def _before(step: Step, reached: Callable[[], None]) -> Step:
    async def wrapped(*args: Any, **kwargs: Any) -> Any:
        reached()
        return await step(*args, **kwargs)

    return wrapped


def _after(step: Step, reached: Callable[[], None]) -> Step:
    async def wrapped(*args: Any, **kwargs: Any) -> Any:
        result = await step(*args, **kwargs)
        reached()
        return result

    return wrapped
