"""The effect executor: the only way to the outside world, for calls that are state.

An agent writes what is to be called into its table, in the same commit as the decision; the
executor follows that table and makes each call that stands there, many at once, never holding up
a partition. The outcome comes back as a message, on which the agent ends the pending call. So a
kill forgets nothing: whoever owns the partition next finds the call pending and makes it again,
under the same key.

Unknown is not failed: after silence the outside is first asked what it knows of the key, and the
call made again, under that key, only if it knows nothing. It is asked for ever, with backoff.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from mode import get_logger

from models.errors import TransientError
from models.messages import Payload
from streams.metrics import EFFECTS, PENDING_EFFECTS
from streams.origins import Headers
from streams.patience import Patience
from streams.topics import Topic

if TYPE_CHECKING:
    from streams.application import Orderflow
    from streams.lane import Lane

logger = get_logger(__name__)

C = TypeVar("C")
CALLS_AT_ONCE = 200  # per executor; a call that waits to be repeated is not counted
_PAGE = 1_000
_WORTH_SAYING = 3  # silences of one call: below that it passes by itself

Outgoing = tuple[Topic, bytes, bytes, Headers]  # topic, key, value, headers


class Effect(Protocol[C]):
    """What an executor has to know of one kind of call."""

    @property
    def name(self) -> str:
        """For logs and metrics."""

    @property
    def prefix(self) -> bytes:
        """Of the keys of pending calls in the table."""

    def read(self, value: bytes) -> C:
        """The pending call as the table holds it."""

    async def perform(self, call: C) -> Payload:
        """Make the call; raises TransientError if what came of it is not known."""

    async def find(self, call: C) -> Payload | None:
        """Ask what came of it; None if the outside knows nothing of its key."""

    def report(self, call: C, answer: Payload, now: datetime) -> Outgoing:
        """The message that tells the outcome to the agent."""

    async def close(self) -> None:
        """Give connections free."""


class Executor(Generic[C]):
    """Makes the pending calls of one table, on the partitions of this worker."""

    def __init__(self, app: Orderflow, effect: Effect[C]) -> None:
        self.app = app
        self.effect = effect
        self._tasks: dict[tuple[str, bytes], asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(CALLS_AT_ONCE)
        self._silent: set[bytes] = set()
        self._pending = PENDING_EFFECTS.labels(effect.name)

    # As a follower of the table.

    def opened(self, lane: Lane) -> None:
        """Make what is pending: perhaps again, under the same keys."""
        after = None
        while page := list(lane.store.scan(self.effect.prefix, after=after, limit=_PAGE)):
            for key, value in page:
                self._begin(lane, key, value)
            after = page[-1][0]

    def committed(self, lane: Lane, states: Mapping[bytes, bytes | None]) -> None:
        """Make new calls; leave off those that are answered."""
        for key, value in states.items():
            if key.startswith(self.effect.prefix):
                if value is None:
                    self._end(lane, key)
                else:
                    self._begin(lane, key, value)

    def closed(self, lane: Lane) -> None:
        """Somebody else makes them from here on."""
        for writer, key in list(self._tasks):
            if writer == lane.writer:
                self._end(lane, key)

    async def close(self) -> None:
        """The worker ends."""
        await self.effect.close()

    # One call.

    def _begin(self, lane: Lane, key: bytes, value: bytes) -> None:
        at = (lane.writer, key)
        if at not in self._tasks:
            call = self.effect.read(value)
            task = self._tasks[at] = asyncio.ensure_future(self._pursue(key, call))
            task.add_done_callback(self._on_done)
            self._pending.set(len(self._tasks))

    def _end(self, lane: Lane, key: bytes) -> None:
        task = self._tasks.pop((lane.writer, key), None)
        if task is not None:
            task.cancel()
        self._heard(key)
        self._pending.set(len(self._tasks))

    def _on_done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            asyncio.ensure_future(self.app.crash(error))  # noqa: RUF006 - it ends the worker

    async def _pursue(self, key: bytes, call: C) -> None:
        answer = await self._outcome(key, call)
        outgoing = self.effect.report(call, answer, datetime.now(UTC))
        async for attempt in Patience(f"reporting of {self.effect.name}", announced=False):
            with attempt:
                topic, home, value, headers = outgoing
                await self.app.log_of_commits.accept(topic.name, home, value, headers)

    async def _outcome(self, key: bytes, call: C) -> Payload:
        attempts = 0
        async for attempt in Patience(f"calls to {self.effect.name}", announced=False):
            with attempt:
                try:
                    answer = await self._ask(call, again=attempts > 0)
                except TransientError as error:
                    attempts += 1
                    self._unheard(key, attempts, error)
                    raise
                EFFECTS.labels(self.effect.name, "answered").inc()
                self._heard(key)
        return answer

    async def _ask(self, call: C, *, again: bool) -> Payload:
        async with self._slots:
            found = await self.effect.find(call) if again else None
            return await self.effect.perform(call) if found is None else found

    # Lasting silence is said once, not once for every call.

    def _unheard(self, key: bytes, attempts: int, error: TransientError) -> None:
        EFFECTS.labels(self.effect.name, "silent").inc()
        if attempts >= _WORTH_SAYING:
            if not self._silent:
                logger.warning("%s: %s; calls wait and are made again", self.effect.name, error)
            self._silent.add(key)

    def _heard(self, key: bytes) -> None:
        if key in self._silent:
            self._silent.discard(key)
            if not self._silent:
                logger.info("%s: no call waits for an answer any more", self.effect.name)
