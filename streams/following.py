"""Following: who wants to know what a lane has made last, as soon as it can be read.

Effect executors follow the table of their pending calls; HTTP answers that wait follow the read
models. A follower is called in the event loop, after the local store was written, and must not
take long. It is no guarantee of anything: what it must not miss is found in the table when the
lane opens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from streams.lane import Lane


class Follower(Protocol):
    """Told of the lanes of one table in this worker."""

    def opened(self, lane: Lane) -> None:
        """A partition is ours, and its store is as its changelog says."""

    def committed(self, lane: Lane, states: Mapping[bytes, bytes | None]) -> None:
        """These states were made last; None ends one."""

    def closed(self, lane: Lane) -> None:
        """A partition is ours no longer, or has to be restored."""
