"""Reading a changelog: which commits count, and what they leave.

A commit is accepted if its sequence is above the last accepted one, else it is ignored with
all its records: of two with one sequence the first wins. A writer appends only sequence + 1 of
what it has seen accepted, so a commit accepted here was decided on the state it follows.

Compaction may leave states whose marker is gone; those are old and stand.
A rejected commit could outlive the accepted one under compaction, so its keys are `tainted`
until an accepted commit writes them again: the next owner does (`Lane.repair`), well before
`min.compaction.lag.ms` has passed.
"""

from __future__ import annotations

from collections.abc import Iterable

from streams.batches import Record
from streams.commit import MARKER_KEY, decode_marker_head


class ChangelogFold:
    """Feeds on the records of one changelog partition, in offset order.

    `changes` holds what the accepted records leave, by key, since the last `drain`;
    `marker` and `marker_offset` are those of the last accepted commit.
    """

    def __init__(self, sequence: int = 0) -> None:
        self.sequence = sequence
        self.marker: bytes | None = None
        self.marker_offset = -1
        self.rejected = 0
        self.changes: dict[bytes, bytes | None] = {}
        self.tainted: set[bytes] = set()
        self._accepting = True

    def feed(self, records: Iterable[Record]) -> None:
        """Read records. Those without a key are not ours and are passed over."""
        changes, tainted = self.changes, self.tainted
        for record in records:
            key = record.key
            if key == MARKER_KEY:
                self._on_marker(record)
            elif key is None:
                continue
            elif self._accepting:
                changes[key] = record.value
                if tainted:
                    tainted.discard(key)
            else:
                tainted.add(key)

    def drain(self) -> dict[bytes, bytes | None]:
        """Hand over the changes collected so far, and begin anew."""
        changes, self.changes = self.changes, {}
        return changes

    def _on_marker(self, record: Record) -> None:
        value = record.value or b""
        sequence = decode_marker_head(value).sequence
        self._accepting = sequence > self.sequence
        if self._accepting:
            self.sequence = sequence
            self.marker = value
            self.marker_offset = record.offset
            self.tainted.discard(MARKER_KEY)
        else:
            self.rejected += 1
            self.tainted.add(MARKER_KEY)
