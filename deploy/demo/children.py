"""The processes that a demo has started: watched while it plays, and ended with it.

They are written down, so that what a demo left behind when it was killed is ended by the next one,
and by `python -m deploy.demo.children`.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from deploy.kafka.processes import Process

DIRECTORY: Final = Path(__file__).parents[2] / ".demo"
TAIL: Final = 15  # lines of a log that an error shows
_SECONDS_TO_END: Final = (
    15  # a worker takes 2 s; killed, it goes on from its changelog all the same
)
_FILE: Final = "children.json"


@dataclass(frozen=True)
class Child:
    """A process, what it is, and where it says what it does; those of a lower `rank` it needs.

    `command` is what starts it again.
    """

    name: str
    rank: int
    process: Process
    log: Path
    command: tuple[str, ...] = ()

    def last_words(self) -> str:
        """The end of its log."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-TAIL:]) or "(nothing)"


class Children:
    """Processes of one demo, and the file that tells of them."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / _FILE
        self._all: list[Child] = []

    def start(
        self, name: str, rank: int, command: Sequence[str], environment: dict[str, str]
    ) -> Child:
        """Start a process in a session of its own, where Ctrl-C does not reach it."""
        log = self._file.with_name(f"{name.replace(' ', '-')}.log")
        settings = [f"{variable}={value}" for variable, value in environment.items()]
        return self._spawn(name, rank, ("env", *settings, *command), log)

    def start_again(self, fallen: Child) -> Child:
        """Start one that has ended by itself, as it was."""
        self._all.remove(fallen)
        return self._spawn(fallen.name, fallen.rank, fallen.command, fallen.log)

    def _spawn(self, name: str, rank: int, command: tuple[str, ...], log: Path) -> Child:
        process = Process.spawn(list(command), log)
        child = Child(name, rank, process, log, command)
        self.adopt(child)
        return child

    def adopt(self, child: Child) -> None:
        """Take care of a process that was started otherwise."""
        self._all.append(child)
        self._write()

    def fallen(self) -> Child | None:
        """One that has ended by itself."""
        return next((child for child in self._all if not child.process.alive), None)

    def end(self, say: Callable[[str], None]) -> None:
        """End them, those of the highest rank first."""
        while self._all:
            _end_highest(self._all, say)
            self._write()

    def end_leftovers(self, say: Callable[[str], None]) -> None:
        """End what an earlier demo has left."""
        left = [child for child in self._read() if child.process.alive]
        if left:
            say("an earlier demo was killed; ending what it has left")
        while left:
            _end_highest(left, say)
        self._file.unlink(missing_ok=True)

    def _read(self) -> list[Child]:
        if not self._file.exists():
            return []
        return [
            Child(found["name"], found["rank"], Process(**found["process"]), Path(found["log"]))
            for found in json.loads(self._file.read_text())
        ]

    def _write(self) -> None:
        if not self._all:
            self._file.unlink(missing_ok=True)
            return
        scratch = self._file.with_suffix(".new")
        scratch.write_text(json.dumps([asdict(child) for child in self._all], default=str))
        scratch.replace(self._file)


def _end_highest(children: list[Child], say: Callable[[str], None]) -> None:
    """End those of the highest rank together, and take them off the list."""
    highest = max(child.rank for child in children)
    ending = [child for child in children if child.rank == highest]
    running = {child: child.process.signal(signal.SIGTERM) for child in ending}
    for child in ending:
        child.process.signal(signal.SIGCONT)  # a frozen one would never see the first signal
    for child in ending:
        how = _awaited(child.process) if running[child] else "had ended by itself"
        say(f"{child.name} {how}")
        children.remove(child)


def _awaited(process: Process) -> str:
    """Wait for its end, and tell how that went."""
    if process.ends_within(_SECONDS_TO_END):
        return f"ended (process {process.pid})"
    process.signal(signal.SIGKILL)
    process.ends_within(_SECONDS_TO_END)
    return f"killed after {_SECONDS_TO_END} s (process {process.pid})"


if __name__ == "__main__":
    Children(DIRECTORY).end_leftovers(print)
