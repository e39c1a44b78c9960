"""What finished orders leave behind: memory and disk of both workers, after more and more of them.

The slope between the last two counts is extrapolated to a million orders. It says how fast it grows
there, not what a worker with a million orders holds: RocksDB fills its write buffers first (4 MiB
for each of its partitions), and what is in them is not yet on disk, until the worker ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bench.figures import Results, show
from bench.orders.load import Load
from bench.orders.system import VIEWS, WRITE, System

_WORKERS = (WRITE, VIEWS)
_MIB = 1 << 20
_GIB = 1 << 30
_MILLION = 1_000_000


def measure(load: Load, counts: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Place orders up to each count, and weigh the workers; at the end once more, at rest."""
    for count in sorted(counts):
        load.place(max(0, count - load.placed), lines=1)
        load.system.settle()
        memory = load.system.memory()
        yield {
            "finished": load.placed,
            "rss": {name: memory[name] for name in _WORKERS},
            "disk": _disk(load.system),
        }
    for name in _WORKERS:
        load.system.stop(name)
    yield {"finished": load.placed, "disk": _disk(load.system)}


def report(results: Results) -> None:
    """Print what was measured."""
    rows = results.select(measure="growth").rows
    weighed = [row for row in rows if "rss" in row]
    lines = [(f"{row['finished']:,}", *_weights(row)) for row in rows]
    if len(weighed) > 1:
        lines.append(
            ("*each further million, extrapolated from the last two*", *_slopes(*weighed[-2:]))
        )
    show(
        "Memory and disk after so many finished orders of one line, in MiB.",
        ("finished orders", *(f"{name}, {what}" for name in _WORKERS for what in ("RSS", "disk"))),
        lines,
    )


def _disk(system: System) -> dict[str, int]:
    return {name: system.disk(name) for name in _WORKERS}


def _weights(row: dict[str, Any]) -> list[str]:
    shown = []
    for name in _WORKERS:
        shown.append(f"{row['rss'][name] / _MIB:,.0f}" if "rss" in row else "stopped")
        shown.append(f"{row['disk'][name] / _MIB:,.1f}")
    return shown


def _slopes(first: dict[str, Any], last: dict[str, Any]) -> list[str]:
    orders = last["finished"] - first["finished"]
    return [
        f"{(last[what][name] - first[what][name]) / orders * _MILLION / _GIB:,.1f} GiB"
        for name in _WORKERS
        for what in ("rss", "disk")
    ]
