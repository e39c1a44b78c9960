"""The runtime of a worker: which lanes it has, and how records reach them.

Agents attach themselves through `units`. On every assignment the runtime restores the lanes of
its partitions, publishes their last outboxes, and seeks the sources to where each lane goes on.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from faust import Event, Topic
from faust.types import TP
from faust.types.tuples import ConsumerMessage
from mode import get_logger

from models.errors import Fenced, OrderflowError, WorkerMustStop
from streams.batches import Gap
from streams.changelog import Restored
from streams.fetch import Fetched
from streams.lane import Batch, Lane, State
from streams.mending import Mending
from streams.metrics import FENCED, GAPS
from streams.progress import check_expired
from streams.restore import restore
from streams.store import PartitionStore

if TYPE_CHECKING:
    from streams.application import Orderflow
    from streams.state import StateTable

logger = get_logger(__name__)

DRAIN_SECONDS = 20.0  # how long a revocation or a stop waits for acknowledgements
_ATTACH_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Attachment:
    """An agent that reads `topics` in batches, through `channel`, and owns `table`."""

    table: StateTable
    topics: tuple[str, ...]
    decode: Callable[[bytes | None], Any]
    channel: Topic


class Runtime:
    """Lanes of one process, and the traffic between them and Faust."""

    def __init__(self, app: Orderflow) -> None:
        self.app = app
        self.process = uuid.uuid4().hex[:12]  # the `writer` of this process's commits
        self.attachments: dict[str, Attachment] = {}
        self.lanes: dict[tuple[str, int], Lane] = {}
        self._by_tp: dict[TP, list[Lane]] = {}
        self._held: set[TP] = set()
        self._attached = asyncio.Event()
        self._mending = Mending(self.on_error)

    # Agents.

    def attach(self, attachment: Attachment) -> None:
        """Take note of an agent; one agent owns exactly one table."""
        name = attachment.table.name
        if name in self.attachments:
            raise WorkerMustStop(
                f"table {name!r} has two agents; its commit record has room for one writer"
            )
        self.attachments[name] = attachment
        if len(self.attachments) >= len(self.app.agents):
            self._attached.set()

    async def all_attached(self) -> None:
        """Wait until every agent of the app has begun to read."""
        if not self.app.agents:
            return
        try:
            await asyncio.wait_for(self._attached.wait(), _ATTACH_SECONDS)
        except TimeoutError as error:
            names = ", ".join(sorted(self.app.agents))
            raise WorkerMustStop(
                f"of the agents {names} only {len(self.attachments)} read through units(…)"
            ) from error

    # Assignment.

    async def take_over(self, assigned: set[TP]) -> None:
        """Restore and open the lanes of what was assigned; release those of what was not."""
        await self.all_attached()
        for lane in self.lanes.values():
            lane.close()
        await self._mending.stop()  # two restores of one lane would write over each other
        lanes = self._lanes_for(assigned)
        self._by_tp.clear()
        for key in set(self.lanes) - {(lane.table, lane.partition) for lane in lanes}:
            self.lanes.pop(key).release()
        # Before a lane opens: what Faust's streams are handed while the flow is suspended is lost.
        self.app.flow_control.resume()
        await restore(self.app, lanes, self._open)
        await self._seek(lanes)

    def _lanes_for(self, assigned: set[TP]) -> list[Lane]:
        """Lanes for the partitions of which every topic of the agent was assigned.

        With only some of them, two workers would share one changelog partition.
        """
        lanes = []
        for attachment in self.attachments.values():
            held = [{at.partition for at in assigned if at.topic == t} for t in attachment.topics]
            whole: set[int] = set.intersection(*held)
            self._refuse_added(attachment, whole)
            lanes += [self._lane(attachment, partition) for partition in sorted(whole)]
            if split := set.union(*held) - whole:
                logger.warning(
                    "%s: partitions %s are not worked on: of the topics %s only some are assigned",
                    attachment.table.name,
                    sorted(split),
                    ", ".join(attachment.topics),
                )
        return lanes

    def _refuse_added(self, attachment: Attachment, partitions: set[int]) -> None:
        added = sorted(number for number in partitions if number >= self.app.partitions)
        if added:
            raise WorkerMustStop(
                f"{', '.join(attachment.topics)}: partitions {added} were added, but the changelog "
                f"of {attachment.table.name} has {self.app.partitions}; keys have moved away from "
                "their history. Put the records into topics made anew"
            )

    def _lane(self, attachment: Attachment, partition: int) -> Lane:
        table = attachment.table
        lane = self.lanes.get((table.name, partition))
        if lane is None:
            lane = self.lanes[table.name, partition] = Lane(
                table=table.name,
                changelog=table.changelog_topic_name,
                partition=partition,
                partitions=self.app.partitions,
                topics=attachment.topics,
                process=self.process,
                store=PartitionStore(self.app.conf.tabledir / f"{table.name}-{partition}.db"),
                log=self.app.log_of_commits,
                decode=attachment.decode,
                hand_over=lambda batch: self._hand_over(attachment.channel, batch),
                followers=self.app.followers.get(table.name, ()),
            )
        return lane

    def _open(self, lane: Lane, restored: Restored, expected: dict[str, int]) -> None:
        lane.open(restored, expected)
        for topic in lane.topics:
            lanes = self._by_tp.setdefault(TP(topic, lane.partition), [])
            if lane not in lanes:
                lanes.append(lane)

    async def _seek(self, lanes: Iterable[Lane]) -> None:
        offsets: dict[TP, int] = {}
        for lane in lanes:
            for topic, offset in lane.intake.expected.items():
                tp = TP(topic, lane.partition)
                offsets[tp] = min(offset, offsets.get(tp, offset))
        self._held -= set(offsets)
        await self.app.group_consumer.seek_to(offsets)

    def holds(self, tp: TP) -> bool:
        """Whether fetching from a partition pauses, since a lane has enough to do."""
        return tp in self._held

    async def seek_back(self, tp: TP) -> None:
        """Fetch again from the first offset that a lane of this partition waits for."""
        lanes = [lane for lane in self._by_tp.get(tp, ()) if lane.state is State.OPEN]
        if lanes:
            self._held.discard(tp)
            offset = min(lane.intake.expected[tp.topic] for lane in lanes)
            await self.app.group_consumer.seek_to({tp: offset})

    async def drain(self) -> None:
        """Finish the units in hand, then close; gives up after `DRAIN_SECONDS`."""
        tasks: set[asyncio.Task[None]] = set()
        for lane in self.lanes.values():
            tasks |= lane.drain()
        await self._mending.stop()
        if tasks:
            _, unfinished = await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
            if unfinished:
                logger.warning(
                    "%d commits unacknowledged after %.0f s: left to whoever owns them next",
                    len(unfinished),
                    DRAIN_SECONDS,
                )
        if self.lanes:  # else the consumer may not even have been started
            await self.app.watch.show_progress()
        for lane in self.lanes.values():
            lane.close()

    def release(self) -> None:
        """Close every local store: the worker ends."""
        for lane in self.lanes.values():
            lane.release()
        self.lanes.clear()
        self._by_tp.clear()

    # Records.

    def deliver(self, fetched: Fetched) -> None:
        """Bring what was fetched to its lanes; called in the main loop, for the pump."""
        for (topic, partition), piece in fetched:
            tp = TP(topic, partition)
            for lane in self._by_tp.get(tp, ()):
                if gap := lane.offer(piece):
                    self._on_gap(lane, gap)
                elif lane.full and tp not in self._held:
                    self._held.add(tp)
                    self.app.group_consumer.hold(tp)

    def after_unit(self, lane: Lane) -> None:
        """Go on fetching once what waited is worked off."""
        if self._held and lane.hungry:
            for tp in self._held & {TP(topic, lane.partition) for topic in lane.topics}:
                if all(reader.hungry for reader in self._by_tp.get(tp, ())):
                    self._held.discard(tp)
                    self.app.group_consumer.let_go(tp)

    def _hand_over(self, channel: Topic, batch: Batch) -> None:
        tp = TP(batch.lane.table, batch.lane.partition)
        generation = self.app.consumer_generation_id
        message = ConsumerMessage(
            *tp, 0, 0.0, 0, None, None, None, None, tp=tp, generation_id=generation
        )
        channel.queue.put_nowait(Event(self.app, None, batch, None, message))

    def _on_gap(self, lane: Lane, gap: Gap) -> None:
        GAPS.labels(lane.table).inc()
        logger.info(
            "%s: %s came from offset %d, expected %d; seeking back",
            lane.writer,
            gap.topic,
            gap.found,
            gap.expected,
        )
        self._mending.begin(lane, gap.topic, lambda: self._seek_back(lane, gap))

    async def _seek_back(self, lane: Lane, gap: Gap) -> None:
        tp = TP(gap.topic, lane.partition)
        start = (await self.app.group_consumer.starts([tp]))[tp]
        if start > gap.expected:
            check_expired(lane, gap.topic, gap.expected, start, skip=self.app.skip_expired)
            lane.intake.expected[gap.topic] = start
        await self._seek([lane])

    # Trouble.

    async def on_error(self, lane: Lane, error: BaseException) -> None:
        """A commit failed: restore if somebody else has written, else the worker stops."""
        if isinstance(error, Fenced):
            FENCED.labels(lane.table).inc()
            logger.warning("%s: %s", lane.writer, error)
            if lane.state is State.OPEN:  # else it is given up anyway
                self.restore_again(lane)
            return
        lane.close()
        if isinstance(error, OrderflowError):
            logger.error("%s", error)
        await self.app.crash(error)

    def restore_again(self, lane: Lane) -> None:
        """Read what the changelog holds now and go on from there, while other lanes work on."""
        lane.close()
        self._mending.begin(lane, "changelog", lambda: self._reopen(lane))

    async def _reopen(self, lane: Lane) -> None:
        while lane.state is State.CLOSED:  # once more if it was fenced before this came to its end
            await restore(self.app, [lane], self._open)
            await self._seek([lane])
