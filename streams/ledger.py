"""The ledger: what one changelog partition has accepted, and what an acknowledgement means.

This is the protocol without its input and output; Kafka and RocksDB are elsewhere.
Fencing needs no transactions: one writer per changelog partition knows the offset at which
its next commit must land, because it is where the last one ended. Any other offset proves
that somebody else has written (the idea of KIP-27, conditional publish, checked by the
writer instead of the broker).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from models.errors import Fenced
from streams.commit import Commit, Marker
from streams.origins import Seen


@dataclass(slots=True)
class Ledger:
    """The accepted past of one changelog partition, as its writer knows it.

    `end` is the offset at which the next commit must land.
    """

    sequence: int = 0
    end: int = 0
    applied: dict[str, int] = field(default_factory=dict)
    seen: Seen = field(default_factory=dict)

    def adopt(self, marker: Marker) -> None:
        """Go on from a commit that was read and accepted."""
        self.sequence = marker.sequence
        self.applied = dict(marker.applied)
        self.seen = dict(marker.seen)

    def acknowledge(self, commit: Commit, offset: int) -> None:
        """Take note that the broker appended `commit` at `offset`.

        Raises:
            Fenced: it is not where the last commit ended. Nothing of this commit may be
                published or stored; whether it counts is for the next restore to read.
        """
        if offset != self.end:
            raise Fenced(
                f"commit {commit.marker.sequence} was appended at offset {offset}, not "
                f"{self.end}: another writer has this changelog partition; restore and go on"
            )
        self.adopt(commit.marker)
        self.end = offset + commit.length
