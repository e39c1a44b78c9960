"""Orderflow's own step: an agent with its unit of work, everything switched on."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any, cast

import msgspec

from bench.participant import Meter, Task
from models.messages import Catalog, Message, MessageType, Payload
from streams.application import Orderflow
from streams.codec import CONTENT_TYPE, Codec
from streams.settings import Settings
from streams.topics import Topic
from streams.unit import Unit
from streams.units import units


class PaymentTaken(Payload, frozen=True):
    """What an input says."""

    amount: int
    currency: str


class PaymentsCounted(Payload, frozen=True):
    """The state of one key, and what an output says of it."""

    count: int = 0
    total: int = 0


codec = Codec(Catalog([MessageType(PaymentTaken), MessageType(PaymentsCounted)]))
decode_state = msgspec.json.Decoder(PaymentsCounted).decode
encode_state = msgspec.json.Encoder().encode


def handler(output: str) -> Any:
    """The step."""

    def handle(unit: Unit[Message], message: Message) -> None:
        key = message.partitionkey.encode()
        stored = unit.get(b"s/" + key)
        before = decode_state(stored) if stored else PaymentsCounted()
        cause = cast("PaymentTaken", message.data)
        after = PaymentsCounted(before.count + 1, before.total + cause.amount)
        unit.put(b"s/" + key, encode_state(after))
        announced = Message(
            id=f"{message.id}/counted",
            source="/bench/step",
            type="PaymentsCounted",
            subject=message.subject,
            time=message.time,
            dataversion=1,
            sequence=after.count,
            correlationid=message.correlationid,
            causationid=message.id,
            partitionkey=message.partitionkey,
            data=after,
        )
        unit.emit(output, key, codec.encode(announced), (CONTENT_TYPE,))

    return handle


def main(task: Task) -> None:
    """Work until every record has been handled and its output acknowledged."""
    settings = Settings(broker=task.bootstrap, partitions=task.partitions, datadir=Path(task.data))
    app = Orderflow(task.prefix, settings, [], web_enabled=False, worker_redirect_stdouts=False)
    table = app.state_table(f"{task.prefix}-state")
    meter = Meter(task.records)
    source = Topic(name=task.input, key="user", carries="payments", writer="bench")

    async def finish() -> None:
        await app.runtime.drain()
        meter.end()
        meter.report()
        os._exit(0)

    @app.agent(app.source(source))
    async def steps(stream: Any) -> None:
        handle = handler(task.output)
        async for unit in units(stream, table, codec.decode):
            unit.each(handle)
            if meter.saw(unit.handled):
                asyncio.get_running_loop().call_soon(asyncio.ensure_future, finish())

    app.Worker(loglevel="warn").execute_from_commandline()


if __name__ == "__main__":
    main(Task.from_command_line())
