"""Whether a worker should get traffic, and if not, why not."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from streams.lane import State
from streams.operations import not_ready
from tests.streams.fakes import FakeApp


@pytest.fixture
def app(tmp_path: Path) -> Any:
    app: Any = FakeApp(tmp_path)
    app.runtime = SimpleNamespace(lanes={})
    return app


def test_a_worker_that_works_is_ready(app: Any) -> None:
    app.runtime.lanes["t", 0] = SimpleNamespace(writer="t/0", state=State.OPEN)

    assert not_ready(app) == []


def test_a_worker_that_is_being_stopped_gets_no_traffic(app: Any) -> None:
    app.should_stop = True

    assert not_ready(app) == ["it is stopping"]


def test_it_waits_for_kafka_at_first(app: Any) -> None:
    app.gate.passed = False

    assert not_ready(app) == ["waiting for Kafka at 127.0.0.1:1"]


def test_it_says_that_kafka_is_away(app: Any) -> None:
    app.watch.away_since = 1.0

    assert not_ready(app) == ["Kafka at 127.0.0.1:1 does not answer"]


def test_it_says_that_partitions_are_being_assigned_or_restored(app: Any) -> None:
    app.rebalancing = True
    assert not_ready(app) == ["partitions are being assigned or restored"]

    app.rebalancing = False
    app.lane_tables.recovery.completed.clear()
    assert not_ready(app) == ["partitions are being assigned or restored"]


def test_lanes_that_do_not_work_are_named(app: Any) -> None:
    for number, state in enumerate([State.CLOSED, State.OPEN, State.DRAINING]):
        app.runtime.lanes["t", number] = SimpleNamespace(writer=f"t/{number}", state=state)

    assert not_ready(app) == ["restoring t/0, t/2"]


def test_sources_that_stand_still_are_named(app: Any) -> None:
    app.watch.stalled = lambda: ["in[3]: 7 records wait, nothing moved for 40 s"]

    assert not_ready(app) == ["in[3]: 7 records wait, nothing moved for 40 s"]
