"""Quix Streams' own recovery, from a changelog in its format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from quixstreams import Application, State

from bench.balances import changes, sample
from bench.broker import create
from bench.load import fill, payments_of
from bench.participant import Meter, Task
from bench.verification import WrongOutput

STATE = "balance"
# Quix also writes which input a change came from, and compares it on recovery; absent is quicker.
HEADERS = [("__column_family__", b"default")]


def write_changelog(task: Task) -> None:
    """Write what Quix itself would have written: message key, separator, key of the state."""
    name = f"changelog__{task.prefix}--{task.input}--default"
    create(task.bootstrap, name, task.partitions)
    suffix = b"|" + orjson.dumps(STATE)
    rows = changes(task.records, HEADERS)
    fill(task.bootstrap, name, task.partitions, rows, spell=lambda key: key + suffix)


def main(task: Task) -> None:
    """Recover, then look at some states as any message would."""
    write_changelog(task)
    expected = sample(task.records)
    fill(task.bootstrap, task.input, task.partitions, payments_of(expected))
    meter = Meter(task.records)

    def check(payment: Mapping[str, Any], state: State) -> None:
        found = state.get(STATE)
        if found != expected[payment["partitionkey"]]:
            raise WrongOutput(f"{payment['partitionkey']} was restored to {found}")

    app = Application(
        broker_address=task.bootstrap,
        consumer_group=task.prefix,
        auto_offset_reset="earliest",
        state_dir=task.data,
        loglevel="WARNING",
    )
    stream = app.dataframe(app.topic(task.input, value_deserializer="json"))
    stream.update(check, stateful=True)
    time_recovery(app, meter)
    app.run(count=len(expected), collect=False)
    meter.report()


def time_recovery(app: Application, meter: Meter) -> None:
    """Begin the clocks when recovery does, not while the group is joined."""
    manager = app._state_manager  # noqa: SLF001 - the only place that knows
    recover = manager.do_recovery

    def timed() -> None:
        meter.begin()
        recover()
        meter.end()

    manager.do_recovery = timed


if __name__ == "__main__":
    main(Task.from_command_line())
