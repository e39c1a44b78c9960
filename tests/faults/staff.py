"""Who works in a shop, each a process of its own: workers, the gateway, commands of people."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.faults.workers import Worker


class WriteWorker(Worker):
    """Decides."""

    app = "tests.faults.write_side"


class ViewWorker(Worker):
    """Projects, and serves HTTP."""

    app = "streams.views"

    @property
    def url(self) -> str:
        """Where the API is."""
        return f"http://127.0.0.1:{self.port}"


class Gateway(Worker):
    """The simulated payment gateway, with its ledger in its directory."""

    odds: tuple[str, ...] = (
        "--decline",
        "0.03",
        "--silence",
        "0.02",
        "--lost",
        "0.02",
        "--errors",
        "0.02",
    )

    @property
    def command(self) -> list[str]:
        """What starts it."""
        where = ["--port", str(self.port), "--data", str(self.directory)]
        return [sys.executable, "-m", "deploy.gateway", *where, *self.odds]

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"


class Command(Worker):
    """A command of Orderflow, such as `simulate`; its log is what it prints."""

    def __init__(self, directory: Path, broker: str, words: list[str]) -> None:
        super().__init__(directory, broker)
        self.words = words

    @property
    def command(self) -> list[str]:
        """What starts it."""
        return [sys.executable, "-m", "faust", "-A", "streams.app", *self.words]
