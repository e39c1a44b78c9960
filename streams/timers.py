"""Durable timers: messages that are published when their time has come, never before.

An agent sets a timer in its unit of work, so that it is committed with what it guards, and clears
it in the same way. The record holds the message whole, so that the clock decides nothing: whoever
publishes it, however often and however late, publishes the same bytes under the same id. When that
was, its log says.

The keys of a table sort by time, so that the first one is the next that is due. A record stays
until an agent clears it. While it stands unchanged it is published once by each worker that takes
over its partition, so that neither a kill nor a lost disk forgets it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from streams.metrics import TIMER_LATE_SECONDS, TIMERS
from streams.patience import Patience

if TYPE_CHECKING:
    from streams.application import Orderflow
    from streams.lane import Lane
    from streams.unit import Unit

PREFIX: Final = b"t/"
PAGE: Final = 200  # timers of a partition that are read, and published, at once
_LOOK_SECONDS = 60.0  # a wall clock that was put forward, or slept, is noticed within these
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_LAST = 253_402_300_799_999  # millisecond of the year 9999
_DIGITS = slice(len(PREFIX), len(PREFIX) + 8)


class Alarm(msgspec.Struct, frozen=True, array_like=True):
    """The message that a timer publishes, as it goes to its topic."""

    topic: str
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Alarm).decode


def set_timer(unit: Unit[Any], due: datetime, name: str, alarm: Alarm) -> None:
    """Have a message published at `due` or soon after; one in the past is due at once.

    Time and name together are its identity: set again, it is replaced.
    """
    unit.put(due_key(due, name), _encode(alarm))


def clear_timer(unit: Unit[Any], due: datetime, name: str) -> None:
    """Forget a timer, whether it has fired or not; there need not be one."""
    unit.delete(due_key(due, name))


def due_key(due: datetime, name: str) -> bytes:
    """Return the key of a timer's record: the order of such keys is the order of time."""
    return b"%b/%b" % (_first_key(-((_EPOCH - due) // _MILLISECOND)), name.encode())


class Timers:
    """Publishes what is due in one table, on the partitions of this worker."""

    def __init__(
        self, app: Orderflow, table: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.app = app
        self.now = now
        self._dials: dict[str, Dial] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._fired = TIMERS.labels(table)
        self._late_seconds = TIMER_LATE_SECONDS.labels(table)

    # As a follower of the table.

    def opened(self, lane: Lane) -> None:
        """Watch a partition; what is due already is published, perhaps again."""
        dial = self._dials[lane.writer] = Dial(lane)
        task = self._tasks[lane.writer] = asyncio.ensure_future(self._watch(dial))
        task.add_done_callback(self._on_done)

    def committed(self, lane: Lane, states: Mapping[bytes, bytes | None]) -> None:
        """Look at timers that were set."""
        if (dial := self._dials.get(lane.writer)) is None:
            return
        for key, value in states.items():
            if value is not None and key.startswith(PREFIX):
                dial.heed(key)

    def closed(self, lane: Lane) -> None:
        """Somebody else watches it from here on."""
        if self._dials.pop(lane.writer, None) is not None:
            self._tasks.pop(lane.writer).cancel()

    # One partition.

    async def _watch(self, dial: Dial) -> None:
        while True:
            if due := dial.advance(self._milliseconds()):
                await asyncio.gather(*(self._fire(key, value) for key, value in due))
            else:
                await self._sleep(dial)

    async def _sleep(self, dial: Dial) -> None:
        while not dial.moved.is_set():
            left = (dial.next - self._milliseconds()) / 1000
            if left <= 0:
                break
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(dial.moved.wait(), min(left, _LOOK_SECONDS))

    async def _fire(self, key: bytes, value: bytes) -> None:
        alarm = _decode(value)
        async for attempt in Patience("timers", announced=False):
            with attempt:
                await self.app.log_of_commits.accept(
                    alarm.topic, alarm.key, alarm.value, alarm.headers
                )
        self._fired.inc()
        self._late_seconds.observe(max(0, self._milliseconds() - _due_of(key)) / 1000)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            asyncio.ensure_future(self.app.crash(error))  # noqa: RUF006 - it ends the worker

    def _milliseconds(self) -> int:
        return (self.now() - _EPOCH) // _MILLISECOND


class Dial:
    """How far the timers of one partition have been taken: up to `passed`, and what is `late`.

    The records in front of `passed` are not read again: they were taken, or cleared and are slow
    to go over (RocksDB keeps what is deleted until it compacts). One that is set there is late.
    """

    def __init__(self, lane: Lane) -> None:
        self.store = lane.store
        self.passed = PREFIX
        self.late: set[bytes] = set()
        self.next = _LAST  # the time in milliseconds until which there is nothing to be done
        self.moved = asyncio.Event()

    def heed(self, key: bytes) -> None:
        """A timer was set."""
        if key <= self.passed:
            self.late.add(key)
            self.moved.set()
        elif _due_of(key) < self.next:
            self.moved.set()

    def advance(self, now: int) -> list[tuple[bytes, bytes]]:
        """Take what is due and was not taken: the late ones, and a page of the others."""
        self.moved.clear()
        end = _first_key(now + 1)
        taken = [
            (key, value)
            for key in self.late
            if key < end and (value := self.store.get(key)) is not None
        ]
        self.late = {
            key for key in self.late if key >= end
        }  # a clock that was put back is waited for
        page = self.store.scan(PREFIX, after=self.passed, limit=PAGE)
        due = [(key, value) for key, value in page if key < end]
        if len(due) == PAGE:
            self.passed = due[-1][0]
        else:
            self.passed = max(self.passed, end)
            self.next = _due_of(page[len(due)][0]) if len(due) < len(page) else _LAST
        self.next = min([self.next, *map(_due_of, self.late)])
        return taken + due


def _first_key(milliseconds: int) -> bytes:
    """The beginning of all keys of a time; those of an earlier time are less."""
    return PREFIX + min(max(milliseconds, 0), _LAST).to_bytes(8)


def _due_of(key: bytes) -> int:
    return int.from_bytes(key[_DIGITS])
