"""Requests that wait for a server that is away, and are never more than so many at a time.

That it is away is said once, with what to do about it. A request that is tried again has the same
idempotency key, so it has one effect.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, Final, TypeVar

from agents.cli.client import Answer, Api, Body, ServerAway

T = TypeVar("T")
_FIRST_PAUSE: Final = 0.05  # an order takes 0.1 s
_LONGEST_PAUSE: Final = 2.0


def pauses() -> Iterator[float]:
    """Seconds between one attempt and the next: half as long again each time, two at most."""
    pause = _FIRST_PAUSE
    while True:
        yield pause
        pause = min(pause * 1.5, _LONGEST_PAUSE)


async def seen(look: Callable[[], Awaitable[T]], good: Callable[[T], bool], seconds: float) -> T:
    """What `look` sees as soon as it is good, or when the time is over."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + seconds
    for pause in pauses():
        found = await look()
        if good(found) or clock() >= deadline:
            return found
        await asyncio.sleep(pause)
    raise AssertionError("pauses never end")


class PatientApi:
    """The API for somebody who has `patience` seconds for each request."""

    def __init__(
        self, api: Api, *, in_flight: int, patience: float, note: Callable[[str], None]
    ) -> None:
        self.patience = patience
        self.in_flight = in_flight
        self._api = api
        self._slots = asyncio.Semaphore(in_flight)
        self._note = note
        self._away = False

    async def get(self, *path: str) -> Body:
        """Ask for what is at a path."""
        return await self._answered(lambda: self._api.get(*path))

    async def post(self, *path: str, body: Mapping[str, Any], key: str, wait: float = 0) -> Answer:
        """Ask for a change, which has one effect however often it is asked for."""
        return await self._answered(lambda: self._api.post(*path, body=body, key=key, wait=wait))

    async def _answered(self, ask: Callable[[], Awaitable[T]]) -> T:
        async with self._slots:
            waited = 0.0
            for pause in pauses():
                try:
                    answer = await ask()
                except ServerAway as error:
                    if waited >= self.patience:
                        raise
                    self._is_away(error)
                    await asyncio.sleep(pause)
                    waited += pause
                else:
                    self._is_back()
                    return answer
        raise AssertionError("pauses never end")

    def _is_away(self, error: ServerAway) -> None:
        if not self._away:
            self._away = True
            self._note(f"{error}\nwaiting for it, up to {self.patience:g} s")

    def _is_back(self) -> None:
        if self._away:
            self._away = False
            self._note("the server answers again")
