"""Patience: wait for what will pass, longer each time, and say so once."""

from __future__ import annotations

import asyncio
import random
from types import TracebackType

from aiokafka.errors import KafkaError
from mode import get_logger

from models.errors import TransientError

logger = get_logger(__name__)

_FIRST_SECONDS = 0.1
_LAST_SECONDS = 5.0
PASSING = (TransientError, KafkaError, OSError, asyncio.TimeoutError)


class Patience:
    """`async for attempt in Patience(what): with attempt: …` repeats the block until it succeeds.

    Errors of `PASSING` are waited out with exponential backoff and full jitter; the first is
    logged as one warning, and the success after it as one line, unless the caller announces
    trouble itself. Others go through.
    """

    def __init__(self, what: str, *, announced: bool = True) -> None:
        self.what = what
        self.announced = announced
        self.failures = 0
        self.done = False

    def __aiter__(self) -> Patience:
        return self

    async def __anext__(self) -> Patience:
        if self.done:
            raise StopAsyncIteration
        if self.failures:
            ceiling = min(_LAST_SECONDS, _FIRST_SECONDS * 2 ** min(self.failures, 10))
            await asyncio.sleep(random.uniform(_FIRST_SECONDS, ceiling))  # noqa: S311 - jitter
        return self

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if error is None:
            self.done = True
            if self.failures and self.announced:
                logger.warning("%s: succeeded after %d attempts", self.what, self.failures + 1)
            return False
        if not isinstance(error, PASSING):
            return False
        self.failures += 1
        if self.failures == 1 and self.announced:
            logger.warning("%s: waiting, since %s: %s", self.what, type(error).__name__, error)
        return True
