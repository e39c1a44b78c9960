"""Faust's Kafka transport, with our consumer and producer in it.

Faust keeps the group membership, the assignment and the consumer's thread. Records do not pass
its conductor one by one: a pump in the consumer's thread hands over whole pieces, and offsets
are committed only to show progress (lag tools, `applied` in the commit records is what counts).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, cast

from aiokafka import AIOKafkaConsumer, OffsetAndMetadata, TopicPartition
from aiokafka.errors import (
    ConsumerStoppedError,
    IllegalStateError,
    KafkaError,
    KafkaTimeoutError,
    NodeNotReadyError,
    UnknownTopicOrPartitionError,
)
from aiokafka.protocol.metadata import MetadataRequest
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from models.errors import CommitTooLarge, WorkerMustStop
from streams.commit import MARKER_KEY, Commit, Marker, encode_marker
from streams.connection import check_tasks
from streams.fetch import Fetched, pump
from streams.origins import Headers
from streams.partitioner import partition_of
from streams.progress import GroupOffset
from streams.publication import acknowledged, batches_of

if TYPE_CHECKING:
    from streams.application import Orderflow

# A seek or resume waits for the fetch in flight; Faust's 1 500 is too long.
_FETCH_MAX_WAIT_MS = 250
_STOP_SECONDS = 5.0  # with a broker that answers, nothing is left to be sent


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """The thread that owns the aiokafka consumer."""

    def _create_worker_consumer(self, transport: driver.Transport) -> AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = _FETCH_MAX_WAIT_MS
        return consumer

    def _stopped_set(self) -> None:
        if not self.thread_loop.is_closed():  # a crash ends the thread before it is told to stop
            super()._stopped_set()


class Consumer(driver.Consumer):
    """A group member whose records go to the runtime's lanes."""

    app: Orderflow

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Join the group; an app without agents has nothing to read, and is ready as it is."""
        if topics:
            await super().subscribe(topics)
        else:
            self.app.lane_tables.recovery.completed.set()

    async def _drain_messages(self, fetcher: Any) -> None:
        """Run the pump for as long as Faust's Fetcher service lives."""
        main = asyncio.get_running_loop()

        def deliver(pieces: Fetched) -> None:
            main.call_soon_threadsafe(self.app.runtime.deliver, pieces)

        pumping = self._in_thread(pump(self._kafka, deliver, self.app.fetch_pause))
        try:
            await asyncio.wrap_future(pumping)
        except (asyncio.CancelledError, ConsumerStoppedError):
            if not self.app.should_stop:  # else it would be taken for a rebalance
                raise
        finally:
            pumping.cancel()

    async def wait_empty(self) -> None:
        """Before partitions are given up or the worker stops: finish the units in hand."""
        await self.app.runtime.drain()

    async def perform_seek(self) -> None:
        """Where to read on is written in the commit records: nothing to do here."""

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Faust's livelock warnings read acks, of which there are none; see `streams.watch`."""

    async def seek_to(self, offsets: Mapping[TP, int]) -> None:
        """Fetch from these offsets next, whatever was fetched; ends a pause."""

        async def seek() -> None:
            assigned = self._kafka.assignment()
            for tp, offset in offsets.items():
                if TopicPartition(*tp) in assigned:
                    self._kafka.seek(TopicPartition(*tp), offset)
                    self._kafka.resume(TopicPartition(*tp))

        await asyncio.wrap_future(self._in_thread(seek()))

    def hold(self, tp: TP) -> None:
        """Fetch nothing from this partition until `let_go` or `seek_to`."""
        self._in_thread(self._if_assigned(tp, self._kafka.pause))

    def let_go(self, tp: TP) -> None:
        """End a pause."""
        self._in_thread(self._if_assigned(tp, self._kafka.resume))

    async def positions(self, tps: Iterable[TP]) -> dict[TP, tuple[int, int]]:
        """For each partition the next offset to fetch and the end of its log, as last heard."""

        async def look() -> dict[TP, tuple[int, int]]:
            found = {}
            assignment = self._kafka._subscription.subscription.assignment
            for tp in tps:
                state = assignment.state_value(TopicPartition(*tp)) if assignment else None
                if state is not None and state.has_valid_position:
                    found[tp] = (state.position, state.highwater or 0)
            return found

        return await asyncio.wrap_future(self._in_thread(look()))

    async def committed(self, tps: Iterable[TP]) -> dict[TP, GroupOffset]:
        """The group's offsets and their metadata, where it has any."""
        partitions = [TopicPartition(*tp) for tp in tps]

        async def fetch() -> dict[TP, GroupOffset]:
            found = await self._kafka._coordinator.fetch_committed_offsets(partitions)
            return {
                TP(*tp): (at.offset, at.metadata or "")
                for tp, at in found.items()
                if at.offset >= 0
            }

        return await asyncio.wrap_future(self._in_thread(fetch()))

    async def starts(self, tps: Iterable[TP]) -> dict[TP, int]:
        """The first offset that each partition's log still holds."""
        partitions = [TopicPartition(*tp) for tp in tps]
        found = await asyncio.wrap_future(
            self._in_thread(self._kafka.beginning_offsets(partitions))
        )
        return {TP(*tp): offset for tp, offset in found.items()}

    async def ends(self, tps: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The offset at which the next record of each partition will be appended."""
        found: dict[TopicPartition, int] = await asyncio.wrap_future(
            self._in_thread(self._kafka.end_offsets(list(tps)))
        )
        return found

    async def ping(self) -> None:
        """Returns when a broker has answered.

        Raises:
            KafkaError: it cannot.
            WorkerMustStop: a task of the client has ended.
        """
        check_tasks(self._kafka)
        client = self._kafka._client
        node = client.get_random_node()
        if node is None:
            raise NodeNotReadyError
        await asyncio.wrap_future(self._in_thread(client.send(node, MetadataRequest([]))))

    async def show_progress(self, offsets: Mapping[TP, GroupOffset]) -> bool:
        """Commit offsets to the group, for lag tools; False when the group is in between."""
        metadata = {TopicPartition(*tp): OffsetAndMetadata(*at) for tp, at in offsets.items()}

        async def commit() -> None:
            held = self._kafka.assignment()
            await self._kafka.commit({tp: at for tp, at in metadata.items() if tp in held})

        try:
            await asyncio.wrap_future(self._in_thread(commit()))
        except KafkaError:
            return False  # between two generations of the group: shown later
        return True

    @property
    def _kafka(self) -> AIOKafkaConsumer:
        return self._thread._ensure_consumer()

    def _in_thread(self, coroutine: Any) -> Future[Any]:
        # Faust's own call_thread queues: a fetch that waits would hold up every seek behind it.
        try:
            return asyncio.run_coroutine_threadsafe(coroutine, self._thread.thread_loop)
        except RuntimeError as error:  # the loop is closed: a crash ends the thread before us
            coroutine.close()
            raise IllegalStateError("the consumer has ended") from error

    async def _if_assigned(self, tp: TP, act: Callable[[TopicPartition], None]) -> None:
        if TopicPartition(*tp) in self._kafka.assignment():
            act(TopicPartition(*tp))


class Producer(driver.Producer):
    """An idempotent producer of whole RecordBatches, acknowledged by all in-sync replicas."""

    app: Orderflow

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}

    async def flush(self) -> None:
        """Nothing to wait for: who writes waits for the acknowledgement, and a drain for them."""

    async def on_stop(self) -> None:
        """Give up what a broker that is away does not take; the next owner goes on without it."""
        producer = self._producer
        stopping = asyncio.ensure_future(super().on_stop())
        await asyncio.wait([stopping], timeout=_STOP_SECONDS)
        if producer is not None and not stopping.done():
            producer._sender.sender_task.cancel()
        await stopping

    async def append(self, changelog: str, partition: int, commit: Commit) -> int:
        """Append a commit record to its changelog partition; returns the offset of its marker."""
        producer = self._ensure_producer()
        batch = producer.create_batch()
        time = commit.marker.time
        batch.append(timestamp=time, key=MARKER_KEY, value=encode_marker(commit.marker))
        append = batch.append
        for key, value in commit.states.items():
            append(timestamp=time, key=key, value=value)
        if batch.record_count() != commit.length:
            raise CommitTooLarge(
                f"commit {commit.marker.sequence} of {changelog}[{partition}] does not fit in one "
                "batch: streams/unit.py misjudged its size"
            )
        batch.close()
        at = (changelog, partition)
        sent = await acknowledged(at, await self._send(*at, batch))
        return cast("int", sent.offset)

    async def publish(self, writer: str, marker: Marker) -> None:
        """Publish the outbox of a commit; returns when all of it is acknowledged."""
        new_batch = self._ensure_producer().create_batch
        sent: dict[tuple[str, int], asyncio.Future[Any]] = {}
        for topic, partition, batch in batches_of(new_batch, writer, marker):
            at = (topic, partition)
            if at in sent:  # should it fail, no reader may have seen what comes after it
                await acknowledged(at, sent[at])
            sent[at] = await self._publish_batch(topic, partition, batch)
        for at, sending in sent.items():
            await acknowledged(at, sending)

    async def accept(self, topic: str, key: bytes, value: bytes, headers: Headers) -> None:
        """Write a message from outside to the partition of its key; returns when acknowledged.

        Raises:
            WorkerMustStop: Kafka does not want it, and never will as things are.
            KafkaError: it could not be written; it may be there all the same.
        """
        partition = partition_of(key, self.app.partitions)
        sent = await self._ensure_producer().send(
            topic, value, key, partition=partition, headers=list(headers)
        )
        await acknowledged((topic, partition), sent)

    async def _publish_batch(self, topic: str, partition: int, batch: Any) -> asyncio.Future[Any]:
        return await self._send(topic, partition, batch)

    async def _send(self, topic: str, partition: int, batch: Any) -> asyncio.Future[Any]:
        producer = self._ensure_producer()
        while True:
            try:
                return cast(
                    "asyncio.Future[Any]",
                    await producer.send_batch(batch, topic, partition=partition),
                )
            except KafkaTimeoutError:
                continue  # it was not taken in, since the broker is away
            except (UnknownTopicOrPartitionError, AssertionError) as error:
                raise WorkerMustStop(
                    f"there is no {topic}[{partition}] to write to; declare the topic in "
                    "streams/topics.py and give it to the app"
                ) from error


class Transport(driver.Transport):
    """Selected by `Orderflow._new_transport`."""

    Consumer = Consumer
    Producer = Producer
