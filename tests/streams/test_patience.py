"""Patience: what passes is waited out and said once, what does not is raised at once."""

from __future__ import annotations

import asyncio
import logging
from types import SimpleNamespace

import pytest
from aiokafka.errors import KafkaConnectionError

from models.errors import BrokerUnavailable, RecordsExpired
from streams import patience
from streams.patience import Patience

PASSING = [BrokerUnavailable("away"), KafkaConnectionError("away"), OSError("away"), TimeoutError()]


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that would have been waited."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(patience, "asyncio", SimpleNamespace(sleep=sleep))
    return waited


async def persist(*errors: BaseException) -> int:
    """Meet these errors one after the other; returns the number of attempts."""
    ahead, attempts = list(errors), 0
    async for attempt in Patience("the broker"):
        with attempt:
            attempts += 1
            if ahead:
                raise ahead.pop(0)
    return attempts


async def test_what_succeeds_is_done_once_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    assert await persist() == 1
    assert caplog.messages == []


@pytest.mark.parametrize("error", PASSING, ids=lambda error: type(error).__name__)
async def test_what_passes_is_waited_out_and_said_once(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    assert await persist(error, error, error) == 4
    assert len(caplog.messages) == 2
    assert caplog.messages[0].startswith(f"the broker: waiting, since {type(error).__name__}")
    assert caplog.messages[1] == "the broker: succeeded after 4 attempts"


@pytest.mark.parametrize(
    "error", [RecordsExpired("gone"), ValueError("a bug"), asyncio.CancelledError()]
)
async def test_what_does_not_pass_goes_through(error: BaseException, waits: list[float]) -> None:
    with pytest.raises(type(error)):
        await persist(error)

    assert waits == []


async def test_waits_grow_with_jitter_up_to_a_limit(waits: list[float]) -> None:
    await persist(*[OSError()] * 30)

    assert all(0.1 <= wait <= 5 for wait in waits)
    assert waits[0] <= 0.2
    assert max(waits[10:]) > 1
    assert len(set(waits)) > 20
