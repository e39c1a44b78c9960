"""Reading a lane's changelog into its local store, from where the store stands to the end."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from mode import get_logger

from models.errors import WorkerMustStop
from streams.batches import Piece, Record
from streams.commit import MARKER_KEY, Marker, decode_marker, decode_marker_head
from streams.fold import ChangelogFold
from streams.ledger import Ledger
from streams.store import FORMAT, PartitionStore, Position

logger = get_logger(__name__)

_CHUNK = 50_000  # changes collected before a write to RocksDB
_STORE_AGE_SECONDS = (
    12 * 3600
)  # half of delete.retention.ms: an older store may have missed tombstones


class AnotherChangelog(Exception):
    """The store stands for a changelog that is no longer this one: read again from the start."""


@dataclass(slots=True)
class Restored:
    """What a changelog says: its ledger, its last accepted commit, and keys to write again."""

    ledger: Ledger = field(default_factory=Ledger)
    marker: Marker | None = None
    tainted: set[bytes] = field(default_factory=set)


class ChangelogReading:
    """One changelog partition, whose log spans `begin` to `end`, being read into `store`."""

    def __init__(self, store: PartitionStore, changelog: str, begin: int, end: int) -> None:
        self.store = store
        self.changelog = changelog
        self.end = end
        self.records = 0
        self._position = self._trusted_position(begin)
        self.next = self._position.marker_offset if self._position else begin
        self.fold = ChangelogFold(self._position.sequence if self._position else 0)

    @property
    def done(self) -> bool:
        """Whether the end has been reached."""
        return self.next >= self.end

    def feed(self, piece: Piece) -> None:
        """Read on.

        Raises:
            AnotherChangelog: what was found is not what the store ends with; it is now empty.
        """
        if self._position is not None and piece.records:
            self._verify(piece.records[0], self._position)
            self._position = None
        self.fold.feed(piece.records)
        self.records += len(piece.records)
        self.next = piece.end
        if len(self.fold.changes) >= _CHUNK:
            self.store.write(self.fold.drain())

    def finish(self) -> Restored:
        """Write what is left, together with where the store now stands."""
        fold = self.fold
        restored = Restored(Ledger(end=self.next), None, fold.tainted)
        if fold.marker is not None:
            marker = restored.marker = decode_marker(fold.marker)
            restored.ledger.adopt(marker)
            position = position_at(self.changelog, marker, fold.marker_offset, self.next)
            # What is tainted must be found again if the repair does not come to its end.
            self.store.write(fold.drain(), None if fold.tainted else position)
        elif fold.sequence or fold.changes:
            raise WorkerMustStop(
                f"{self.changelog} holds states but no accepted commit: it was truncated, or "
                "compacted before its min.compaction.lag.ms"
            )
        return restored

    def _trusted_position(self, begin: int) -> Position | None:
        position = self.store.position()
        if position is None:
            if not self.store.empty:
                self._wipe("it does not say where it stands")
            return None
        wrong = self._doubt(position, begin)
        if wrong:
            self._wipe(wrong)
            return None
        return position

    def _doubt(self, position: Position, begin: int) -> str | None:
        """Why the store cannot be continued from, if so."""
        if position.changelog != self.changelog:
            return f"it belongs to {position.changelog}"
        if position.end > self.end:
            return f"it is ahead of its changelog ({position.end} > {self.end})"
        if position.marker_offset < begin:
            return f"its changelog now begins at {begin}"
        age = time.time() - position.checked
        if abs(age) > _STORE_AGE_SECONDS:  # a clock that was ahead proves nothing
            return f"it was last checked {age / 3600:.0f} h ago, tombstones may be gone"
        return None

    def _verify(self, first: Record, position: Position) -> None:
        if first.offset > position.marker_offset:
            return  # compacted away, since a later marker exists
        head = decode_marker_head(first.value or b"") if first.key == MARKER_KEY else None
        if head is None or (head.sequence, head.writer) != (position.sequence, position.writer):
            self._wipe("its changelog holds another commit where it ends")
            raise AnotherChangelog
        self.fold.sequence -= 1  # read this commit once more: its outbox may be the last one

    def _wipe(self, why: str) -> None:
        logger.warning("local store %s is thrown away and rebuilt: %s", self.store.path, why)
        self.store.wipe()


def position_at(changelog: str, marker: Marker, offset: int, end: int) -> Position:
    """Where a store stands once `marker`, found at `offset`, is applied, up to `end`."""
    return Position(FORMAT, changelog, offset, end, marker.sequence, marker.writer, time.time())
