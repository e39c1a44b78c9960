"""What a fetch brought comes out whole, with the interval of the log that it stands for."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import FetchError, FetchResult, PartitionRecords
from aiokafka.consumer.subscription_state import Assignment
from aiokafka.errors import ConsumerStoppedError, CorruptRecordException, KafkaConnectionError
from aiokafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c

from streams.batches import Piece
from streams.fetch import drain, pump, wait_for_data

TP = TopicPartition("in", 0)
CONTROL, GZIP = 0x20, 1


def batch(base: int, *deltas: int, last: int | None = None, compression: int = 0) -> bytearray:
    """A record batch from offset `base` with records at these deltas, `last` being its last one."""
    builder = DefaultRecordBatchBuilder(2, compression, 0, -1, -1, -1, 1 << 20)
    for delta in deltas:
        value = b"%d" % (base + delta)
        builder.append(
            delta, timestamp=7, key=b"k", value=value, headers=[("h", b"1"), ("n", None)]
        )
    made = bytearray(builder.build())
    struct.pack_into(">q", made, 0, base)
    if last is not None:
        struct.pack_into(">i", made, 23, last)
    return sealed(made)


def sealed(made: bytearray) -> bytearray:
    struct.pack_into(">I", made, 17, calc_crc32c(bytes(made[21:])))
    return made


def control(base: int) -> bytearray:
    """A transaction marker: one offset, no record of ours."""
    made = batch(base, 0)
    struct.pack_into(">h", made, 21, CONTROL)
    return sealed(made)


class FakeFetcher:
    """aiokafka's fetcher, as far as it is touched, holding what was fetched at an offset."""

    def __init__(self) -> None:
        self._records: dict[TopicPartition, Any] = {}
        self._wait_consume_future = "consumed"
        self._closed = False
        self.assignment = Assignment([TP, TopicPartition("in", 1)])
        self._subscriptions = SimpleNamespace(reassignment_in_progress=False)
        self.notified: list[str] = []
        self.waiter: asyncio.Future[None] | None = None

    def _notify(self, future: str) -> None:
        self.notified.append(future)

    def _create_fetch_waiter(self) -> asyncio.Future[None]:
        self.waiter = asyncio.get_running_loop().create_future()
        return self.waiter

    def brought(self, offset: int, *batches: bytearray, tp: TopicPartition = TP) -> None:
        """A fetch from this offset brought these batches."""
        self.assignment.state_value(tp).seek(offset)
        records = MemoryRecords(b"".join(map(bytes, batches)))
        found = PartitionRecords(
            tp, records, [], offset, None, None, check_crcs=True, isolation_level=0
        )
        self._records[tp] = FetchResult(
            tp, assignment=self.assignment, partition_records=found, backoff=0
        )

    def drain(self) -> Piece:
        """The one piece that there is."""
        ((_, piece),) = drain(self)
        return piece

    def position(self, tp: TopicPartition = TP) -> int:
        position: int = self.assignment.state_value(tp).position
        return position


@pytest.fixture
async def fetcher() -> FakeFetcher:
    return FakeFetcher()


def offsets(piece: Piece) -> list[int]:
    return [record.offset for record in piece.records]


async def test_all_batches_become_one_piece_and_the_position_moves_behind_it(
    fetcher: FakeFetcher,
) -> None:
    fetcher.brought(10, batch(10, 0, 1, 2), batch(13, 0, 1))
    piece = fetcher.drain()

    assert (piece.topic, piece.start, piece.end) == ("in", 10, 15)
    assert offsets(piece) == [10, 11, 12, 13, 14]
    assert fetcher.position() == 15
    assert fetcher._records == {}
    assert fetcher.notified == ["consumed"], "so that the fetcher goes on"


async def test_a_record_comes_as_it_was_written(fetcher: FakeFetcher) -> None:
    fetcher.brought(10, batch(10, 0))
    (record,) = fetcher.drain().records

    assert (record.offset, record.timestamp, record.key, record.value) == (10, 7, b"k", b"10")
    assert list(record.headers) == [("h", b"1"), ("n", None)]


async def test_what_stands_before_the_offset_asked_for_is_cut_off(fetcher: FakeFetcher) -> None:
    """A broker hands over whole batches."""
    fetcher.brought(12, batch(10, 0, 1, 2, 3))
    piece = fetcher.drain()

    assert (piece.start, piece.end) == (12, 14)
    assert offsets(piece) == [12, 13]


async def test_offsets_that_compaction_emptied_belong_to_the_piece(fetcher: FakeFetcher) -> None:
    fetcher.brought(10, batch(10, 1, 4, last=6), batch(20, 0))
    piece = fetcher.drain()

    assert (piece.start, piece.end) == (10, 21)
    assert offsets(piece) == [11, 14, 20]


async def test_transaction_markers_are_covered_but_are_no_records(fetcher: FakeFetcher) -> None:
    fetcher.brought(10, batch(10, 0), control(11), batch(12, 0), control(13))
    piece = fetcher.drain()

    assert (piece.start, piece.end) == (10, 14)
    assert offsets(piece) == [10, 12]


async def test_a_fetch_of_markers_alone_still_moves_on(fetcher: FakeFetcher) -> None:
    fetcher.brought(10, control(10))
    piece = fetcher.drain()

    assert (piece.start, piece.end, list(piece.records)) == (10, 11, [])


