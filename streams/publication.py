"""Publication: the outbox of a commit as Kafka batches, one or more per destination partition.

The same marker always gives the same records, origins and timestamps included, so that
publishing it twice is harmless.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from aiokafka.errors import KafkaError

from models.errors import WorkerMustStop
from streams.commit import Marker
from streams.origins import HEADER, header_bytes

# A batch with more holds one output only, which fits by itself (streams.unit.OUTPUT_LIMIT):
# topics allow 1 MiB, and a batch refused for its size could never be published.
BATCH_BYTES = 256 << 10
_FRAMING = 40  # bytes of a record beside its key, value and headers, and of its origin's number


class Batch(Protocol):
    """aiokafka's BatchBuilder, as far as it is used here."""

    def append(self, *, timestamp: int, key: Any, value: Any, headers: Any) -> Any:
        """Add a record."""

    def close(self) -> None:
        """Add no more."""


def batches_of(
    new_batch: Callable[[], Batch], writer: str, marker: Marker
) -> Iterator[tuple[str, int, Batch]]:
    """Yield (topic, partition, closed batch); within a partition the outbox's order is kept."""
    prefix = f"{writer}/{marker.sequence}/".encode()
    framing = len(prefix) + _FRAMING
    filling: dict[tuple[str, int], Batch] = {}
    room: dict[tuple[str, int], int] = {}
    time = marker.time
    for index, output in enumerate(marker.outbox):
        at = (output.topic, output.partition)
        key, value, headers = output.key, output.value, output.headers
        size = len(value or b"") + len(key or b"") + framing + header_bytes(headers)
        if size > room.get(at, 0):
            if at in filling:
                yield *at, closed(filling[at])
            filling[at] = new_batch()
            room[at] = BATCH_BYTES
        room[at] -= size
        origin = (HEADER, b"%b%d" % (prefix, index))
        filling[at].append(timestamp=time, key=key, value=value, headers=[*headers, origin])
    for at, batch in filling.items():
        yield *at, closed(batch)


def closed(batch: Batch) -> Batch:
    """The batch, to which nothing can be added any more."""
    batch.close()
    return batch


async def acknowledged(at: tuple[str, int], sending: asyncio.Future[Any]) -> Any:
    """What the broker says of a batch.

    Raises:
        WorkerMustStop: it does not want it, and never will as things are.
    """
    try:
        return await sending
    except KafkaError as error:
        if error.retriable:
            raise
        raise WorkerMustStop(
            f"Kafka does not take what is to be written to {at[0]}[{at[1]}]: {error!r}. Mend the "
            "cause; nothing is lost, the next start goes on from here"
        ) from error
