"""How far it is: on a terminal a line that rewrites itself, else a line now and then."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import IO, Final

import click

_FRAME: Final = 0.2  # seconds; faster than one can read
_NOW_AND_THEN: Final = 5.0
_CLEAR: Final = "\r\x1b[K"


class Progress:
    """A stream with a status line at its end, under whatever else is said."""

    def __init__(self, stream: IO[str], line: Callable[[], str]) -> None:
        self._stream = stream
        self._line = line
        self._live = stream.isatty()
        self._last = ""

    @asynccontextmanager
    async def shown(self) -> AsyncIterator[None]:
        """Show the line for the block."""
        task = asyncio.create_task(self._keep_showing())
        try:
            yield
        finally:
            task.cancel()
            self._show(end="\n")

    def say(self, text: str) -> None:
        """Print something above the line."""
        if self._live:
            self._write(f"{_CLEAR}{text}\n{_fitting(self._line())}")
        else:
            self._write(f"{text}\n")

    async def _keep_showing(self) -> None:
        while True:
            await asyncio.sleep(_FRAME if self._live else _NOW_AND_THEN)
            self._show()

    def _show(self, end: str = "") -> None:
        line = self._line()
        if self._live:
            self._write(f"{_CLEAR}{_fitting(line)}{end}")
        elif line != self._last:
            self._write(f"{line}\n")
        self._last = line

    def _write(self, text: str) -> None:
        with suppress(OSError):  # the terminal may be gone; what is being done goes on
            click.echo(text, file=self._stream, nl=False)


def _fitting(line: str) -> str:
    """As much of it as fits, since a line that wraps cannot be rewritten."""
    return line[: shutil.get_terminal_size().columns - 1]
