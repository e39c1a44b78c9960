"""The watch: progress is looked at, not assumed.

Consumers that silently stop after a rebalance are the most reported fault of the stack below
(faust-streaming issues 175, 532, 629). Every second the watch compares, for each lane, what was
applied with where its fetching stands and where the logs end: records that were fetched and
lost are sought back to, a fetch that does not move is begun anew, and a commit of another
writer is found even while the lane is idle, long before compaction could matter.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from faust.types import TP
from mode import Service, get_logger

from models.errors import WorkerMustStop
from streams.lane import Lane, State
from streams.metrics import GAPS, LAG, LANES
from streams.progress import GroupOffset, marks

if TYPE_CHECKING:
    from streams.application import Orderflow

logger = get_logger(__name__)

_LOOK_SECONDS = 1.0
_PATIENT_LOOKS = 3  # a quiet lane may be seen once between a fetch and its delivery
_CHANGELOG_LOOKS = 10
_STALLED_SECONDS = 30.0
_ANSWER_SECONDS = 3.0
_SHOW_SECONDS = 5.0  # it is for show: never hold up a hand-over for it


class Watch(Service):
    """Looks after the lanes of a runtime; knows whether the worker is ready, and why not."""

    def __init__(self, app: Orderflow) -> None:
        super().__init__(beacon=app.beacon)
        self.app = app
        self._shown: dict[TP, GroupOffset] = {}
        self._suspects: dict[tuple[str, TP], tuple[int, int]] = {}  # position, looks
        self._moved: dict[tuple[str, TP], tuple[int, float]] = {}
        self.lag: dict[tuple[str, TP], int] = {}  # by lane and source
        self.away_since: float | None = None

    @Service.task
    async def _look(self) -> None:
        looks = 0
        async for _ in self.itertimer(_LOOK_SECONDS, name="watch"):
            looks += 1
            await self._look_at_broker()
            lanes = [lane for lane in self.app.runtime.lanes.values() if lane.state is State.OPEN]
            if lanes and self.away_since is None:
                with contextlib.suppress(KafkaError, TimeoutError):  # the next look tells
                    await self._look_at(lanes, changelogs=looks % _CHANGELOG_LOOKS == 0)

    async def _look_at(self, lanes: list[Lane], *, changelogs: bool) -> None:
        await self.show_progress()
        await self._look_at_sources(lanes)
        if changelogs:
            await self._look_at_changelogs(lanes)

    async def _look_at_broker(self) -> None:
        """Say once that Kafka does not answer, and once that it does; work waits by itself."""
        try:
            await asyncio.wait_for(self.app.group_consumer.ping(), _ANSWER_SECONDS)
        except WorkerMustStop as error:
            await self._end_worker(error)
        except (KafkaError, TimeoutError) as error:
            if self.away_since is None:
                self.away_since = time.monotonic()
                logger.warning(
                    "Kafka at %s does not answer (%s); work waits until it does",
                    ",".join(self.app.settings.bootstrap),
                    type(error).__name__,
                )
        else:
            if self.away_since is not None:
                away = time.monotonic() - self.away_since
                logger.warning("Kafka answers again, after %.0f s", away)
                self.away_since = None

    async def _end_worker(self, error: WorkerMustStop) -> None:
        logger.error("%s", error)
        await self.app.crash(error)

    async def show_progress(self) -> None:
        """Commit to the group what was published since the last time."""
        held = self.app.group_consumer.assignment()
        news = {
            tp: mark
            for tp, mark in marks(self.app.runtime.lanes.values()).items()
            if tp in held and self._shown.get(tp) != mark
        }
        if news:
            showing = asyncio.ensure_future(self.app.group_consumer.show_progress(news))
            await asyncio.wait([showing], timeout=_SHOW_SECONDS)  # not cancelled: nobody would
            if showing.done() and showing.result():  # hear what becomes of the request inside
                self._shown.update(news)

    def forget(self) -> None:
        """The assignment changed: show everything again."""
        self._shown.clear()
        self._suspects.clear()
        self._moved.clear()
        self.lag.clear()
        LAG.clear()
        LANES.clear()

    def stalled(self) -> list[str]:
        """Sources with lag where nothing has moved for a while."""
        now = time.monotonic()
        return [
            f"{writer}: {self.lag[writer, tp]} records wait in {tp.topic}[{tp.partition}], nothing "
            f"moved for {now - since:.0f} s"
            for (writer, tp), (_, since) in self._moved.items()
            if self.lag.get((writer, tp)) and now - since > _STALLED_SECONDS
        ]

    async def _look_at_sources(self, lanes: list[Lane]) -> None:
        tps = {TP(topic, lane.partition) for lane in lanes for topic in lane.topics}
        found = await self.app.group_consumer.positions(tps)
        for lane in lanes:
            LANES.labels(lane.table).set(sum(other.table == lane.table for other in lanes))
            for topic, expected in lane.intake.expected.items():
                tp = TP(topic, lane.partition)
                if tp in found:
                    await self._look_at_source(lane, tp, expected, *found[tp])

    async def _look_at_source(
        self, lane: Lane, tp: TP, expected: int, position: int, end: int
    ) -> None:
        applied = lane.ledger.applied.get(tp.topic, expected)
        at = (lane.writer, tp)
        lag = self.lag[at] = max(0, end - applied)
        LAG.labels(lane.table, tp.topic, str(tp.partition)).set(lag)
        before = self._moved.get(at)
        if before is None or before[0] != applied or not lag:
            self._moved[at] = (applied, time.monotonic())
        last, looks = self._suspects.get(at, (-1, 0))
        lost = position > expected
        stuck = end > position == last and bool(lag)
        suspect = lane.idle and not self.app.runtime.holds(tp) and (lost or stuck)
        looks = looks + 1 if suspect else 0
        self._suspects[at] = (position, looks % _PATIENT_LOOKS)
        if looks == _PATIENT_LOOKS:
            GAPS.labels(lane.table).inc()
            logger.warning(
                "%s: %s stands at %d of %d, applied up to %d, and nothing moves: seeking back",
                lane.writer,
                tp.topic,
                position,
                end,
                expected,
            )
            await self.app.runtime.seek_back(tp)

    async def _look_at_changelogs(self, lanes: list[Lane]) -> None:
        quiet = [lane for lane in lanes if lane.idle]
        known = {TopicPartition(lane.changelog, lane.partition): lane for lane in quiet}
        expected = {tp: lane.ledger.end for tp, lane in known.items()}
        ends = await self.app.group_consumer.ends(known)
        for tp, lane in known.items():
            if lane.state is not State.OPEN or not lane.idle:
                continue  # since the ends were asked for, it works again, or is ours no longer
            if lane.ledger.end == expected[tp] < ends[tp]:
                logger.warning(
                    "%s: another writer has appended to %s; reading it", lane.writer, lane.changelog
                )
                self.app.runtime.restore_again(lane)
            else:
                lane.confirm()
