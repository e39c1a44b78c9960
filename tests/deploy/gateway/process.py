"""The simulated gateway as a process of its own: to be started, killed and started again."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
LISTENS = re.compile(r"gateway listens on (http://127\.0\.0\.1:\d+), ledger .* \((.*)\)")
PATIENCE = 60.0  # seconds that a start or an end may take; usually one


class GatewayProcess:
    """`python -m deploy.gateway` on a free port; the directory is kept from start to start."""

    def __init__(self, directory: Path, *options: str) -> None:
        self._command = ["-m", "deploy.gateway", "--port", "0", "--data", str(directory), *options]
        self._process: asyncio.subprocess.Process | None = None
        self.url = ""
        self.said = ""

    async def start(self) -> GatewayProcess:
        """Start it and wait until it says that it listens."""
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable,
            *self._command,
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
        self.said = line.decode()
        listens = LISTENS.fullmatch(self.said.strip())
        if listens:
            self.url = listens[1]
        return self

    async def end(self, number: signal.Signals | None = None) -> tuple[int, str, str]:
        """Send a signal, wait for the end; returns the exit code and what else was said."""
        process, self._process = self._process, None
        assert process is not None
        if number is not None and process.returncode is None:
            process.send_signal(number)
        said, complained = await asyncio.wait_for(process.communicate(), PATIENCE)
        assert process.returncode is not None
        return process.returncode, said.decode(), complained.decode()

    async def kill(self) -> None:
        """Leave nothing running, whatever became of the test."""
        if self._process is not None:
            await self.end(signal.SIGKILL)
