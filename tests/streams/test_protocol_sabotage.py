"""The model of the protocol is worth something: each defect put in on purpose is found by it."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from typing import Any

import pytest

from streams import unit as units
from streams.batches import Gap, Intake, Piece
from streams.changelog import Restored
from streams.commit import MARKER_KEY, Commit, decode_marker_head
from streams.fold import ChangelogFold
from streams.lane import Lane
from streams.ledger import Ledger
from streams.restore import finish
from tests.streams import test_protocol_model as model
from tests.streams import world
from tests.streams.world import Process, World

HISTORIES = 400  # the rarest of these defects shows in one of some seventy histories

Patch = pytest.MonkeyPatch
run: Callable[[bytes], None] = (
    model.test_any_history_ends_like_the_one_without_failures.hypothesis.inner_test  # type: ignore[attr-defined]
)


def first_failure(seed: int) -> int | None:
    """Number of the first of some random histories that does not end as it should."""
    chance = random.Random(seed)
    for number in range(HISTORIES):
        try:
            run(chance.randbytes(chance.randint(20, 160)))
        except Exception:  # noqa: BLE001 - a defect may show in any way
            return number
    return None


def no_fence(patch: Patch) -> None:
    def acknowledge(self: Ledger, commit: Commit, offset: int) -> None:
        self.adopt(commit.marker)
        self.end = offset + commit.length

    patch.setattr(Ledger, "acknowledge", acknowledge)


def every_commit_accepted(patch: Patch) -> None:
    def on_marker(self: ChangelogFold, record: Any) -> None:
        self.sequence = decode_marker_head(record.value).sequence
        self.marker, self.marker_offset = record.value, record.offset

    patch.setattr(ChangelogFold, "_on_marker", on_marker)


def states_of_rejected_commits_applied(patch: Patch) -> None:
    feed = ChangelogFold.feed

    def feed_all(self: ChangelogFold, records: Any) -> None:
        for record in records:
            feed(self, [record])
            if record.key != MARKER_KEY:
                self.changes[record.key] = record.value

    patch.setattr(ChangelogFold, "feed", feed_all)


def no_publishing_after_a_restore(patch: Patch) -> None:
    async def finished(log: Any, lane: Lane, found: Restored, **_: bool) -> bool:
        return await finish(log, lane, found, published=True)

    patch.setattr(world, "finish", finished)


def no_repair_of_tainted_keys(patch: Patch) -> None:
    async def finished(log: Any, lane: Lane, found: Restored, *, published: bool) -> bool:
        found.tainted.clear()
        return await finish(log, lane, found, published=published)

    patch.setattr(world, "finish", finished)


def repeats_not_recognised(patch: Patch) -> None:
    patch.setattr(units, "is_repeat", lambda *_: False)


def append_before_the_last_outbox_is_published(patch: Patch) -> None:
    async def make_last(self: Lane, unit: Any, epoch: int, on_error: Any) -> None:
        try:
            if epoch != self.epoch:
                return
            self.intake.put_back(unit.rest)
            commit = unit.commit(int(time.time() * 1000))
            await self._append(commit, epoch)
            if epoch != self.epoch:
                return
            self._write(commit)
            self._publishing = asyncio.ensure_future(self._publish(commit.marker, epoch))
            self._in_hand = False
            self._next()
            await asyncio.shield(self._publishing)
        except Exception as error:  # noqa: BLE001 - as the original
            await on_error(self, error)

    patch.setattr(Lane, "_make_last", make_last)


def store_written_before_the_acknowledgement(patch: Patch) -> None:
    append = Lane._append

    async def write_and_append(self: Lane, commit: Commit, epoch: int) -> None:
        self.store.write(commit.states)
        await append(self, commit, epoch)

    patch.setattr(Lane, "_append", write_and_append)


def losing_fetches(patch: Patch) -> None:
    """No defect: a fourth of what is fetched is lost, as around a rebalance."""
    positions: dict[tuple[Process, int], int] = {}
    fetches = 0

    def fetch(self: World, process: Process, limit: int) -> None:
        nonlocal fetches
        fetches += 1
        lane, source = process.lane, process.agent.source
        at = (process, lane.epoch)
        position = positions.setdefault(at, lane.intake.expected.get(source, 0))
        piece = self.topics[source].since(position, limit)
        if source not in lane.intake.expected or piece.start == piece.end:
            position = lane.intake.expected.get(source, 0)
        else:
            position = piece.end
            gap = None if fetches % 4 == 0 else self.loop.run_until_complete(offered(lane, piece))
            position = position if gap is None else gap.expected
        positions[at] = position
        self.settle()

    async def offered(lane: Lane, piece: Piece) -> Gap | None:
        return lane.offer(piece)

    patch.setattr(World, "fetch", fetch)


def gaps_accepted(patch: Patch) -> None:
    offer = Intake.offer

    def offer_all(self: Intake, piece: Piece) -> Gap | None:
        self.expected[piece.topic] = max(piece.start, self.expected[piece.topic])
        return offer(self, piece)

    losing_fetches(patch)
    patch.setattr(Intake, "offer", offer_all)


DEFECTS = [
    no_fence,
    every_commit_accepted,
    states_of_rejected_commits_applied,
    no_publishing_after_a_restore,
    no_repair_of_tainted_keys,
    repeats_not_recognised,
    append_before_the_last_outbox_is_published,
    store_written_before_the_acknowledgement,
    gaps_accepted,
]


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.__name__)
def test_a_defect_is_found(defect: Callable[[Patch], None], monkeypatch: Patch) -> None:
    defect(monkeypatch)

    assert first_failure(seed=1) is not None


def test_what_is_lost_in_fetching_is_no_defect(monkeypatch: Patch) -> None:
    losing_fetches(monkeypatch)
    monkeypatch.setitem(globals(), "HISTORIES", 30)

    assert first_failure(seed=1) is None
