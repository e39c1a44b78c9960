"""Progress as the consumer group shows it: offsets for lag tools, and what was published.

Positions live in the commit records, so this may be lost, late or another group's. It serves to
show lag as it is, to begin where nothing was committed yet, and to spare publishing an outbox
again that is known to be published: the metadata of an offset names, for each table that reads
the partition, the last commit whose outbox is out, as in `orders=41,sagas=7`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from faust.types import TP
from mode import get_logger

from models.errors import RecordsExpired, WorkerMustStop

if TYPE_CHECKING:
    from streams.lane import Lane
    from streams.ledger import Ledger
    from streams.transport import Consumer

logger = get_logger(__name__)

GroupOffset = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Progress:
    """What the group and the logs say about the sources of some lanes."""

    committed: Mapping[TP, GroupOffset]
    starts: Mapping[TP, int]
    ends: Mapping[TP, int]
    skip_expired: bool = False

    @classmethod
    async def of(cls, consumer: Consumer, lanes: Iterable[Lane]) -> Progress:
        """Ask the broker."""
        tps = {TP(topic, lane.partition) for lane in lanes for topic in lane.topics}
        return cls(
            await consumer.committed(tps),
            await consumer.starts(tps),
            await consumer.ends(tps),
            consumer.app.skip_expired,
        )

    def published(self, lane: Lane, sequence: int) -> bool:
        """Whether the outbox of this commit is known to be published."""
        mark = f"{lane.table}={sequence}"
        return any(
            mark in self.committed.get(TP(topic, lane.partition), (0, ""))[1].split(",")
            for topic in lane.topics
        )

    def expected(self, lane: Lane, ledger: Ledger) -> dict[str, int]:
        """The offset of each topic that the lane goes on from.

        Where nothing was applied yet, that is the offset an operator has set for the group, else
        the start of the log. A group's offset that we showed tells how far *other* tables are.

        Raises:
            RecordsExpired: the log begins after it.
            WorkerMustStop: the log ends before it.
        """
        expected = {}
        for topic in lane.topics:
            tp = TP(topic, lane.partition)
            start = self.starts[tp]
            group, shown = self.committed.get(tp, (start, ""))
            offset = ledger.applied.get(topic, start if shown else group)
            if start > offset:
                check_expired(lane, topic, offset, start, skip=self.skip_expired)
            if offset > self.ends[tp]:
                raise _cut_off(lane, topic, offset, self.ends[tp])
            expected[topic] = max(offset, start)
        return expected


def check_expired(lane: Lane, topic: str, applied: int, start: int, *, skip: bool) -> None:
    """Raise `RecordsExpired`, or log it when the operator has chosen to go on without them."""
    error = RecordsExpired(
        f"{topic}[{lane.partition}] begins at offset {start}, but {lane.writer} has applied it "
        f"up to {applied}: {start - applied} offsets left the log by retention before they were "
        "applied. Raise the topic's retention; to go on without them, start once with "
        "ORDERFLOW_SKIP_EXPIRED=1"
    )
    if not skip:
        raise error
    logger.error("%s", error)


def _cut_off(lane: Lane, topic: str, applied: int, end: int) -> WorkerMustStop:
    return WorkerMustStop(
        f"{topic}[{lane.partition}] ends at offset {end}, but {lane.writer} has applied it up to "
        f"{applied}: the log was cut, or the topic was made anew under its name, and what comes "
        "would be taken for what was. Bring the log back; or give the new topic another name; or, "
        f"to forget all that {lane.table} knows, delete {lane.changelog} too"
    )


def marks(lanes: Iterable[Lane]) -> dict[TP, GroupOffset]:
    """What to show: the least offset of the lanes that share a partition, and all their marks."""
    shown: dict[TP, GroupOffset] = {}
    for lane in lanes:
        if lane.published is None:
            continue
        mark = f"{lane.table}={lane.published.sequence}"
        for topic, offset in lane.published.applied.items():
            tp = TP(topic, lane.partition)
            other = shown.get(tp)
            shown[tp] = (
                (offset, mark) if other is None else (min(offset, other[0]), f"{other[1]},{mark}")
            )
    return shown
