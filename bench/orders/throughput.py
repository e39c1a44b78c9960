"""Whole orders per second, and what one costs: CPU by process, records and bytes by topic.

Commands are written as fast as a producer can, so that the workers always have enough to do. The
clock runs from the first command to the last order that is confirmed, paid and deducted; CPU is
counted until the read side, too, has nothing left to do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bench.figures import Results, Rows, show
from bench.load import fill
from bench.orders import peer
from bench.orders.cells import cell, column
from bench.orders.load import Load
from bench.orders.log import Volume, grown
from bench.orders.system import BROKER, GATEWAY, VIEWS, WRITE, System
from bench.running import Input, started
from streams import topics

PEER = "{}: raw_aiokafka"  # for the shape of orders that it is measured beside
PROCESSES = (WRITE, VIEWS, GATEWAY, BROKER)
CPU = "cpu_ms {}"
_SECONDS = 120
# What an agent of the write side reads; `sagas` and `stock` are for the read side.
_READ_AGAIN = {topic.name for topic in topics.ALL} - {topics.sagas.name, topics.stock.name}


def measure(load: Load, count: int, lines: int) -> dict[str, Any]:
    """Place so many orders, and give what one of them cost."""
    return {"lines": lines, **measured(load, count, lambda: load.place(count, lines))}


def measured(load: Load, count: int, place: Callable[[], float]) -> dict[str, Any]:
    """Have so many orders placed, and give what one of them cost."""
    cpu, written = load.system.cpu(), load.volumes()
    seconds = place()
    load.system.settle()
    return {
        "orders": count,
        "orders_per_second": count / seconds,
        **cost(load.system, cpu, count),
        "topics": {
            name: [volume.records / count, volume.bytes / count]
            for name, volume in grown(written, load.volumes()).items()
        },
    }


def cost(system: System, before: dict[str, float], orders: int) -> dict[str, float]:
    """CPU in milliseconds that each process has used for an order since `before`."""
    used = {name: now - before[name] for name, now in system.cpu().items()}
    return {CPU.format(name): 1000 * seconds / orders for name, seconds in used.items()}


def measure_peer(bootstrap: str, orders: dict[str, Any], partitions: int) -> dict[str, Any]:
    """Move as many records of the same size as these orders did, without deciding anything."""
    work = work_of(orders["topics"])
    given = Input.empty(bootstrap, orders["orders"] * work.hops, partitions)
    fill(bootstrap, given.topic, partitions, peer.inputs(orders["orders"], work))
    with started("bench.orders", f"peer:{work.spelled}", given) as run:
        figures = run.figures(_SECONDS)
    per_order = work.hops / figures["records"]
    return {
        "hops": work.hops,
        "orders_per_second": 1 / (figures["wall_seconds"] * per_order),
        CPU.format(WRITE): 1000 * figures["cpu_seconds"] * per_order,
    }


def work_of(volumes: dict[str, list[float]]) -> peer.Work:
    """Return what the write side's transport does for one order: its topics, not its changelogs."""
    held = {name: Volume(*map(round, v)) for name, v in volumes.items() if not _is_changelog(name)}
    hops = sum(volume.records for name, volume in held.items() if name in _READ_AGAIN)
    records = sum(volume.records for volume in held.values())
    size = sum(volume.bytes for volume in held.values()) // records
    return peer.Work(hops=hops, asides=records - hops, size=size)


def report(results: Results) -> None:
    """Print what was measured."""
    rows = results.select(measure="throughput")
    show(
        "Whole orders. CPU in ms per order; median (min to max) of the rounds.",
        ("", "orders/s", *PROCESSES, "write worker, raw_aiokafka = 1"),
        (
            (
                name,
                column(rows, "orders_per_second", name, ",.0f"),
                *(column(rows, CPU.format(process), name, ".2f") for process in PROCESSES),
                cell(rows.ratios(CPU.format(WRITE), name, PEER.format(name)), ".1f"),
            )
            for name in rows.participants
        ),
    )
    _report_topics(rows)


def _report_topics(rows: Rows) -> None:
    last = {row["participant"]: row["topics"] for row in rows.rows if "topics" in row}
    names = sorted({name for volumes in last.values() for name in volumes})
    show(
        "Records (and bytes, as they lie in the log) per order.",
        ("topic", *last),
        (
            *(
                (name, *(_volume(each.get(name, [0, 0])) for each in last.values()))
                for name in names
            ),
            ("*all*", *(_volume(_total(each)) for each in last.values())),
        ),
    )


def _total(volumes: dict[str, list[float]]) -> list[float]:
    return [sum(column) for column in zip(*volumes.values(), strict=True)]


def _volume(volume: list[float]) -> str:
    return f"{volume[0]:.1f} ({volume[1]:,.0f})"


def _is_changelog(name: str) -> bool:
    return name.endswith(".changelog")
