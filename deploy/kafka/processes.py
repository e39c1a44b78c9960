"""A process that outlives its starter, and is recognised later by its id and start time.

An id alone proves nothing, because ids are used again: no signal is sent before both agree.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PAUSE = 0.05  # seconds between two looks; a broker takes 40 times that to start
BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Process:
    """One process: an id, and the start time that tells it from a later process with that id."""

    pid: int
    started: str

    @classmethod
    def spawn(cls, command: Sequence[str], console: Path) -> Self:
        """Start `command` in a session of its own, without a terminal, its output in `console`.

        A shell starts it and ends, so that it has no parent whose Ctrl-C or end could touch it,
        and nobody has to collect it when it dies.
        """
        shell = subprocess.run(
            ["/bin/sh", "-c", '"$@" >"$0" 2>&1 & echo $!', str(console), *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            check=True,
        )
        pid = int(shell.stdout)
        return cls(pid, _start_time(pid) or "ended at once")

    @property
    def alive(self) -> bool:
        """Whether this very process is still there."""
        return _start_time(self.pid) == self.started

    def signal(self, number: signal.Signals) -> bool:
        """Send a signal to this very process; false if it has ended."""
        if not self.alive:
            return False
        os.kill(self.pid, number)
        return True

    def ends_within(self, seconds: float) -> bool:
        """Wait for the process to end, at most so long."""
        return eventually(lambda: not self.alive, seconds)


def eventually(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether the condition came to hold within `seconds`; it is asked at least once."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(PAUSE)
    return True


def _start_time(pid: int) -> str | None:
    """When the process started, as the system tells it; none for one that has ended."""
    if not BOOT.exists():
        return _start_time_by_ps(pid)
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # After the name, which may hold spaces: first the state, 20th the start in ticks since boot.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else f"{fields[19]} {BOOT.read_text().strip()}"


def _start_time_by_ps(pid: int) -> str | None:
    listed = subprocess.run(
        ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    state, _, started = listed.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else started.strip()
