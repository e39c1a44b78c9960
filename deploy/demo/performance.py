"""One performance: what is needed is started, orders are played, and all is ended again.

It ends by itself, by Ctrl-C or SIGTERM, or because a process has died; always whole.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Final

import click

from agents.cli.client import connected
from deploy.demo.place import Ports
from deploy.demo.play import Script, play
from deploy.demo.stage import Stage
from deploy.demo.system import System
from deploy.kafka.broker import LocalBroker

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PORT: Final = click.IntRange(1, 65_535)


class Performance:
    """One demo: ends by itself or by a signal, and takes all that it has started with it."""

    def __init__(self, script: Script, ports: Ports, directory: Path, kafka: str) -> None:
        self._script = script
        self._stage = Stage(sys.stdout)
        self._system = System(
            directory, ports, LocalBroker(kafka), environment=os.environ, say=self._stage.say
        )
        self._signal: signal.Signals | None = None
        self._task: asyncio.Task[int] | None = None

    async def perform(self) -> int:
        """Start, play and end; the exit code."""
        self._task = asyncio.current_task()
        for number in _SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self._end_early, number)
        try:
            self._stage.say(f"page          {self._system.page}, as soon as all is ready")
            await self._system.start()
            self._stage.say(f"all is ready: look at {self._system.page}, end with Ctrl-C", "bold")
            return 0 if await self._while_all_live() else 1
        except asyncio.CancelledError:
            # A demo without end has no other one than this, so it has ended well.
            return 128 + (self._signal or 0) if self._script.orders else 0
        finally:
            self._system.end()

    def _end_early(self, number: signal.Signals) -> None:
        if self._signal is None and self._task is not None:
            self._signal = number
            self._stage.say(f"{number.name}: ending what was started")
            self._task.cancel()

    async def _while_all_live(self) -> bool:
        async with connected(self._system.page) as api:
            playing = asyncio.ensure_future(play(self._script, api, self._stage))
            watching = asyncio.ensure_future(self._system.watch())
            try:
                await asyncio.wait({playing, watching}, return_when=asyncio.FIRST_COMPLETED)
                return watching.result() if watching.done() else playing.result()
            finally:
                playing.cancel()
                watching.cancel()
                await asyncio.gather(playing, watching, return_exceptions=True)