async def test_compressed_batches_are_read(fetcher: FakeFetcher) -> None:
    fetcher.brought(10, batch(10, *range(50), compression=GZIP))

    assert offsets(fetcher.drain()) == list(range(10, 60))


async def test_a_batch_that_was_cut_in_transit_is_fetched_again(fetcher: FakeFetcher) -> None:
    fetcher.brought(10, batch(10, 0, 1), batch(12, 0, 1)[:-3])
    piece = fetcher.drain()

    assert (piece.start, piece.end) == (10, 12)
    assert fetcher.position() == 12


async def test_a_damaged_batch_is_never_delivered(fetcher: FakeFetcher) -> None:
    damaged = batch(10, 0)
    damaged[-1] ^= 1
    fetcher.brought(10, damaged)

    with pytest.raises(CorruptRecordException, match=r"in\[0\]"):
        fetcher.drain()


async def test_what_a_seek_has_overtaken_is_dropped(fetcher: FakeFetcher) -> None:
    fetcher.brought(10, batch(10, 0))
    fetcher.assignment.state_value(TP).seek(5)

    assert drain(fetcher) == []
    assert fetcher.position() == 5


async def test_what_a_pause_has_overtaken_is_fetched_again_later(fetcher: FakeFetcher) -> None:
    fetcher.brought(10, batch(10, 0))
    fetcher.assignment.state_value(TP).pause()

    assert drain(fetcher) == []
    assert fetcher.position() == 10


async def test_what_a_rebalance_has_overtaken_is_dropped(fetcher: FakeFetcher) -> None:
    fetcher.brought(10, batch(10, 0))
    fetcher.assignment._unassign()

    assert drain(fetcher) == []


async def test_an_error_is_raised_once_and_the_partition_is_fetched_again(
    fetcher: FakeFetcher,
) -> None:
    fetcher._records[TP] = FetchError(error=KafkaConnectionError("away"), backoff=0)

    with pytest.raises(KafkaConnectionError):
        drain(fetcher)
    assert drain(fetcher) == []


async def test_partitions_have_pieces_of_their_own(fetcher: FakeFetcher) -> None:
    other = TopicPartition("in", 1)
    fetcher.brought(10, batch(10, 0))
    fetcher.brought(70, batch(70, 0, 1), tp=other)

    found = dict(drain(fetcher))
    assert {tp: (piece.start, piece.end) for tp, piece in found.items()} == {
        TP: (10, 11),
        other: (70, 72),
    }


# Waiting.


async def test_what_is_there_is_not_waited_for(fetcher: FakeFetcher) -> None:
    fetcher.brought(10, batch(10, 0))
    await wait_for_data(fetcher, seconds=60)

    assert fetcher.waiter is None


async def test_waiting_ends_with_the_next_fetch(fetcher: FakeFetcher) -> None:
    waiting = asyncio.create_task(wait_for_data(fetcher, seconds=60))
    await asyncio.sleep(0)
    assert fetcher.waiter is not None
    fetcher.waiter.set_result(None)

    await asyncio.wait_for(waiting, 5)


async def test_waiting_ends_in_any_case_and_leaves_no_waiter(fetcher: FakeFetcher) -> None:
    await wait_for_data(fetcher, seconds=0.001)

    assert fetcher.waiter is not None
    assert fetcher.waiter.cancelled()


async def test_what_the_group_cannot_cure_is_raised(fetcher: FakeFetcher) -> None:
    waiting = asyncio.create_task(wait_for_data(fetcher, seconds=60))
    await asyncio.sleep(0)
    assert fetcher.waiter is not None
    fetcher.waiter.set_exception(KafkaConnectionError("away"))

    with pytest.raises(KafkaConnectionError):
        await waiting


async def test_a_consumer_that_has_stopped_is_not_waited_for(fetcher: FakeFetcher) -> None:
    fetcher._closed = True

    with pytest.raises(ConsumerStoppedError):
        await wait_for_data(fetcher, seconds=60)


def test_batches_of_the_tests_are_what_they_say() -> None:
    made = DefaultRecordBatch(bytes(batch(10, 1, 4, last=6)))

    assert (made.base_offset, made.next_offset, made.validate_crc()) == (10, 17, True)
    assert DefaultRecordBatch(bytes(control(11))).is_control_batch


@pytest.mark.parametrize(("pause", "deliveries"), [(0.0, 2), (3600.0, 1)])
async def test_what_comes_during_a_pause_is_gathered(
    fetcher: FakeFetcher, pause: float, deliveries: int
) -> None:
    delivered: list[Any] = []
    subscription = SimpleNamespace(fetch_context=contextlib.nullcontext)
    consumer: Any = SimpleNamespace(_fetcher=fetcher, _subscription=subscription)
    fetcher.brought(10, batch(10, 0))
    pumping = asyncio.ensure_future(pump(consumer, delivered.append, pause))
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(delivered) == 1
    fetcher.brought(11, batch(11, 0))
    assert fetcher.waiter is not None
    fetcher.waiter.set_result(None)
    for _ in range(20):
        await asyncio.sleep(0)
    pumping.cancel()

    assert len(delivered) == deliveries
