"""Restore: bring local stores up to their changelogs, and finish what the last owner began.

The outbox of the last accepted commit is published again, unless the group's offsets say that
it was published; keys that a rejected commit has touched are written again; and for each
source topic the offset to go on from is found.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from aiokafka import TopicPartition
from mode import get_logger

from models.errors import Fenced
from streams.changelog import AnotherChangelog, ChangelogReading, Restored
from streams.fetch import drain, wait_for_data
from streams.metrics import FENCED, RESTORE_SECONDS, RESTORED_RECORDS
from streams.patience import Patience
from streams.progress import Progress

if TYPE_CHECKING:
    from aiokafka import AIOKafkaConsumer

    from streams.application import Orderflow
    from streams.lane import Lane, Log
    from streams.store import PartitionStore

logger = get_logger(__name__)

Open = Callable[["Lane", Restored, dict[str, int]], None]


async def restore(app: Orderflow, lanes: Iterable[Lane], open_lane: Open) -> None:
    """Restore `lanes` and open each with `open_lane(lane, restored, expected)`.

    Waits for a broker that is away. Safe to cancel at any point and to begin again.

    Raises:
        RecordsExpired: a source no longer holds records that were not applied.
        StoreCorrupted: a local store cannot be read or written.
    """
    pending = list(lanes)
    async for attempt in Patience("restore from the changelogs"):
        with attempt, RESTORE_SECONDS.time():
            while pending:
                restored = await _read(app, pending)
                progress = await Progress.of(app.group_consumer, pending)
                results = await asyncio.gather(
                    *[
                        _finish(app.log_of_commits, lane, restored[lane], progress)
                        for lane in pending
                    ],
                    return_exceptions=True,  # none may go on while all begin again
                )
                if errors := [error for error in results if isinstance(error, BaseException)]:
                    raise errors[0]
                done = [lane for lane, ok in zip(pending, results, strict=True) if ok]
                for lane in done:
                    open_lane(lane, restored[lane], progress.expected(lane, restored[lane].ledger))
                pending = [lane for lane in pending if lane not in done]


async def _read(app: Orderflow, lanes: list[Lane]) -> dict[Lane, Restored]:
    tps = {lane: TopicPartition(lane.changelog, lane.partition) for lane in lanes}
    consumer = app.changelog_consumer()
    try:
        await consumer.start()
        found = await read_changelogs(consumer, {tps[lane]: lane.store for lane in lanes})
        return {lane: found[tp] for lane, tp in tps.items()}
    finally:
        await consumer.stop()


async def read_changelogs(
    consumer: AIOKafkaConsumer, stores: Mapping[TopicPartition, PartitionStore]
) -> dict[TopicPartition, Restored]:
    """Bring each store up to the end of its changelog partition."""
    begins = await consumer.beginning_offsets(stores)
    ends = await consumer.end_offsets(stores)
    readings: dict[TopicPartition, ChangelogReading] = {}
    unread = set(stores)
    while unread:
        for tp in unread:
            readings[tp] = ChangelogReading(stores[tp], tp.topic, begins[tp], ends[tp])
        unread = await _read_to_the_end(consumer, {tp: readings[tp] for tp in unread})
    RESTORED_RECORDS.inc(sum(reading.records for reading in readings.values()))
    return {tp: reading.finish() for tp, reading in readings.items()}


async def _read_to_the_end(
    consumer: AIOKafkaConsumer, readings: dict[TopicPartition, ChangelogReading]
) -> set[TopicPartition]:
    """Read each changelog to its end; returns those that have to be read from their beginning."""
    again: set[TopicPartition] = set()
    left = {tp: reading for tp, reading in readings.items() if not reading.done}
    if not left:
        return again
    consumer.assign(list(left))
    for tp, reading in left.items():
        consumer.seek(tp, reading.next)
    while left:
        await wait_for_data(consumer._fetcher, seconds=1.0)
        for tp, piece in drain(consumer._fetcher):
            reading = left[tp]
            try:
                reading.feed(piece)
            except AnotherChangelog:
                again.add(tp)
            if reading.done or tp in again:
                consumer.pause(tp)
                del left[tp]
    return again


async def _finish(log: Log, lane: Lane, restored: Restored, progress: Progress) -> bool:
    marker = restored.marker
    published = marker is not None and progress.published(lane, marker.sequence)
    return await finish(log, lane, restored, published=published)


async def finish(log: Log, lane: Lane, restored: Restored, *, published: bool) -> bool:
    """Publish and write what the last owner may have left undone.

    Returns False if somebody else has written meanwhile, and the lane must be read again.
    """
    marker = restored.marker
    if marker is not None and marker.outbox and not published:
        await log.publish(lane.writer, marker)
    if not restored.tainted:
        return True
    logger.warning(
        "%s: another writer's commit was rejected; writing %d keys again",
        lane.writer,
        len(restored.tainted),
    )
    try:
        restored.marker = await lane.repair(restored.ledger, restored.tainted)
    except Fenced as error:
        FENCED.labels(lane.table).inc()
        logger.warning("%s: %s", lane.writer, error)
        return False
    return True
