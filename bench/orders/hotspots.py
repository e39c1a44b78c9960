"""Where the write worker's CPU goes: what `bench/orders/sampling.py` saw, by what it serves.

A sample counts for the innermost frame that belongs to a group: what the standard library does
for aiokafka is aiokafka's.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any, NamedTuple

from bench.figures import Results, show
from bench.orders.sampling import FILE
from bench.orders.system import WRITE, System
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


class Window(NamedTuple):
    """When orders were worked on, by the monotonic clock, how many, and the CPU of each in ms."""

    begun: float
    ended: float
    orders: int
    cpu_ms: float


def watch(system: System, work: Callable[[], int]) -> Window:
    """Do some work, which returns how many orders it was, with a write worker that is sampled."""
    cpu, begun = system.cpu()[WRITE], time.monotonic()
    orders = work()
    system.settle()
    used = system.cpu()[WRITE] - cpu
    return Window(begun, time.monotonic(), orders, 1000 * used / orders)


def analyse(system: System, window: Window) -> dict[str, Any]:
    """Tell from the samples, which the worker wrote when it ended, where its CPU went."""
    groups: defaultdict[str, float] = defaultdict(float)
    places: defaultdict[str, float] = defaultdict(float)
    for second, stack, cpu in json.loads((system.directory / FILE).read_text()):
        if int(window.begun) <= second <= window.ended:
            group = group_of(stack)
            groups[group] += 1000 * cpu / window.orders
            places[f"{place_of(stack)} ({group})"] += 1000 * cpu / window.orders
    groups[NATIVE] = max(0.0, window.cpu_ms - sum(groups.values()))
    return {
        "cpu_ms": window.cpu_ms,
        "groups": dict(_most(groups)),
        "places": dict(_most(places)[:SHOWN]),
    }


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
            f"The write worker's CPU, {row['participant']}, with the sampler: "
            f"{row['cpu_ms']:.2f} ms per order.",
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
