"""Where the write worker's CPU goes: what `bench/orders/sampling.py` saw, by what it serves.

A sample counts for the innermost frame that belongs to a group: what the standard library does
for aiokafka is aiokafka's.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from typing import Any

from bench.figures import Results, show
from bench.orders.load import Load
from bench.orders.sampling import FILE
from bench.orders.system import WRITE
from bench.orders.throughput import measure as measure_orders
from bench.running import ROOT

SHOWN = 25
OTHERS = "the sampler itself, and the rest"
NATIVE = "threads without Python (RocksDB)"
# The first part of a path that is found decides.
_GROUPS = (
    ("streams/codec.py", "codec"),
    ("agents/publishing.py", "codec"),
    ("streams/store.py", "store"),
    ("tables/", "store"),
    ("streams/transport.py", "Kafka client"),
    ("streams/publication.py", "Kafka client"),
    ("streams/fetch.py", "Kafka client"),
    ("/aiokafka/", "Kafka client"),
    ("agents/gateway.py", "calls to the gateway"),
    ("agents/mail.py", "calls to the gateway"),
    ("agents/provider.py", "calls to the gateway"),
    ("agents/calling.py", "calls to the gateway"),
    ("streams/effects.py", "calls to the gateway"),
    ("streams/patience.py", "calls to the gateway"),
    ("/aiohttp/", "calls to the gateway"),
    ("/yarl/", "calls to the gateway"),
    ("agents/", "domain"),
    ("models/", "domain"),
    ("streams/", "runtime"),
    ("/prometheus_client/", "runtime"),
    ("/mode/worker.py", "event loop"),  # it runs the loop, whose own C code counts for it
    ("/asyncio/", "event loop"),
    ("/_weakrefset.py", "event loop"),  # the set of all tasks
    ("/mode/threads.py", "Kafka client"),  # likewise, in the thread of the consumer
    ("/faust/", "Faust"),
    ("/mode/", "Faust"),
)


def measure(load: Load, count: int, lines: int) -> dict[str, Any]:
    """Place orders with a write worker that samples itself; ms of CPU per order, by place."""
    begun = int(time.monotonic())
    figures = measure_orders(load, count, lines)
    ended = time.monotonic()
    load.system.stop(WRITE)
    groups: defaultdict[str, float] = defaultdict(float)
    places: defaultdict[str, float] = defaultdict(float)
    for second, stack, cpu in json.loads((load.system.directory / FILE).read_text()):
        if begun <= second <= ended:
            group = group_of(stack)
            groups[group] += 1000 * cpu / count
            places[f"{place_of(stack)} ({group})"] += 1000 * cpu / count
    cpu_ms = figures[f"cpu_ms {WRITE}"]
    groups[NATIVE] = max(0.0, cpu_ms - sum(groups.values()))
    return {"cpu_ms": cpu_ms, "groups": dict(_most(groups)), "places": dict(_most(places)[:SHOWN])}


def group_of(stack: list[str]) -> str:
    """Name what a sample serves."""
    for frame in stack:
        path = frame.removeprefix(f"{ROOT}/")
        for part, group in _GROUPS:
            if path.startswith(part) or (part.startswith("/") and part in path):
                return group
    return OTHERS


def place_of(stack: list[str]) -> str:
    """Name the function that was at work, by its module."""
    path, _, name = stack[0].partition(":")
    short = path.removeprefix(f"{ROOT}/").rpartition("site-packages/")[2]
    return f"{'/'.join(short.split('/')[-3:])} {name}"


def report(results: Results) -> None:
    """Print what was measured."""
    for row in results.select(measure="profile").rows:
        show(
            f"The write worker's CPU, {row['participant']}: {row['cpu_ms']:.2f} ms per order, "
            "with the sampler.",
            ("part", "ms per order", "share"),
            _shares(row["groups"], row["cpu_ms"]),
        )
        show(
            "The functions in which most of it was found (innermost frame).",
            ("function", "ms per order", "share"),
            _shares(row["places"], row["cpu_ms"]),
        )


def _most(costs: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(costs.items(), key=lambda item: -item[1])


def _shares(costs: dict[str, float], total: float) -> list[tuple[str, str, str]]:
    return [(name, f"{cost:.3f}", f"{cost / total:.0%}") for name, cost in costs.items()]
