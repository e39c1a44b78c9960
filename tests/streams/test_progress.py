"""What the group's offsets are good for: to show lag, to begin, to spare a publication."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from models.errors import RecordsExpired, WorkerMustStop
from streams.commit import Marker
from streams.ledger import Ledger
from streams.progress import Progress, check_expired, marks
from tests.streams.fakes import FakeConsumer

IN = TP("in", 0)


def lane(table: str = "t", *topics: str, published: Marker | None = None) -> Any:
    return SimpleNamespace(
        table=table, partition=0, topics=topics or ("in",), writer=f"{table}/0",
        changelog=f"{table}.changelog", published=published,
    )  # fmt: skip


def marker(sequence: int, **applied: int) -> Marker:
    return Marker(sequence, "w", 0, applied, {}, ())


def progress(
    group: dict[TP, tuple[int, str]] | None = None, start: int = 0, end: int = 1_000, **more: Any
) -> Progress:
    tps = [IN, TP("other", 0)]
    return Progress(group or {}, dict.fromkeys(tps, start), dict.fromkeys(tps, end), **more)


async def test_the_broker_is_asked_for_every_source_of_the_lanes() -> None:
    consumer: Any = FakeConsumer()
    consumer.first, consumer.last, consumer.group = {IN: 3}, {IN: 9}, {IN: (5, "t=1")}
    found = await Progress.of(consumer, [lane("t", "in", "other")])

    assert found == Progress(
        {IN: (5, "t=1")}, {IN: 3, TP("other", 0): 0}, {IN: 9, TP("other", 0): 1_000}
    )


# What was published.


def test_only_the_very_commit_that_is_marked_is_known_to_be_published() -> None:
    found = progress({IN: (5, "stock=7,t=41")})

    assert found.published(lane(), 41)
    assert not found.published(lane(), 42)
    assert not found.published(lane(), 4)
    assert not found.published(lane("ock"), 7)
    assert not found.published(lane("unknown"), 41)


def test_without_offsets_of_the_group_nothing_is_known_to_be_published() -> None:
    assert not progress().published(lane(), 1)


def test_a_mark_on_any_source_of_the_lane_will_do() -> None:
    found = progress({IN: (5, "t=40"), TP("other", 0): (2, "t=41")})

    assert found.published(lane("t", "in", "other"), 41)


# Where to go on.


def test_what_was_applied_counts_whatever_the_group_says() -> None:
    found = progress({IN: (70, "t=9")})

    assert found.expected(lane(), Ledger(applied={"in": 42})) == {"in": 42}


def test_before_the_first_commit_a_lane_begins_at_the_start_of_the_log() -> None:
    assert progress(start=3).expected(lane(), Ledger()) == {"in": 3}


def test_before_the_first_commit_an_offset_set_by_an_operator_counts() -> None:
    assert progress({IN: (70, "")}).expected(lane(), Ledger()) == {"in": 70}


def test_a_new_table_is_not_taken_to_be_as_far_as_another_that_reads_the_same_topic() -> None:
    """Both read `in`; one has committed and shown 70, then the worker died."""
    shown = marks([lane("first", published=marker(9, **{"in": 70})), lane("second")])
    found = progress(shown)

    assert found.expected(lane("second"), Ledger()) == {"in": 0}
    assert found.expected(lane("first"), Ledger(applied={"in": 70})) == {"in": 70}


def test_records_that_retention_removed_stop_the_worker_with_every_number_and_the_cure() -> None:
    with pytest.raises(RecordsExpired) as caught:
        progress(start=100).expected(lane(), Ledger(applied={"in": 42}))

    said = str(caught.value)
    for word in ("in[0]", "offset 100", "t/0", "up to 42", "58 offsets", "ORDERFLOW_SKIP_EXPIRED"):
        assert word in said


def test_an_operator_may_choose_to_go_on_without_them(caplog: pytest.LogCaptureFixture) -> None:
    found = progress(start=100, skip_expired=True)

    assert found.expected(lane(), Ledger(applied={"in": 42})) == {"in": 100}
    assert "58 offsets" in caplog.text


def test_a_log_that_ends_before_what_was_applied_stops_the_worker() -> None:
    """A topic made anew under its name: its records would be skipped as applied long ago."""
    with pytest.raises(WorkerMustStop) as caught:
        progress(end=41).expected(lane(), Ledger(applied={"in": 42}))

    for word in ("in[0]", "offset 41", "up to 42", "another name", "t.changelog"):
        assert word in str(caught.value)


def test_the_very_end_of_the_log_is_no_reason_to_stop() -> None:
    assert progress(end=42).expected(lane(), Ledger(applied={"in": 42})) == {"in": 42}


def test_checking_says_who_has_applied_what() -> None:
    with pytest.raises(RecordsExpired, match=r"in\[0\] begins at offset 7, but t/0 .* up to 5"):
        check_expired(lane(), "in", 5, 7, skip=False)


# What is shown.


def test_progress_is_shown_as_offset_and_mark_of_what_was_published() -> None:
    assert marks([lane(published=marker(9, **{"in": 70, "other": 4}))]) == {
        IN: (70, "t=9"),
        TP("other", 0): (4, "t=9"),
    }


def test_lanes_that_share_a_source_show_the_least_of_them_and_all_marks() -> None:
    lanes = [
        lane("a", published=marker(9, **{"in": 70})),
        lane("b", published=marker(3, **{"in": 5})),
    ]

    assert marks(lanes) == {IN: (5, "a=9,b=3")}


def test_a_lane_that_has_published_nothing_shows_nothing() -> None:
    assert marks([lane()]) == {}
