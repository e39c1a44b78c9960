"""An intake takes each record once and in order, whatever the fetching does."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.batches import Gap, Intake, Piece, split
from tests.streams.world import LogRecord


def piece(start: int, end: int, *offsets: int, topic: str = "in") -> Piece:
    """A piece with records at `offsets`, or at every offset if none are given."""
    found = offsets or range(start, end)
    return Piece(topic, start, end, [LogRecord(at, 0, b"k", b"%d" % at, ()) for at in found])


def offsets(pieces: list[Piece]) -> list[int]:
    return [record.offset for each in pieces for record in each.records]


def test_a_piece_that_starts_where_the_last_one_ended_is_taken_in() -> None:
    intake = Intake({"in": 5})

    assert intake.offer(piece(5, 8)) is None
    assert intake.offer(piece(8, 9)) is None
    assert offsets(intake.take(10)) == [5, 6, 7, 8]
    assert intake.expected == {"in": 9}


def test_a_piece_that_starts_later_reveals_a_gap_and_is_not_taken_in() -> None:
    intake = Intake({"in": 5})

    assert intake.offer(piece(6, 8)) == Gap("in", 5, 6)
    assert not intake
    assert intake.expected == {"in": 5}


def test_what_was_taken_before_is_cut_off_and_what_is_all_old_is_dropped() -> None:
    intake = Intake({"in": 5})

    assert intake.offer(piece(0, 5)) is None
    assert not intake
    assert intake.offer(piece(3, 7)) is None
    assert offsets(intake.take(10)) == [5, 6]


def test_offsets_without_a_record_are_holes_of_the_log_and_no_gaps() -> None:
    intake = Intake({"in": 0})

    assert intake.offer(piece(0, 10, 2, 7)) is None
    assert intake.offer(piece(10, 12, 11)) is None
    assert offsets(intake.take(10)) == [2, 7, 11]


def test_a_piece_of_holes_alone_moves_the_intake_on() -> None:
    intake = Intake({"in": 0})
    holes = Piece("in", 0, 10, [])

    assert intake.offer(holes) is None
    assert intake.expected == {"in": 10}
    assert intake.waiting == 0
    assert intake, "a unit must note that it was applied"
    assert intake.take(10) == [holes]


def test_an_old_piece_that_is_cut_within_a_hole_keeps_what_follows() -> None:
    intake = Intake({"in": 4})

    intake.offer(piece(0, 10, 2, 7))

    taken = intake.take(10)
    assert offsets(taken) == [7]
    assert taken[0].start == 4


def test_topics_have_offsets_of_their_own() -> None:
    intake = Intake({"in": 0, "other": 7})

    assert intake.offer(piece(0, 2)) is None
    assert intake.offer(piece(7, 8, topic="other")) is None
    assert intake.offer(piece(2, 3)) is None
    assert [each.topic for each in intake.take(10)] == ["in", "other", "in"]


def test_a_limit_splits_a_piece_and_the_rest_comes_next() -> None:
    intake = Intake({"in": 0})
    intake.offer(piece(0, 10, 1, 4, 8))

    first = intake.take(2)
    second = intake.take(2)

    assert offsets(first) == [1, 4]
    assert offsets(second) == [8]
    assert (first[-1].end, second[0].start, second[0].end) == (8, 8, 10)


def test_what_is_put_back_comes_first_again() -> None:
    intake = Intake({"in": 0})
    intake.offer(piece(0, 4))
    taken = intake.take(3)
    intake.offer(piece(4, 6))

    intake.put_back([split(taken[0], 1)[1]])

    assert intake.waiting == 5
    assert offsets(intake.take(10)) == [1, 2, 3, 4, 5]


def test_waiting_counts_records_and_pieces() -> None:
    intake = Intake({"in": 0})
    intake.offer(piece(0, 4))
    intake.offer(piece(4, 6))

    assert (intake.waiting, intake.pieces) == (6, 2)
    intake.take(5)
    assert (intake.waiting, intake.pieces) == (1, 1)


def test_a_split_keeps_every_offset_covered() -> None:
    whole = piece(0, 10, 3, 6, 9)
    first, rest = split(whole, 1)

    assert (first.start, first.end) == (0, 6)
    assert (rest.start, rest.end) == (6, 10)
    assert offsets([first, rest]) == offsets([whole])


class Fetching:
    """A consumer of a log that loses, repeats and reorders what it fetched, and seeks back."""

    def __init__(self, log: list[int], end: int, chance: random.Random) -> None:
        self.log = log
        self.end = end
        self.chance = chance
        self.position = 0
        self.under_way: list[Piece] = []

    def fetch(self) -> None:
        to = min(self.end, self.position + self.chance.randint(1, 6))
        if to > self.position:
            found = [at for at in self.log if self.position <= at < to]
            self.under_way.append(piece(self.position, to, *found) if found else
                                  Piece("in", self.position, to, []))  # fmt: skip
            self.position = to

    def deliver(self, intake: Intake) -> None:
        if not self.under_way:
            return
        index = self.chance.choice([0, 0, 0, self.chance.randrange(len(self.under_way))])
        arrived = self.under_way[index]
        fate = self.chance.random()
        if fate < 0.7:  # else it is delivered once more later
            del self.under_way[index]
        if fate > 0.1 and (gap := intake.offer(arrived)):  # else it is lost
            self.position = gap.expected


@given(
    holes=st.sets(st.integers(0, 39)),
    steps=st.integers(10, 120),
    seed=st.integers(0, 2**32),
)
def test_every_record_is_taken_once_and_in_order_whatever_is_lost_repeated_or_reordered(
    holes: set[int], steps: int, seed: int
) -> None:
    chance = random.Random(seed)
    log = [at for at in range(40) if at not in holes]
    fetching, intake = Fetching(log, 40, chance), Intake({"in": 0})
    taken: list[Piece] = []

    def work() -> None:
        pieces = intake.take(chance.randint(1, 7))
        if pieces and pieces[-1].records and chance.random() < 0.3:
            done = chance.randrange(len(pieces[-1].records) + 1)
            if done < len(pieces[-1].records):
                last = pieces.pop()
                stop = last.records[done].offset
                intake.put_back([last._replace(start=stop, records=last.records[done:])])
                pieces.append(last._replace(end=stop, records=last.records[:done]))
        taken.extend(pieces)

    for _ in range(steps):
        chance.choice([fetching.fetch, lambda: fetching.deliver(intake), work])()
    while intake.expected["in"] < 40:
        fetching.position = intake.expected["in"]
        fetching.under_way.clear()
        fetching.fetch()
        intake.offer(fetching.under_way[-1])
    while intake:
        work()

    assert offsets(taken) == log
    assert all(before.end == after.start for before, after in pairwise(taken))
    assert (taken[0].start, taken[-1].end) == (0, 40)
    assert intake.waiting == 0


def test_a_piece_of_a_topic_that_is_not_read_is_an_error() -> None:
    with pytest.raises(KeyError):
        Intake({"in": 0}).offer(piece(0, 1, topic="unknown"))
