"""What an agent sees of the runtime: a stream of units of work.

@app.agent(app.source(topics.order_commands))
async def orders(stream):
    async for unit in units(stream, order_table, codec.decode):
        unit.each(handle)
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from faust import StreamT, Topic
from mode import get_logger

from models.errors import WorkerMustStop
from streams.lane import Batch
from streams.runtime import Attachment
from streams.unit import Unit

if TYPE_CHECKING:
    from streams.application import Orderflow
    from streams.state import StateTable

logger = get_logger(__name__)

M = TypeVar("M")


async def units(
    stream: StreamT[Any], table: StateTable, decode: Callable[[bytes | None], M]
) -> AsyncIterator[Unit[M]]:
    """One unit per partition batch; it is committed, in the background, when the loop comes round.

    Raises:
        HandlerFailed: after the records before the failing one were committed.
        WorkerMustStop: the agent went on without `unit.each`; its records would be left out.
    """
    runtime = cast("Orderflow", stream.app).runtime
    channel = cast("Topic", stream.channel)
    runtime.attach(Attachment(table, tuple(channel.topics), decode, channel))
    async for value in stream:
        batch = cast("Batch", value)
        unit = batch.lane.begin(batch)
        if unit is None:  # the partition was lost since the batch was handed over
            continue
        yield unit
        if not unit.done:
            raise WorkerMustStop(
                f"the agent of {table.name} took a unit without unit.each(handler)"
            )
        sealed = batch.lane.seal(unit, batch.epoch, runtime.on_error)
        runtime.after_unit(batch.lane)
        if unit.failure is not None:
            await sealed
            logger.error("%s", unit.failure, exc_info=unit.failure.__cause__)
            raise unit.failure
