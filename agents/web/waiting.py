"""Waiting: requests that stay until an order or a SKU has changed, without ever polling.

Whoever waits looks once after having registered, and again whenever a commit has touched the name
it waits for. Many may wait, but not without bound; one too many does not wait at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

MOST_WAITING: Final = 1_000


class Waiting:
    """Who waits for what."""

    def __init__(self, most: int = MOST_WAITING) -> None:
        self._waiters: dict[str, set[asyncio.Event]] = {}
        self._room = most
        self._closed = False

    def __len__(self) -> int:
        """For how many names somebody waits."""
        return len(self._waiters)

    def wake(self, name: str) -> None:
        """Something was committed about a name."""
        for changed in self._waiters.get(name, ()):
            changed.set()

    def wake_all(self) -> None:
        """Anything may have been committed: a partition was taken over."""
        for name in self._waiters:
            self.wake(name)

    def close(self) -> None:
        """The worker ends: nobody waits any longer."""
        self._closed = True
        self.wake_all()

    async def until(self, name: str, look: Callable[[], T | None], seconds: float) -> T | None:
        """Return what `look` finds, as soon as it finds something; None when the time is over."""
        changed = asyncio.Event()
        if not self._room:
            return look()
        self._room -= 1
        self._waiters.setdefault(name, set()).add(changed)
        try:
            async with asyncio.timeout(seconds):
                while (found := look()) is None and not self._closed:
                    await changed.wait()
                    changed.clear()
                return found
        except TimeoutError:
            return None
        finally:
            self._room += 1
            waiters = self._waiters[name]
            waiters.discard(changed)
            if not waiters:
                del self._waiters[name]
