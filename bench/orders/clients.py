"""The clients, each a process of its own that ends with a line of figures."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from bench.orders.system import VIEWS, System
from bench.running import ROOT, ParticipantFailed

_LONGER = 90  # seconds that a client may take beyond its load: the last answers, and its start


class Client:
    """One client at work on the HTTP API."""

    def __init__(self, system: System, module: str, seconds: float, **options: object) -> None:
        given = {"url": system.url(VIEWS), "seconds": seconds, **options}
        arguments = [f"--{name}={value}" for name, value in given.items()]
        self._seconds = seconds + _LONGER
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"bench.orders.{module}", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def figures(self) -> dict[str, Any]:
        """Wait for its end, and return what it measured."""
        try:
            said, errors = self._process.communicate(timeout=self._seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            said, errors = self._process.communicate()
        if self._process.returncode:
            raise ParticipantFailed(f"a client of the API failed: {errors[-3000:]}")
        found: dict[str, Any] = json.loads(said)
        return found
