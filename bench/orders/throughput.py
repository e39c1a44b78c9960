"""Whole orders per second, and what one order costs: CPU by process, records and bytes by topic.

Commands are written as fast as a producer can, so that the workers always have enough to do. The
clock runs from the first command to the last order that is confirmed, paid and deducted; CPU is
counted until the read side, too, has nothing left to do.
"""

from __future__ import annotations

import itertools
import sys
import time
from typing import Any

from bench.figures import Results, show
from bench.orders import commands
from bench.orders.log import Ends, Volume, grown, volumes
from bench.orders.system import System

_numbers = itertools.count()  # of orders, each placed once in a run


class Load:
    """Orders for one system."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.bootstrap = system.broker.address

    def stock(self) -> None:
        """Receive plenty of every SKU."""
        commands.write(self.bootstrap, commands.stock(self.system.partitions))
        self.system.settle()

    def place(self, count: int, lines: int) -> float:
        """Place orders as fast as it goes; returns seconds until the last one has ended."""
        rows = commands.orders(
            itertools.islice(_numbers, count), lines, self.system.partitions
        )
        ends = Ends(self.bootstrap, self.system.partitions)
        start = time.perf_counter()
        commands.write(self.bootstrap, rows)
        end = ends.until(count)
        ends.close()
        return end - start

    def volumes(self) -> dict[str, Volume]:
        """What the topics hold."""
        return volumes(self.bootstrap, self.system.broker.directory / "data")


def measure(load: Load, count: int, lines: int) -> dict[str, Any]:
    """Place so many orders, and give what one of them cost."""
    cpu, written = load.system.cpu(), load.volumes()
    seconds = load.place(count, lines)
    load.system.settle()
    used = {name: now - cpu[name] for name, now in load.system.cpu().items()}
    topics = grown(written, load.volumes())
    return {
        "orders": count,
        "lines": lines,
        "orders_per_second": count / seconds,
        "cpu_ms": {name: 1000 * seconds / count for name, seconds in used.items()},
        "records": {name: volume.records / count for name, volume in topics.items()},
        "bytes": {name: volume.bytes / count for name, volume in topics.items()},
    }
