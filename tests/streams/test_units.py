"""What an agent sees: a stream of units, each sealed when the agent comes for the next."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from models.errors import HandlerFailed, WorkerMustStop
from streams.runtime import Runtime
from streams.unit import Unit
from streams.units import units
from tests.streams.fakes import FakeApp, assigned, fetched, turns


class Stream:
    """Faust's stream of an agent: what the lanes hand over, until there is no more."""

    def __init__(self, app: FakeApp) -> None:
        self.app = app
        self.events: list[Any] = []
        queue = SimpleNamespace(put_nowait=self.events.append)
        self.channel = SimpleNamespace(topics=["in"], queue=queue)

    async def __aiter__(self) -> AsyncIterator[Any]:
        while True:
            await turns()
            if not self.events:
                return
            yield self.events.pop(0).value


async def begin(app: FakeApp, runtime: Runtime) -> AsyncIterator[Unit[bytes]]:
    """An agent's units, of a partition with three records; the agent is attached."""
    stream: Any = Stream(app)
    table: Any = SimpleNamespace(name="t", changelog_topic_name="t.changelog")
    found = units(stream, table, lambda value: value or b"")
    stream.events.append(SimpleNamespace(value=SimpleNamespace(lane=_Nothing(), epoch=0)))
    with pytest.raises(StopAsyncIteration):
        await anext(found)
    await runtime.take_over(assigned("in", partitions=[0]))
    runtime.deliver(fetched("in", 0, 3))
    runtime.attachments.clear()
    return units(stream, table, lambda value: value or b"")


class _Nothing:
    """A lane that was closed since its batch was handed over."""

    def begin(self, _: Any) -> None:
        return None


async def test_a_unit_is_committed_when_the_agent_comes_for_the_next(
    app: FakeApp, runtime: Runtime
) -> None:
    found = await begin(app, runtime)
    unit = await anext(found)
    unit.each(lambda unit, message: unit.put(b"s", message))
    assert app.log_of_commits.commits == []

    with pytest.raises(StopAsyncIteration):
        await anext(found)
    assert [commit.states for commit in app.log_of_commits.commits] == [{b"s": b"2"}]


async def test_a_failure_is_raised_after_what_was_before_it_is_committed(
    app: FakeApp, runtime: Runtime, caplog: pytest.LogCaptureFixture
) -> None:
    def handle(unit: Unit[bytes], message: bytes) -> None:
        unit.put(b"s", message)
        if message == b"2":
            raise ValueError("boom")

    found = await begin(app, runtime)
    (await anext(found)).each(handle)

    with pytest.raises(HandlerFailed, match=r"in\[0\] offset 2: ValueError: boom"):
        await anext(found)
    assert [commit.states for commit in app.log_of_commits.commits] == [{b"s": b"1"}]
    assert "Traceback" in caplog.text


async def test_a_unit_that_the_agent_did_not_apply_stops_the_worker(
    app: FakeApp, runtime: Runtime
) -> None:
    """Its records would be neither applied nor read again."""
    found = await begin(app, runtime)
    await anext(found)

    with pytest.raises(WorkerMustStop, match="the agent of t took a unit without"):
        await anext(found)
    assert app.log_of_commits.commits == []
