"""A runtime without Faust, Kafka and restores, for the tests that look at one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams import runtime as module
from streams.runtime import Runtime
from tests.streams.fakes import FakeApp, Restoring


@pytest.fixture
def app(tmp_path: Path) -> FakeApp:
    return FakeApp(tmp_path)


@pytest.fixture
async def restoring() -> Restoring:
    return Restoring()


@pytest.fixture
def runtime(
    app: FakeApp, restoring: Restoring, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Runtime]:
    monkeypatch.setattr(module, "restore", restoring)
    runtime = app.runtime = Runtime(app)  # type: ignore[arg-type]
    yield runtime
    runtime.release()
