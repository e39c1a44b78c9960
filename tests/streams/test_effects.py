"""The effect executor: pending calls are made until their outcome is known, and reported."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError

from models.errors import TransientError, WorkerMustStop
from models.messages import Payload
from streams import topics
from streams.effects import CALLS_AT_ONCE, Executor, Outgoing
from tests.faults.workers import eventually

PREFIX = b"c/"


class Done(Payload, frozen=True, kw_only=True):
    """What the outside says of a call."""

    key: str
    how: str = "performed"


class Outside:
    """An outside that can be silent, and remembers what was asked of it."""

    name = "outside"
    prefix = PREFIX

    def __init__(self) -> None:
        self.silent_for = 0
        self.effects: set[str] = set()
        self.asked: list[str] = []
        self.open = self.most_open = 0
        self.gate: Callable[[], Any] | None = None
        self.closed = False

    def read(self, value: bytes) -> str:
        return value.decode()

    async def perform(self, call: str) -> Payload:
        self.asked.append(f"perform {call}")
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            if self.gate is not None:
                await self.gate()
        finally:
            self.open -= 1
        if self.silent_for:
            self.silent_for -= 1
            raise TransientError("no answer")
        self.effects.add(call)
        return Done(key=call)

    async def find(self, call: str) -> Payload | None:
        self.asked.append(f"find {call}")
        return Done(key=call, how="found") if call in self.effects else None

    def report(self, call: str, answer: Payload, now: datetime) -> Outgoing:
        assert now.tzinfo is not None
        assert isinstance(answer, Done)
        return topics.payment_commands, b"home", f"{call} {answer.how}".encode(), ()

    async def close(self) -> None:
        self.closed = True


class Broker:
    """What an executor uses of the app."""

    def __init__(self) -> None:
        self.log_of_commits = self
        self.reported: list[str] = []
        self.refusing: list[Exception] = []
        self.crash_reason: BaseException | None = None

    async def accept(self, topic: str, key: bytes, value: bytes, headers: object) -> None:
        assert (topic, key, headers) == (topics.payment_commands.name, b"home", ())
        if self.refusing:
            raise self.refusing.pop()
        self.reported.append(value.decode())

    async def crash(self, reason: BaseException) -> None:
        self.crash_reason = reason


class Lane:
    """A lane whose store holds pending calls."""

    writer = "payments/0"

    def __init__(self, *pending: str) -> None:
        self.store = self
        self.states = {PREFIX + each.encode(): each.encode() for each in pending}

    def scan(
        self, prefix: bytes, *, after: bytes | None = None, limit: int
    ) -> Iterator[tuple[bytes, bytes]]:
        later = [each for each in sorted(self.states.items()) if after is None or each[0] > after]
        return iter([each for each in later if each[0].startswith(prefix)][:limit])


@pytest.fixture
def outside() -> Outside:
    """An outside that answers."""
    return Outside()


@pytest.fixture
def broker() -> Broker:
    """A broker that takes what it is given."""
    return Broker()


@pytest.fixture
def executor(broker: Any, outside: Outside) -> Executor[str]:
    """The executor between the two."""
    return Executor(broker, outside)


def opened(executor: Executor[str], *pending: str) -> Any:
    """Open a lane in whose store these calls are pending."""
    lane: Any = Lane(*pending)
    executor.opened(lane)
    return lane


async def test_a_call_that_is_committed_is_made_and_its_outcome_reported(
    executor: Executor[str], broker: Broker
) -> None:
    lane = opened(executor)

    executor.committed(lane, {b"c/a": b"a", b"p/other": b"no call", b"p/gone": None})

    await eventually(lambda: broker.reported == ["a performed"], "the outcome is reported")


async def test_calls_that_are_pending_when_a_partition_is_taken_over_are_made(
    executor: Executor[str], broker: Broker
) -> None:
    pending = [f"{number:05d}" for number in range(2_500)]

    opened(executor, *pending)

    await eventually(lambda: len(broker.reported) == len(pending), "every outcome is reported")
    assert set(broker.reported) == {f"{each} performed" for each in pending}


async def test_after_silence_it_asks_by_the_key_before_it_calls_again(
    executor: Executor[str], outside: Outside, broker: Broker
) -> None:
    outside.silent_for = 2

    opened(executor, "a")

    await eventually(lambda: broker.reported, "the outcome is reported")
    assert outside.asked == ["perform a", "find a", "perform a", "find a", "perform a"]


async def test_an_effect_whose_answer_was_lost_is_found_and_not_made_again(
    executor: Executor[str], outside: Outside, broker: Broker
) -> None:
    outside.silent_for = 1
    outside.effects.add("a")  # it was done, and the answer was lost

    opened(executor, "a")

    await eventually(lambda: broker.reported == ["a found"], "the outcome is reported")
    assert outside.asked == ["perform a", "find a"]


async def test_a_call_that_is_answered_meanwhile_is_left_off(
    executor: Executor[str], outside: Outside, broker: Broker
) -> None:
    outside.silent_for = 10**6
    lane = opened(executor, "a", "b")
    await eventually(lambda: outside.asked.count("perform a") > 1, "it is called again")

    executor.committed(lane, {b"c/a": None})
    outside.silent_for = 0

    await eventually(lambda: broker.reported == ["b performed"], "the other one goes on")


async def test_a_partition_that_is_lost_is_called_for_no_longer_and_again_when_it_is_back(
    executor: Executor[str], outside: Outside, broker: Broker
) -> None:
    outside.silent_for = 10**6
    lane = opened(executor, "a")
    await eventually(lambda: outside.asked, "it is called")

    executor.closed(lane)
    outside.silent_for = 0
    assert broker.reported == []
    executor.opened(lane)

    await eventually(lambda: broker.reported == ["a performed"], "the outcome is reported")


async def test_a_call_is_made_once_however_often_it_is_seen_as_pending(
    executor: Executor[str], outside: Outside, broker: Broker
) -> None:
    lane = opened(executor, "a")
    executor.committed(lane, {b"c/a": b"a"})

    await eventually(lambda: broker.reported, "the outcome is reported")
    assert outside.asked == ["perform a"]


async def test_no_more_calls_are_under_way_than_the_outside_is_to_bear(
    executor: Executor[str], outside: Outside, broker: Broker
) -> None:
    full = Lane(*[f"{number}" for number in range(2 * CALLS_AT_ONCE)])

    async def wait_until_full() -> None:
        if outside.most_open < CALLS_AT_ONCE:
            await eventually(lambda: outside.most_open >= CALLS_AT_ONCE, "many are under way")

    outside.gate = wait_until_full
    lane: Any = full
    executor.opened(lane)

    await eventually(lambda: len(broker.reported) == 2 * CALLS_AT_ONCE, "all are answered")
    assert outside.most_open == CALLS_AT_ONCE


async def test_an_outcome_is_reported_again_until_kafka_has_it(
    executor: Executor[str], broker: Broker, outside: Outside
) -> None:
    broker.refusing = [KafkaTimeoutError(), KafkaTimeoutError()]

    opened(executor, "a")

    await eventually(lambda: broker.reported == ["a performed"], "the outcome is reported")
    assert outside.asked == ["perform a"]


async def test_an_outcome_that_kafka_will_never_take_stops_the_worker(
    executor: Executor[str], broker: Broker
) -> None:
    broker.refusing = [WorkerMustStop("there is no such topic")]

    opened(executor, "a")

    await eventually(lambda: broker.crash_reason is not None, "the worker stops")


async def test_a_short_silence_is_not_worth_a_word(
    executor: Executor[str], outside: Outside, broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    outside.silent_for = 2

    opened(executor, "a")

    await eventually(lambda: broker.reported, "it is answered")
    assert caplog.records == []


async def test_lasting_silence_is_said_once_and_its_end_too(
    executor: Executor[str], outside: Outside, broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    outside.silent_for = 10**6

    opened(executor, *[f"{number}" for number in range(20)])
    await eventually(lambda: len(executor._silent) == 20, "all are known to be silent")
    outside.silent_for = 0

    await eventually(lambda: len(broker.reported) == 20, "all are answered")
    said = [record.message for record in caplog.records]
    assert said == [
        "outside: no answer; calls wait and are made again",
        "outside: no call waits for an answer any more",
    ]


async def test_its_connections_are_given_free_at_the_end(
    executor: Executor[str], outside: Outside
) -> None:
    await executor.close()

    assert outside.closed
