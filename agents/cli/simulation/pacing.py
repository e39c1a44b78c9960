"""When the next order is sent: by a schedule, and never faster than asked."""

from __future__ import annotations

import asyncio
from typing import Final

# A turn that comes late is caught up with, if it is late by less than this; what was missed for
# longer (the server was away, too much is in flight) is not sent in one burst afterwards.
SLACK: Final = 0.1


class Pacer:
    """Turns at a rate: over any time t at most (t + SLACK) * rate + 1 of them."""

    def __init__(self, rate: float) -> None:
        self._interval = 1 / rate
        self._next: float | None = None

    def delay(self, now: float) -> float:
        """Take the next turn; it is so many seconds from now."""
        if self._next is None:
            self._next = now
        turn = max(self._next, now - SLACK)
        self._next = turn + self._interval
        return max(0.0, turn - now)

    async def turn(self) -> None:
        """Wait for the next turn."""
        await asyncio.sleep(self.delay(asyncio.get_running_loop().time()))
