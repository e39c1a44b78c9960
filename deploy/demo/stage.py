"""What a demo shows: one line for each order as it ends, a running count, tables."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import IO, Final

import click

from agents.cli import rendering
from agents.cli.simulation.journey import Journey
from agents.cli.simulation.progress import Progress
from agents.cli.simulation.summary import Summary

_COLOURS: Final = {
    "CONFIRMED": "green",
    "SHIPPED": "blue",
    "DELIVERED": "blue",
    "CANCELLED": "yellow",
}


class Stage:
    """Everything that is said goes through here; who has left is not an error."""

    def __init__(self, stream: IO[str]) -> None:
        self.ended: Counter[str] = Counter()
        self._stream = stream
        self._coloured = stream.isatty() and "NO_COLOR" not in os.environ
        self._progress: Progress | None = None

    def say(self, text: str, colour: str = "") -> None:
        """Say something, above the running count if there is one."""
        painted = rendering.paint(text, colour, coloured=self._coloured) if colour else text
        with suppress(OSError):  # the terminal may be gone, and the demo still has to be ended
            if self._progress is not None:
                self._progress.say(painted)
            else:
                click.echo(painted, file=self._stream)

    @asynccontextmanager
    async def counting(self) -> AsyncIterator[None]:
        """Show the running count for the block."""
        self._progress = Progress(self._stream, self._count)
        try:
            async with self._progress.shown():
                yield
        finally:
            self._progress = None

    def show(self, journey: Journey) -> None:
        """An order has ended."""
        view, plan = journey.view, journey.plan
        status = (view and view.status) or "UNKNOWN"
        self.ended[status] += 1
        lines = len(plan.body["lines"])
        outcome = f"{status.lower()}: {view.reason}" if view and view.reason else status.lower()
        columns = (
            f"{datetime.now().astimezone():%H:%M:%S}",
            rendering.pad(plan.body["user_id"], 10),
            f"{lines} line{'s' if lines > 1 else ' '}",
            f"{rendering.money(plan.total, plan.body['currency']):>16}",
            rendering.paint(
                rendering.pad(rendering.plain(outcome), 32),
                _COLOURS.get(status, "red"),
                coloured=self._coloured,
            ),
            f"{journey.seconds:5.2f} s",
            rendering.plain((view and view.style) or ""),
        )
        self.say(rendering.GAP.join(columns).rstrip())

    def table(self, summary: Summary) -> None:
        """What came of the first orders, and whether it is all accounted for."""
        heading = f"after {summary.sent} orders"
        self.say("")
        self.say(heading, "bold")
        self.say(summary.rows())
        self.say(summary.verdict(), "red" if summary.mismatches else "green")
        self.say("")

    def account(self, summary: Summary) -> None:
        """Whether the orders since the last account are accounted for."""
        if summary.mismatches:
            self.say(summary.verdict(), "red")
        else:
            self.say(f"{self.ended.total()} orders so far, each known and ended", "grey")

    def _count(self) -> str:
        ends = (f"{count} {status.lower()}" for status, count in self.ended.most_common())
        return f"{self.ended.total()} orders: {', '.join(ends) or 'on their way'}"
