"""Workers of the relay as processes: to be killed, frozen, revived, robbed of their disks."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import aiohttp

PATIENCE = 120.0  # seconds that a condition may take before the test fails; usually 1 to 10
ROOT = Path(__file__).parents[2]


class Worker:
    """One `faust worker` of `app`, with a data directory and a log of its own."""

    app = "tests.faults.relay"

    def __init__(self, directory: Path, broker: str, prefix: str = "", **environment: str) -> None:
        self.directory = directory
        self.log = directory.with_suffix(".log")
        self.port = free_port()
        self.environment = {
            "ORDERFLOW_BROKER": broker,
            "ORDERFLOW_DATADIR": str(directory),
            "ORDERFLOW_PARTITIONS": "4",
            "ORDERFLOW_WEB_PORT": str(self.port),
            "ORDERFLOW_BROKER_SESSION_TIMEOUT": "6",
            "ORDERFLOW_BROKER_HEARTBEAT_INTERVAL": "1",
            "RELAY_PREFIX": prefix,
            **environment,
        }
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def command(self) -> list[str]:
        """What starts it."""
        return [sys.executable, "-m", "faust", "-A", self.app, "worker", "-l", "info"]

    def start(self, **environment: str) -> Self:
        """Start the process; the data directory is kept from start to start."""
        self.directory.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, **self.environment, **environment}, start_new_session=True,
            )  # fmt: skip
        return self

    def signal(self, number: int) -> None:
        """Send a signal, if the process is still there."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def kill(self) -> None:
        """As a power cut would."""
        self.signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait(PATIENCE)

    def terminate(self) -> None:
        """Ask it to end, which it does by itself."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)

    def wipe(self) -> None:
        """Lose the disk."""
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def ended(self) -> bool:
        """Whether the process has gone."""
        return self.process is None or self.process.poll() is not None

    async def exit_code(self) -> int:
        """Wait for the end of the process."""
        process = self.process
        assert process is not None
        await eventually(lambda: process.poll() is not None, f"{self.directory.name} ends")
        return process.returncode

    async def ready(self) -> dict[str, Any] | None:
        """What `/health/ready` says when it says ready, else None."""
        url = f"http://127.0.0.1:{self.port}/health/ready"
        with contextlib.suppress(aiohttp.ClientError, asyncio.TimeoutError, OSError):
            timeout = aiohttp.ClientTimeout(total=2)
            async with aiohttp.ClientSession(timeout=timeout) as http, http.get(url) as answer:
                body: dict[str, Any] = await answer.json()
                return body if answer.status == 200 else None
        return None

    async def until_ready(self) -> dict[str, Any]:
        """Wait until it is ready."""
        said: dict[str, Any] = await eventually(
            self.ready, f"{self.directory.name} is ready; see {self.log}"
        )
        return said

    def text(self) -> str:
        """Its log so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""


async def eventually(condition: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """Retry until `condition()` (awaited if need be) is true; returns its value."""
    deadline = asyncio.get_running_loop().time() + patience
    pause = asyncio.Event()
    while True:
        value = condition()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"not within {patience:.0f} s: {what}")
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(pause.wait(), 0.1)


def free_port() -> int:
    """A TCP port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
