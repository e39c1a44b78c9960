"""Faust's own recovery, from a changelog in its format, into RocksDB."""

from __future__ import annotations

import logging
import signal
from typing import Any, cast

import faust
import orjson
from faust.tables.manager import TableManager
from mode.loop import uvloop as _  # noqa: F401 - installs the same event loop that the others use

from bench.balances import changes, sample
from bench.broker import create
from bench.load import fill, payments_of
from bench.participant import Meter, Task
from bench.verification import WrongOutput


def write_changelog(task: Task) -> None:
    """Write what Faust itself would have written: JSON keys, JSON values."""
    name = f"{task.prefix}-balances-changelog"
    create(task.bootstrap, name, task.partitions)
    fill(
        task.bootstrap,
        name,
        task.partitions,
        changes(task.records),
        spell=lambda key: orjson.dumps(key.decode()),
    )


def build(task: Task) -> faust.App:
    """Make the application; it ends itself when the sample has been looked at."""
    expected = sample(task.records)
    fill(task.bootstrap, task.input, task.partitions, payments_of(expected))
    meter = Meter(task.records)
    app = faust.App(
        task.prefix,
        broker=f"kafka://{task.bootstrap}",
        store="rocksdb://",
        datadir=task.data,
        topic_partitions=task.partitions,
        web_enabled=False,
    )
    table = app.Table("balances")

    @table.on_recover
    async def recovered() -> None:
        meter.end()

    @app.agent(app.topic(task.input, value_serializer="json"))
    async def check(stream: faust.StreamT[dict[str, Any]]) -> None:
        seen = 0
        async for payment in stream:
            found = table.get(payment["partitionkey"])
            if found != expected[payment["partitionkey"]]:
                raise WrongOutput(f"{payment['partitionkey']} was restored to {found}")
            seen += 1
            if seen == len(expected):
                meter.report()
                signal.raise_signal(signal.SIGTERM)

    time_recovery(app, meter)
    return app


def time_recovery(app: faust.App, meter: Meter) -> None:
    """Begin the clocks when recovery does, not while the group is joined."""
    recovery: Any = cast(TableManager, app.tables).recovery
    started = recovery._set_recovery_started  # noqa: SLF001 - the only place that knows

    def timed() -> None:
        meter.begin()
        started()

    recovery._set_recovery_started = timed  # noqa: SLF001 - as above


def main(task: Task) -> None:
    """Write the changelog, then restore from it."""
    write_changelog(task)
    # As in bench/step/stock_faust.py: Faust's own default would log far too much.
    worker = faust.Worker(build(task), loglevel=logging.ERROR, redirect_stdouts=False)
    worker.execute_from_commandline()


if __name__ == "__main__":
    main(Task.from_command_line())
