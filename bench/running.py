"""Starting a participant as a process of its own, and reading its figures."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from bench.broker import create, delete
from bench.participant import Task

ROOT = Path(__file__).parents[1]


class ParticipantFailed(Exception):
    """A participant ended without figures; the message holds the end of what it said."""


@dataclass(frozen=True)
class Input:
    """A topic of so many records for a participant to work on."""

    bootstrap: str
    topic: str
    records: int
    partitions: int

    @classmethod
    def empty(cls, bootstrap: str, records: int, partitions: int) -> Input:
        """Create the topic; the records are yet to come."""
        topic = create(bootstrap, f"bench-input-{uuid.uuid4().hex[:8]}", partitions)
        return cls(bootstrap, topic, records, partitions)


@dataclass(frozen=True)
class Run:
    """A participant at work."""

    task: Task
    process: subprocess.Popen[str]

    def figures(self, seconds: float) -> dict[str, Any]:
        """Wait for it to end, and read the line of figures among what it said."""
        try:
            said, _ = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            said = f"(did not end within {seconds:.0f} s)"
        if line := re.search(r"{.*}", said):
            found: dict[str, Any] = json.loads(line[0])
            return found
        errors = (Path(self.task.data) / "stderr").read_text()
        raise ParticipantFailed(f"{self.task.prefix}: {said[-1000:]}\n{errors[-3000:]}")


def participants(package: str) -> list[str]:
    """Name the participants: the modules of this package."""
    folder = ROOT / Path(*package.split("."))
    return [module.name for module in iter_modules([str(folder)]) if module.name != "__main__"]


@contextmanager
def started(package: str, participant: str, given: Input) -> Iterator[Run]:
    """Start `NAME` or `NAME:VARIANT`; afterwards it is gone, with all it wrote."""
    name, _, variant = participant.partition(":")
    prefix = f"bench-{name}-{uuid.uuid4().hex[:8]}"
    with tempfile.TemporaryDirectory(prefix=prefix) as data:
        task = Task(
            bootstrap=given.bootstrap,
            input=given.topic,
            output=create(given.bootstrap, f"{prefix}-output", given.partitions),
            records=given.records,
            partitions=given.partitions,
            prefix=prefix,
            data=data,
            variant=variant,
        )
        with spawned(f"{package}.{name}", task) as process:
            yield Run(task, process)
    delete(given.bootstrap, prefix)


@contextmanager
def spawned(module: str, task: Task) -> Iterator[subprocess.Popen[str]]:
    """Run a module with a task; whatever happens, it has ended afterwards."""
    with (Path(task.data) / "stderr").open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *task.command_line()],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()
