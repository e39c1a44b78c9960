"""Runs the step of every participant, round by round, checks what came out, and compares."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from bench.broker import broker
from bench.figures import Results, show, spread
from bench.load import fill, payments
from bench.running import Input, participants, started
from bench.verification import Steps, expected, verify

PACKAGE = "bench.step"
REFERENCE = "raw_aiokafka"
# What is fifty times slower gets fewer records; figures are per event.
SHARE = {"stock_faust": 0.05}
SECONDS = 300


class Contest:
    """The inputs of a run, and one measurement after another."""

    def __init__(self, bootstrap: str, records: int, partitions: int) -> None:
        self._bootstrap = bootstrap
        self._records = records
        self._partitions = partitions
        self._inputs: dict[int, tuple[Input, Steps]] = {}

    def measure(self, participant: str) -> dict[str, Any]:
        """Run one participant, verify its outputs, give its figures."""
        records = int(self._records * SHARE.get(participant, 1))
        given, steps = self._input(records)
        with started(PACKAGE, participant, given) as run:
            figures = run.figures(SECONDS)
            verify(self._bootstrap, run.task.output, steps)
        return {
            "participant": participant,
            "cpu_us": figures["cpu_seconds"] / figures["records"] * 1e6,
            "wall_us": figures["wall_seconds"] / figures["records"] * 1e6,
            **figures,
        }

    def _input(self, records: int) -> tuple[Input, Steps]:
        if records not in self._inputs:
            given = Input.empty(self._bootstrap, records, self._partitions)
            fill(self._bootstrap, given.topic, self._partitions, payments(range(records)))
            self._inputs[records] = given, expected(self._bootstrap, given.topic)
        return self._inputs[records]


def report(results: Results) -> None:
    """Print what was measured."""
    show(
        "One step: consume, RocksDB state with changelog, one output. Median (min to max).",
        ("participant", "CPU µs/event", "wall µs/event", "events/s", f"CPU, {REFERENCE} = 1"),
        (
            (
                name,
                spread(results.column("cpu_us", name)),
                spread(results.column("wall_us", name)),
                spread([1e6 / wall for wall in results.column("wall_us", name)], ",.0f"),
                spread(results.ratios("cpu_us", name, REFERENCE), ".2f"),
            )
            for name in results.participants
        ),
    )


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m bench.step", description=__doc__)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--partitions", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--participants", nargs="+", default=participants(PACKAGE), help="NAME or NAME:VARIANT"
    )
    asked = parser.parse_args()
    results = Results("step")
    with broker() as bootstrap:
        contest = Contest(bootstrap, asked.records, asked.partitions)
        for turn in range(asked.rounds):
            for participant in asked.participants:
                row = contest.measure(participant)
                results.add({"round": turn, **row})
                sys.stderr.write(f"round {turn + 1} {participant}: {row['cpu_us']:.1f} µs\n")
    report(results)


if __name__ == "__main__":
    main()
