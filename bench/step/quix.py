"""Quix Streams as its documentation writes it; the variant `exactly-once` turns transactions on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quixstreams import Application, State

from bench.participant import Meter, Task

GUARANTEES = {"": "at-least-once", "exactly-once": "exactly-once"}


def step(payment: Mapping[str, Any], state: State) -> dict[str, Any]:
    """Count and announce: `counted` and `announced` of bench/messages.py on plain JSON."""
    before = state.get("counted", {"count": 0, "total": 0})
    after = {
        "count": before["count"] + 1,
        "total": before["total"] + payment["data"]["amount"],
    }
    state.set("counted", after)
    return {
        **payment,
        "id": f"{payment['id']}/counted",
        "source": "/bench/step",
        "type": "PaymentsCounted",
        "sequence": after["count"],
        "causationid": payment["id"],
        "data": after,
    }


def main(task: Task) -> None:
    """Run until every record has been handled and the last checkpoint is committed."""
    meter = Meter(task.records)
    app = Application(
        broker_address=task.bootstrap,
        consumer_group=task.prefix,
        auto_offset_reset="earliest",
        state_dir=task.data,
        processing_guarantee=GUARANTEES[task.variant],
        loglevel="WARNING",
        on_message_processed=lambda *_: meter.saw(1),
    )
    stream = app.dataframe(app.topic(task.input, value_deserializer="json"))
    stream = stream.apply(step, stateful=True)
    stream.to_topic(app.topic(task.output, value_serializer="json"))
    app.run(count=task.records, collect=False)
    meter.end()
    meter.report()


if __name__ == "__main__":
    main(Task.from_command_line())
