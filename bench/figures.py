"""Figures of a run: kept as JSON lines, shown as a table of medians, extremes and ratios.

Machines drift by half from minute to minute, so that ratios are taken pair by pair within one
round, and nothing is compared across runs.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

FOLDER = Path(__file__).parent / "results"
Row = dict[str, Any]


class Rows:
    """Measurements, by participant and round."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self.rows = list(rows)

    def select(self, **values: object) -> Rows:
        """Those that have these values."""
        return Rows(row for row in self.rows if values.items() <= row.items())

    def column(self, name: str, participant: str) -> list[float]:
        """Every round's value of one participant."""
        return [row[name] for row in self.rows if row["participant"] == participant]

    def ratios(self, name: str, participant: str, reference: str) -> list[float]:
        """Round by round, how much more than the reference."""
        pairs = zip(self.column(name, participant), self.column(name, reference), strict=False)
        return [mine / theirs for mine, theirs in pairs]

    @property
    def participants(self) -> list[str]:
        """In the order in which they ran."""
        return list(dict.fromkeys(row["participant"] for row in self.rows))


class Results(Rows):
    """The rows of one run; each is on disk as soon as it is measured."""

    def __init__(self, benchmark: str) -> None:
        super().__init__()
        FOLDER.mkdir(exist_ok=True)
        self._path = FOLDER / f"{benchmark}-{time.strftime('%Y%m%d-%H%M%S')}.jsonl"
        self._append({"command": sys.orig_argv[1:], **machine()})
        load, cores = os.getloadavg()[0], os.cpu_count() or 1
        if load > cores / 2:
            sys.stderr.write(f"load {load:.1f} on {cores} cores: wall times will show it\n")

    def add(self, row: Row) -> None:
        """Keep one measurement."""
        self.rows.append(row)
        self._append({**row, "load": os.getloadavg()[0]})

    def _append(self, row: Row) -> None:
        with self._path.open("a") as file:
            file.write(json.dumps(row) + "\n")


def machine() -> dict[str, Any]:
    """Say where the figures were taken."""
    cpu = next(
        (line.split(":")[1].strip() for line in _cpu_lines() if line.startswith("model name")),
        platform.processor(),
    )
    return {"cpu": cpu, "cores": os.cpu_count(), "python": platform.python_version()}


def _cpu_lines() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


def spread(values: Sequence[float], form: str = ".1f") -> str:
    """Median, with minimum and maximum beside it."""
    if not values:
        return "-"
    return f"{median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def percentile(values: Sequence[float], percent: float) -> float:
    """Give the value that `percent` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def table(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Lay out a table in Markdown."""
    return "\n".join(f"| {' | '.join(line)} |" for line in (header, ["---"] * len(header), *lines))


def show(title: str, header: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
    """Print a table, ready to be pasted."""
    sys.stdout.write(f"\n{title}\n\n{table(header, lines)}\n")
    sys.stdout.flush()
