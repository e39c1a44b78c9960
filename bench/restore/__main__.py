"""Runs the restore of every participant, round by round, and compares."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from bench.broker import broker, delete
from bench.figures import Results, show, spread
from bench.running import Input, participants, started

PACKAGE = "bench.restore"
REFERENCE = "raw_aiokafka"
# What is fifty times slower gets fewer records; figures are per record.
SHARE = {"stock_faust": 0.05}
SECONDS = 300


def measure(bootstrap: str, participant: str, records: int, partitions: int) -> dict[str, Any]:
    """Let one participant write its changelog, restore from it, and look at what it restored."""
    given = Input.empty(bootstrap, int(records * SHARE.get(participant, 1)), partitions)
    with started(PACKAGE, participant, given) as run:
        figures = run.figures(SECONDS)
    delete(bootstrap, given.topic)
    return {
        "participant": participant,
        "rate": figures["records"] / figures["wall_seconds"],
        "cpu_us": figures["cpu_seconds"] / figures["records"] * 1e6,
        **figures,
    }


def report(results: Results) -> None:
    """Print what was measured."""
    show(
        "Restore of a table from its changelog on an empty disk. Median (min to max).",
        ("participant", "records/s", "CPU µs/record", f"CPU, {REFERENCE} = 1"),
        (
            (
                name,
                spread(results.column("rate", name), ",.0f"),
                spread(results.column("cpu_us", name)),
                spread(results.ratios("cpu_us", name, REFERENCE), ".2f"),
            )
            for name in results.participants
        ),
    )


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m bench.restore", description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--partitions", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--participants", nargs="+", default=participants(PACKAGE))
    asked = parser.parse_args()
    results = Results("restore")
    with broker() as bootstrap:
        for turn in range(asked.rounds):
            for name in asked.participants:
                row = measure(bootstrap, name, asked.records, asked.partitions)
                results.add({"round": turn, **row})
                sys.stderr.write(f"round {turn + 1} {name}: {row['rate']:,.0f} records/s\n")
    report(results)


if __name__ == "__main__":
    main()
