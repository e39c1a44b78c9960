"""The commit record: one unit of work as one Kafka RecordBatch on the agent's changelog partition.

The broker appends a RecordBatch whole or not at all.
Its first record is the marker, always under the same key, so that compaction keeps the last one;
the others are the new states by key (a tombstone where a state ends).
State, progress and outputs therefore cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

import msgspec

from streams.origins import Seen

MARKER_KEY = b"!commit"
"""Key of every marker. State keys carry a prefix per kind of record and never begin with `!`."""
POSITION_KEY = b"!position"
"""Key under which a local store notes where it stands."""
RESERVED = frozenset({MARKER_KEY, POSITION_KEY})


class Output(msgspec.Struct, frozen=True, array_like=True):
    """One record to publish, complete but for its origin, which follows from its place."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()


class Marker(msgspec.Struct, frozen=True, array_like=True):
    """What a commit says about itself.

    `sequence` grows by one per accepted commit; `writer` is random per process;
    `time` is in milliseconds since the epoch and becomes the outputs' timestamp, so that
    publishing again gives the same bytes; `applied` maps each source topic to the next
    offset to apply; `seen` maps each origin to the last of its outputs applied;
    `outbox` is every output of the unit, in order.
    """

    sequence: Annotated[int, msgspec.Meta(ge=1)]
    writer: str
    time: int
    applied: dict[str, int]
    seen: Seen
    outbox: tuple[Output, ...]


class MarkerHead(msgspec.Struct, frozen=True, array_like=True):
    """The first two fields of a marker: enough to accept or reject, without the outbox."""

    sequence: int
    writer: str


class Commit(msgspec.Struct, frozen=True):
    """A unit of work ready to be appended: the marker and the states it writes."""

    marker: Marker
    states: Mapping[bytes, bytes | None]

    @property
    def length(self) -> int:
        """Records in the batch, hence offsets that it takes."""
        return 1 + len(self.states)


def portions(
    states: Mapping[bytes, bytes | None], limit: int = 1 << 20
) -> Iterator[dict[bytes, bytes | None]]:
    """Split states into commits of about `limit` bytes; without any, one empty commit."""
    portion: dict[bytes, bytes | None] = {}
    size = 0
    for key, value in states.items():
        grown = len(key) + len(value or b"")
        if portion and size + grown > limit:
            yield portion
            portion, size = {}, 0
        portion[key] = value
        size += grown
    yield portion


encode_marker = msgspec.msgpack.Encoder().encode
decode_marker = msgspec.msgpack.Decoder(Marker).decode
decode_marker_head = msgspec.msgpack.Decoder(MarkerHead).decode
