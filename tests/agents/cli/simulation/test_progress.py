"""Progress rewrites its line on a terminal, and is a line now and then elsewhere."""

import io

import pytest

from agents.cli.simulation.progress import Progress
from tests.agents.cli.conftest import Terminal


@pytest.fixture
def lines() -> list[str]:
    """What the status line says from now on."""
    return ["1 sent"]


async def test_on_a_terminal_what_is_said_stands_above_the_line(lines: list[str]) -> None:
    terminal = Terminal()
    progress = Progress(terminal, lambda: lines[-1])

    async with progress.shown():
        progress.say("hello")
        lines.append("2 sent")

    assert terminal.getvalue() == "\r\x1b[Khello\n1 sent\r\x1b[K2 sent\n"


async def test_elsewhere_nothing_is_rewritten_and_the_same_is_not_said_twice(
    lines: list[str],
) -> None:
    log = io.StringIO()
    progress = Progress(log, lambda: lines[-1])

    async with progress.shown():
        progress.say("hello")
    async with progress.shown():
        pass

    assert log.getvalue() == "hello\n1 sent\n"


async def test_the_line_is_never_longer_than_the_terminal_is_wide(lines: list[str]) -> None:
    terminal = Terminal()
    lines.append("x" * 10_000)

    async with Progress(terminal, lambda: lines[-1]).shown():
        pass

    assert len(terminal.getvalue()) < 1000
