"""Audit a running Orderflow: `python -m tests.audit --broker 127.0.0.1:9092 --gateway ADDRESS`.

Exits with 0 if nothing is wrong, 1 if there are findings, 2 if something could not be read.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys

from tests.audit import views
from tests.audit.findings import Audit
from tests.audit.logs import Unreadable, read_ledger, read_topics
from tests.audit.verdict import audit, render


async def examine(asked: argparse.Namespace) -> Audit:
    """Read everything and judge it: topics first, so that every event has its line in a ledger."""
    topics = await read_topics(asked.broker, asked.prefix)
    gateway = await read_ledger(asked.gateway, "ledger")
    mails = await read_ledger(asked.gateway, "mails")
    found = audit(
        topics.records,
        gateway,
        mails,
        finished=not asked.running,
        partitions=topics.partitions,
        dead_letters=asked.dead_letters,
    )
    if asked.views:
        await views.check(asked.views.rstrip("/"), found)
    return found


def options() -> argparse.ArgumentParser:
    """What may be asked on the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.audit",
        description="Read all topics and ledgers, and check every invariant of the domain.",
    )
    parser.add_argument("--broker", default="127.0.0.1:9092", help="Kafka, as HOST:PORT")
    parser.add_argument(
        "--gateway",
        default="http://127.0.0.1:6070",
        help="address of the gateway, or a folder with ledger.ndjson and mails.ndjson",
    )
    parser.add_argument("--prefix", default="", help="what stands before the names of topics")
    parser.add_argument("--views", help="address of the read side, to be compared, too")
    parser.add_argument("--running", action="store_true", help="work is under way, not at rest")
    parser.add_argument(
        "--dead-letters", type=int, default=0, metavar="N", help="how many there should be"
    )
    parser.add_argument("--json", action="store_true", help="the verdict as one JSON object")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Print the verdict; return the exit code."""
    parser = options()
    asked = parser.parse_args(arguments)
    if asked.running and asked.views:
        parser.error("--views is compared with topics at rest; leave out --running, or --views")
    try:
        found = asyncio.run(examine(asked))
    except Unreadable as error:
        sys.stderr.write(f"{error}\n")
        return 2
    verdict = json.dumps(found.as_json()) if asked.json else render(found)
    sys.stdout.write(f"{verdict}\n")
    return 1 if found.findings else 0


if __name__ == "__main__":
    sys.exit(main())
