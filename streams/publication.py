"""Publication: the outbox of a commit as Kafka batches, one or more per destination partition.

The same marker always gives the same records, origins and timestamps included, so that
publishing it twice is harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from streams.commit import Marker
from streams.origins import header

BATCH_BYTES = 256 << 10  # a batch takes no more records beyond this; topics allow 1 MiB by default


class Batch(Protocol):
    """aiokafka's BatchBuilder, as far as it is used here."""

    def size(self) -> int:
        """Bytes so far."""

    def append(self, *, timestamp: int, key: Any, value: Any, headers: Any) -> Any:
        """Add a record."""

    def close(self) -> None:
        """Add no more."""


def batches_of(
    new_batch: Callable[[], Batch], writer: str, marker: Marker
) -> Iterator[tuple[str, int, Batch]]:
    """Yield (topic, partition, closed batch); within a partition the outbox's order is kept."""
    by_partition: dict[tuple[str, int], list[tuple[int, Any]]] = {}
    for index, output in enumerate(marker.outbox):
        by_partition.setdefault((output.topic, output.partition), []).append((index, output))
    for (topic, partition), outputs in by_partition.items():
        batch = new_batch()
        for index, output in outputs:
            if batch.size() > BATCH_BYTES:
                batch.close()
                yield topic, partition, batch
                batch = new_batch()
            batch.append(
                timestamp=marker.time,
                key=output.key,
                value=output.value,
                headers=[*output.headers, header(writer, marker.sequence, index)],
            )
        batch.close()
        yield topic, partition, batch
