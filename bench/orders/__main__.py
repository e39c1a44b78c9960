"""Measures whole orders: throughput and cost, waits, queries, growth, and a profile."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from typing import Any

from bench.figures import Results
from bench.orders import growth, hotspots, latency, queries, throughput
from bench.orders.load import Load
from bench.orders.system import running

DELAY = "30ms"  # mean time that the gateway takes, by its own default
STAGED = 100  # orders per second at which the wait is told apart by stages
PARTS = ("throughput", "profile", "latency", "queries", "growth")


class Bench:
    """One run, part by part."""

    def __init__(self, asked: argparse.Namespace) -> None:
        self._asked = asked
        self._begun = time.monotonic()
        self.results = Results("orders")

    def throughput(self, load: Load) -> None:
        """Orders per second and the cost of one, by shape, beside the bare transport."""
        for turn in range(self._asked.rounds):
            for lines in self._asked.lines:
                row = throughput.measure(load, self._asked.orders, lines)
                self._add("throughput", _shape(lines), round=turn, **row)
                peer = throughput.measure_peer(load.bootstrap, row, self._asked.partitions)
                self._add("throughput", throughput.PEER.format(_shape(lines)), round=turn, **peer)
        load.system.start_gateway(DELAY)
        lines = self._asked.lines[0]
        row = throughput.measure(load, self._asked.orders, lines)
        self._add("throughput", f"{_shape(lines)}, gateway takes {DELAY}", **row)
        load.system.start_gateway()

    def profile(self, load: Load) -> None:
        """Where the write worker's CPU goes, when it has enough to do and when it has not."""
        system, lines = load.system, self._asked.lines[0]
        count: int = self._asked.orders

        def as_fast_as_it_goes() -> int:
            load.place(count, lines)
            return count

        def by_the_clock() -> int:
            return latency.place(system, STAGED, self._asked.seconds).all

        system.start_write("bench.orders.sampling")
        load.warm_up(self._asked.warm_up)
        windows = {
            f"{_shape(lines)}, as fast as it goes": hotspots.watch(system, as_fast_as_it_goes),
            f"{STAGED}/s": hotspots.watch(system, by_the_clock),
        }
        system.start_write()
        for name, window in windows.items():
            self._add("profile", name, **hotspots.analyse(system, window))

    def latency(self, load: Load) -> None:
        """How long a customer waits, at several rates."""
        for turn in range(self._asked.rounds):
            for name, rate in self._rates().items():
                waits = latency.place(load.system, rate, self._asked.seconds)
                staged = turn == 0 and rate == STAGED
                stages = {"stages": latency.stages(load.system, waits)} if staged else {}
                self._add("latency", name, rate=rate, round=turn, **waits.figures(), **stages)
        load.system.start_gateway(DELAY)
        waits = latency.place(load.system, STAGED, self._asked.seconds)
        self._add("latency", f"{STAGED}/s, gateway takes {DELAY}", **waits.figures())
        load.system.start_gateway()

    def queries(self, load: Load) -> None:
        """Queries while orders flow."""
        for turn in range(self._asked.rounds):
            for kind in queries.KINDS:
                row = queries.measure(load.system, kind, self._asked.seconds)
                self._add("queries", kind, round=turn, **row)

    def growth(self, load: Load) -> None:
        """What finished orders leave behind."""
        for row in growth.measure(load, self._asked.growth):
            self._add("growth", f"{row['finished']} orders", **row)

    def report(self) -> None:
        """Print all tables."""
        for part, reporting in zip(
            PARTS, (throughput, hotspots, latency, queries, growth), strict=True
        ):
            if part in self._asked.parts:
                reporting.report(self.results)

    def _rates(self) -> dict[str, float]:
        rates: dict[str, float] = {f"{rate}/s": rate for rate in self._asked.rates}
        rows = self.results.select(measure="throughput")
        if reached := rows.column("orders_per_second", _shape(self._asked.lines[0])):
            half = max(reached) / 2
            rates[f"{half:.0f}/s, half of the most"] = half
        return rates

    def _add(self, measure: str, participant: str, **row: Any) -> None:
        self.results.add({"measure": measure, "participant": participant, **row})
        elapsed = time.monotonic() - self._begun
        sys.stderr.write(f"{elapsed:4.0f} s  {measure}: {participant} done\n")


def _shape(lines: int) -> str:
    return f"{lines} line{'s' if lines > 1 else ''}"


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.orders",
        description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--parts", nargs="+", choices=PARTS, default=PARTS, help="what to measure")
    add("--orders", type=int, default=1000, help="that a throughput is measured with")
    add("--lines", type=int, nargs="+", default=[1, 3], help="of an order, one shape after another")
    add(
        "--rates", type=int, nargs="+", default=[10, STAGED], help="orders/s that waits are told of"
    )
    add("--seconds", type=float, default=6, help="that each rate of orders or queries lasts")
    add("--growth", type=int, nargs="+", default=[1000, 2000, 4000], help="finished orders")
    add("--partitions", type=int, default=4, help="of every topic")
    add("--rounds", type=int, default=1, help="of throughput, waits and queries")
    add("--warm-up", type=int, default=200, help="orders that do not count")
    return parser.parse_args()


def main() -> None:
    """Measure what the command line asks for."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended before its time"))  # with all it began
    asked = options()
    bench = Bench(asked)
    together = {
        "throughput": bench.throughput,
        "profile": bench.profile,
        "latency": bench.latency,
        "queries": bench.queries,
    }
    alone = {"growth": bench.growth}  # in a system that has not grown before
    for parts in (together, alone):
        chosen = [measure for part, measure in parts.items() if part in asked.parts]
        if chosen:
            with running(asked.partitions) as system:
                load = Load(system)
                load.stock()
                load.warm_up(asked.warm_up)
                for measure in chosen:
                    measure(load)
    bench.report()


if __name__ == "__main__":
    main()
