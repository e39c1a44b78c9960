"""Runs the same simulated orders in both styles, and writes the figures of `docs/sagas.md`."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from itertools import islice
from typing import Any

from bench.compare import journeys, page, tables
from bench.compare.coupling import ROOT
from bench.figures import Results
from bench.orders import commands, latency, throughput
from bench.orders.load import Load
from bench.orders.log import grown
from bench.orders.system import running
from models.order_messages import Style

PAGE = ROOT / "docs" / "sagas.md"


class Comparison:
    """One run: both styles in the same workers, in turns."""

    def __init__(self, load: Load, asked: argparse.Namespace) -> None:
        self._load = load
        self._asked = asked
        self._begun = time.monotonic()
        self.results = Results("compare")

    def run(self) -> None:
        """Measure everything."""
        self._load.stock()
        for row in journeys.measure(self._load):
            self._add(tables.JOURNEY, **row)
        for style in journeys.STYLES:
            self._load.place_all(islice(commands.simulated(0, style), self._asked.warm_up))
        self._load.system.settle()
        for turn in range(self._asked.rounds):
            for style in journeys.STYLES[:: -1 if turn % 2 else 1]:
                self._full(turn, style)
                self._steady(turn, style)

    def _full(self, turn: int, style: Style) -> None:
        count: int = self._asked.orders
        asked = list(islice(commands.simulated(self._asked.seed, style), count))
        row = throughput.measured(self._load, count, lambda: self._load.place_all(asked))
        self._add(tables.FULL, participant=style, round=turn, **row, **_written(row["topics"]))

    def _steady(self, turn: int, style: Style) -> None:
        asked, system, before = self._asked, self._load.system, self._load.volumes()
        waits = latency.place(system, asked.rate, asked.seconds, seed=asked.seed, saga=style)
        system.settle()
        found = waits.figures()
        if found["unconfirmed"]:
            raise SystemExit(
                f"{found['unconfirmed']} orders were not confirmed, so figures are void"
            )
        held = grown(before, self._load.volumes())
        volumes = {name: [v.records / waits.all, v.bytes / waits.all] for name, v in held.items()}
        self._add(tables.STEADY, participant=style, round=turn, **found, **_written(volumes))

    def _add(self, measure: str, **row: Any) -> None:
        row["cpu_ms all"] = sum(value for name, value in row.items() if name.startswith("cpu_ms "))
        self.results.add({"measure": measure, **row})
        elapsed = time.monotonic() - self._begun
        sys.stderr.write(f"{elapsed:4.0f} s  {measure}: {row['participant']} done\n")


def _written(volumes: dict[str, list[float]]) -> dict[str, float]:
    """Records and bytes of an order, on topics and on changelogs."""
    sums = {
        f"{kind}_{unit}": 0.0 for kind in ("topic", "changelog") for unit in ("records", "bytes")
    }
    for name, (records, size) in volumes.items():
        kind = "changelog" if name.endswith(".changelog") else "topic"
        sums[f"{kind}_records"] += records
        sums[f"{kind}_bytes"] += size
    return sums


def write(parts: dict[str, str]) -> None:
    """Put tables in their places on the page."""
    PAGE.write_text(page.replaced(PAGE.read_text(), parts))
    sys.stderr.write(f"written: {', '.join(parts)} in {PAGE.relative_to(ROOT)}\n")


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.compare",
        description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--code-only", action="store_true", help="write what is told by the code, and run nothing")
    add("--seed", type=int, default=6, help="of the simulated orders")
    add("--rounds", type=int, default=5, help="in each of which both styles have their turn")
    add("--orders", type=int, default=1500, help="as fast as it goes, in one turn")
    add("--rate", type=float, default=20, help="orders/s by the clock")
    add("--seconds", type=float, default=10, help="that they come by the clock, in one turn")
    add("--partitions", type=int, default=4, help="of every topic")
    add("--warm-up", type=int, default=300, help="orders of each style that do not count")
    return parser.parse_args()


def main() -> None:
    """Compare, and write it down."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended before its time"))  # with all it began
    asked = options()
    parts = {name: told() for name, told in tables.FROM_CODE.items()}
    if not asked.code_only:
        with running(asked.partitions) as system:
            comparison = Comparison(Load(system), asked)
            comparison.run()
        results = comparison.results
        parts |= {name: told(results) for name, told in tables.FROM_ORDERS.items()}
        parts["run"] = tables.run()
    write(parts)


if __name__ == "__main__":
    main()
