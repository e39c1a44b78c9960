"""Faust's recovery, replaced: what happens between an assignment and the first batch.

Changelogs are not among the topics the group subscribes to (aiokafka would prefetch them, and
wait for somebody to take the records); the lane of a partition owns its changelog partition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from faust.tables import TableManager
from faust.tables.recovery import RebalanceAgain, Recovery, ServiceStopped
from faust.types import TP
from mode import Service, get_logger

if TYPE_CHECKING:
    from streams.application import Orderflow


logger = get_logger(__name__)


class LaneRecovery(Recovery):
    """Restores lanes by `Runtime.take_over`."""

    app: Orderflow

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """A new assignment: begin, or begin anew."""
        if generation_id == self.app.consumer_generation_id:
            self._generation_id = generation_id
            self.signal_recovery_start.set()

    @Service.task
    async def _restart_recovery(self) -> None:
        while not self.should_stop:
            if await self.wait_for_stopped(self.signal_recovery_start.wait()):
                break
            self.signal_recovery_start.clear()
            generation = self._generation_id
            try:
                await self._wait(self._take_over(generation))
            except RebalanceAgain:
                continue
            except ServiceStopped:
                break

    async def _take_over(self, generation: int) -> None:
        app = self.app
        self.in_recovery = app.in_recovery = True
        app.watch.forget()
        await app.runtime.take_over(app.consumer.assignment())
        self.in_recovery = app.in_recovery = False
        if app.consumer_generation_id != generation:
            return
        await app.on_rebalance_complete.send()
        self.completed.set()
        app.consumer.resume_flow()
        await app._fetcher.maybe_start()
        self.tables.on_actives_ready()
        self.tables.on_standbys_ready()
        app.on_rebalance_end()
        logger.info("%s: working on %d lanes", app.conf.id, len(app.runtime.lanes))

    @Service.task
    async def _slurp_changelogs(self) -> None:
        """Changelogs are read by `streams.restore`."""

    @Service.task
    async def _publish_stats(self) -> None:
        """Faust's progress log reads offsets that are not used here; `streams.watch` keeps ours."""

    def flush_buffers(self) -> None:
        """No changelog events are buffered by Faust."""


class LaneTables(TableManager):
    """Faust's table registry, without changelog channels."""

    app: Orderflow

    @property
    def recovery(self) -> Recovery:
        """Our recovery, in place of Faust's."""
        if self._recovery is None:
            self._recovery = LaneRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery

    async def on_start(self) -> None:
        """As Faust's, without its pause of a second."""
        await self._update_channels()
        await self.recovery.start()

    async def _update_channels(self) -> None:
        self._tables_finalized.set()
        for table in self.values():
            await table.maybe_start()
        self._tables_registered.set()

    def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Nothing buffered; `Consumer.wait_empty` drains the lanes."""

    def __hash__(self) -> int:
        return object.__hash__(self)
