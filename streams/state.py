"""Tables as Faust declares them, kept by the runtime: one changelog, one local store a partition.

A `StateTable` is written by the one agent that owns it, through its units of work; Faust's
own way (one record per write, local store before changelog) is closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import faust
from faust.stores.base import Store

from streams.topics import changelog

if TYPE_CHECKING:
    from streams.application import Orderflow

_READ_ONLY = "a state table is written by its agent's unit of work: use unit.put and unit.delete"
_NO_BACKUP = "local stores are caches; keep the changelog topics instead"


class LaneStore(Store[bytes, bytes]):
    """Read-only view over the local stores of a table's partitions in this worker."""

    app: Orderflow

    def __getitem__(self, key: bytes) -> bytes:
        for lane in self._lanes():
            value: bytes | None = lane.store.get(key)
            if value is not None:
                return value
        raise KeyError(key)

    def __setitem__(self, key: bytes, value: bytes) -> None:
        raise TypeError(_READ_ONLY)

    def __delitem__(self, key: bytes) -> None:
        raise TypeError(_READ_ONLY)

    def __iter__(self) -> Iterator[bytes]:
        for lane in self._lanes():
            yield from lane.store.keys()

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def apply_changelog_batch(self, *_: Any, **__: Any) -> None:
        """Not used: `streams.restore` reads changelogs."""
        raise TypeError(_READ_ONLY)

    async def backup_partition(self, *_: Any, **__: Any) -> None:
        """Not offered: the changelog is the backup."""
        raise TypeError(_NO_BACKUP)

    def restore_backup(self, *_: Any, **__: Any) -> None:
        """Not offered: the changelog is the backup."""
        raise TypeError(_NO_BACKUP)

    def reset_state(self) -> None:
        """Remove the local stores (`faust reset`); the changelogs rebuild them."""
        for lane in self._lanes():
            lane.store.wipe()

    def _lanes(self) -> list[Any]:
        lanes = self.app.runtime.lanes.values()
        return [lane for lane in lanes if lane.table == self.table_name]


class StateTable(faust.Table[bytes, bytes]):
    """`app.Table(name)` of an Orderflow app."""

    app: Orderflow

    def _new_store(self) -> LaneStore:
        return LaneStore("lanes://", self.app, self, table_name=self.name, loop=self.loop)

    async def on_start(self) -> None:
        """Nothing to start or declare: topics are provisioned before the worker consumes."""

    async def on_rebalance(self, *_: Any, **__: Any) -> None:
        """`streams.recovery` opens and closes the lanes."""

    @property
    def changelog_topic_name(self) -> str:
        """Named after the table, not the app, so that an agent can move between apps."""
        return changelog(self.name).name
