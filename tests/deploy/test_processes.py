"""A process is known by its id and start time, and lives apart from the one that started it."""

import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.kafka.processes import Process, eventually

PATIENCE = 10


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[Process]:
    """Return a process that does nothing for a minute."""
    process = Process.spawn(["sleep", "60"], tmp_path / "console.log")
    yield process
    process.signal(signal.SIGKILL)


def test_a_process_is_alive_until_it_has_ended(sleeper: Process) -> None:
    assert sleeper.alive

    sleeper.signal(signal.SIGTERM)

    assert sleeper.ends_within(PATIENCE)
    assert not sleeper.signal(signal.SIGTERM)


def test_a_later_process_with_the_same_id_is_another_one(sleeper: Process) -> None:
    earlier = replace(sleeper, started="before")

    assert not earlier.alive
    assert not earlier.signal(signal.SIGKILL)
    assert sleeper.alive


def test_it_has_a_session_of_its_own_so_that_ctrl_c_does_not_reach_it(sleeper: Process) -> None:
    assert os.getsid(sleeper.pid) != os.getsid(0)


def test_it_reads_nothing_and_writes_to_its_console(tmp_path: Path) -> None:
    program = "import sys; print('read', repr(sys.stdin.read())); print('oops', file=sys.stderr)"
    console = tmp_path / "console.log"

    process = Process.spawn([sys.executable, "-c", program], console)

    assert process.ends_within(PATIENCE)
    assert sorted(console.read_text().splitlines()) == ["oops", "read ''"]


def test_waiting_is_bounded() -> None:
    assert not eventually(lambda: False, seconds=0)
    assert eventually(lambda: True, seconds=0)
