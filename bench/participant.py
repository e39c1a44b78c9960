"""What a participant is told and what it answers: the contract of `bench/README.md`."""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from dataclasses import dataclass, fields

# The first tenth of the steps is warm-up: joining the group, first fetches, first memory.
WARM_UP = 10


@dataclass(frozen=True, kw_only=True)
class Task:
    """One run of one participant."""

    bootstrap: str
    input: str
    output: str
    records: int
    partitions: int
    prefix: str  # of every name it makes: group, changelog, transactional id
    data: str  # an empty directory of its own
    variant: str = ""

    @classmethod
    def from_command_line(cls) -> Task:
        """Read `--bootstrap … --data …`."""
        parser = argparse.ArgumentParser()
        for field in fields(cls):
            kind = int if field.name in {"records", "partitions"} else str
            parser.add_argument(f"--{field.name}", type=kind)
        return cls(**vars(parser.parse_args()))

    def command_line(self) -> list[str]:
        """Write what `from_command_line` reads."""
        return [f"--{field.name}={getattr(self, field.name)}" for field in fields(self)]


class Meter:
    """CPU of the whole process, all its threads, and wall time, from `begin` to `end`."""

    def __init__(self, records: int) -> None:
        self._expected = records
        self._seen = 0
        self._skipped: int | None = None
        self._begun = self._ended = (0.0, 0.0)

    def begin(self) -> None:
        """Start the clocks; what was handled before does not count."""
        self._skipped = self._seen
        self._begun = clocks()

    def saw(self, records: int) -> bool:
        """Count records that were handled, begin after warm-up; true when they were the last."""
        self._seen += records
        if self._skipped is None and self._seen * WARM_UP >= self._expected:
            self.begin()
        return self._seen >= self._expected

    def end(self) -> None:
        """Stop the clocks."""
        self._ended = clocks()

    def report(self) -> None:
        """Print the figures as the one line that the runner reads."""
        cpu, wall = (end - begin for begin, end in zip(self._begun, self._ended, strict=True))
        records = self._expected - (self._skipped or 0)
        line = json.dumps({"records": records, "cpu_seconds": cpu, "wall_seconds": wall})
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def clocks() -> tuple[float, float]:
    """CPU of this process and all its threads, user and system; wall time."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime, time.perf_counter()
