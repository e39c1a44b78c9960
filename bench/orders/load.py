"""Orders for one system, as fast as they can be written, and what they leave in the topics."""

from __future__ import annotations

import time
from collections.abc import Iterable

from bench.orders import commands
from bench.orders.log import Ends, Volume, volumes
from bench.orders.system import System
from models.requests import OrderRequest


class Load:
    """Stock, and orders, of which none is placed twice in the life of a system."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.bootstrap = system.broker.address
        self.placed = 0

    def stock(self) -> None:
        """Receive plenty of every SKU."""
        commands.write(self.bootstrap, commands.stock(self.system.partitions))
        self.system.settle()

    def place(self, count: int, lines: int) -> float:
        """Place the next orders; returns the seconds that they took."""
        numbers = range(self.placed, self.placed + count)
        return self.place_all(commands.order(number, lines) for number in numbers)

    def place_all(self, asked: Iterable[OrderRequest]) -> float:
        """Place orders; returns the seconds until the last one was confirmed, paid and deducted."""
        rows = commands.orders(asked, self.system.partitions).values()
        self.placed += len(rows)
        ends = Ends(self.bootstrap, self.system.partitions)
        start = time.perf_counter()
        commands.write(self.bootstrap, rows)
        end = ends.until(len(rows))
        ends.close()
        return end - start

    def warm_up(self, count: int) -> None:
        """Place orders that do not count: first memory, first connections, Java's compiler."""
        self.place(count, lines=1)
        self.system.settle()

    def volumes(self) -> dict[str, Volume]:
        """What the topics hold."""
        return volumes(self.bootstrap, self.system.broker.directory / "data")
