"""What it costs to make one unit of work durable: a Kafka transaction, or one commit record.

The same states and outputs, partition by partition, one commit after another in each. Measured
from having them in memory to knowing that all of it is on the broker. The commit record pays for
what it adds: it holds every output a second time, as its outbox.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import time
import uuid

import uvloop

from bench.broker import broker, create, delete
from bench.commits import METHODS, Unit
from bench.figures import Results, Row, percentile, show, spread
from bench.participant import clocks

WARM_UP = 20


async def measure(bootstrap: str, name: str, lanes: int, asked: argparse.Namespace) -> Row:
    """Commit in each of `lanes` partitions, all at once, `commits` times each."""
    unit = Unit(f"bench-commit-{uuid.uuid4().hex[:8]}", asked.records)
    for topic in (unit.source, unit.changelog, unit.output):
        create(bootstrap, topic, lanes)
    method = METHODS[name]()
    await method.open(bootstrap, unit, lanes)
    took: list[float] = []

    async def lane(partition: int, first: int, count: int) -> None:
        for offset in range(first, first + count):
            start = time.perf_counter()
            await method.commit(partition, offset + 1)
            took.append(1000 * (time.perf_counter() - start))
            await asyncio.sleep(asked.pause / 1000)

    await asyncio.gather(*(lane(partition, 0, WARM_UP) for partition in range(lanes)))
    took.clear()
    cpu, wall = clocks()
    await asyncio.gather(*(lane(partition, WARM_UP, asked.commits) for partition in range(lanes)))
    cpu, wall = (after - before for before, after in zip((cpu, wall), clocks(), strict=True))
    await method.close()
    delete(bootstrap, unit.prefix)
    return {
        "participant": name,
        "lanes": lanes,
        "p50": percentile(took, 50),
        "p99": percentile(took, 99),
        "cpu_ms": 1000 * cpu / len(took),
        "rate": len(took) / wall,
    }


def report(results: Results, lanes: list[int], records: int) -> None:
    """Print what was measured."""
    for count in lanes:
        rows = results.select(lanes=count)
        show(
            f"A commit of {records} states and {records} outputs, {count} partitions at once.",
            ("method", "p50 ms", "p99 ms", "CPU ms/commit", "commits/s"),
            (
                (
                    name,
                    *(spread(rows.column(c, name), ".2f") for c in ("p50", "p99", "cpu_ms")),
                    spread(rows.column("rate", name), ",.0f"),
                )
                for name in rows.participants
            ),
        )


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m bench.transactions", description=__doc__)
    parser.add_argument("--commits", type=int, default=200, help="per partition")
    parser.add_argument("--records", type=int, default=100, help="per commit")
    parser.add_argument("--lanes", type=int, nargs="+", default=[1, 4], help="partitions at once")
    parser.add_argument("--pause", type=float, default=0, help="ms between two commits")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    results = Results("transactions")
    # aiokafka logs every retry as an error, and transactions are full of retries.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    with broker() as bootstrap:
        for turn in range(asked.rounds):
            for lanes in asked.lanes:
                for name in METHODS:
                    row = uvloop.run(measure(bootstrap, name, lanes, asked))
                    results.add({"round": turn, **row})
                    sys.stderr.write(f"round {turn + 1} {lanes}x {name}: {row['p50']:.2f} ms\n")
    report(results, asked.lanes, asked.records)


if __name__ == "__main__":
    main()
