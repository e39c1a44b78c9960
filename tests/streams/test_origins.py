"""An origin tells a repeat from a new output, and a made-up one from a real one."""

from __future__ import annotations

import pytest

from models.errors import UndecodableRecord
from streams.origins import HEADER, MOST_WRITERS, Origin, header_bytes, is_repeat, origin_of


def test_a_record_without_the_header_comes_from_outside() -> None:
    assert origin_of([("content-type", b"application/json")], "in") is None


def test_an_origin_names_its_writer_and_a_number_that_only_grows() -> None:
    assert origin_of([(HEADER, b"orders/3/17/4")], "in") == Origin("orders/3>in", (17, 4))


def test_the_last_origin_counts_since_a_dead_letter_carries_two() -> None:
    headers = [(HEADER, b"orders/3/17/4"), (HEADER, b"stock/0/2/0")]

    assert origin_of(headers, "in") == Origin("stock/0>in", (2, 0))


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"orders",
        b"orders/3",
        b"orders/3/x/0",
        b"orders/3/-1/0",
        b"orders/3/+1/0",
        b"orders/3/1_000/0",
        b"orders/3/ 1/0",
        b"orders/3/1/",
        b"\xff/3/1/0",
        b"orders/3/" + b"9" * 19 + b"/0",
        b"x" * 300 + b"/3/1/0",
    ],
)
def test_a_header_that_is_no_origin_makes_a_dead_letter(value: bytes | None) -> None:
    with pytest.raises(UndecodableRecord) as caught:
        origin_of([(HEADER, value)], "in")

    assert caught.value.field == "header origin"
    assert "leave it out" in caught.value.cure


def test_the_largest_number_still_fits_in_a_commit_record() -> None:
    origin = origin_of([(HEADER, b"a/0/" + b"9" * 18 + b"/" + b"9" * 18)], "in")

    assert origin is not None
    assert max(origin.number) < 2**63


def test_what_is_not_above_the_last_number_of_its_writer_is_a_repeat() -> None:
    seen = {"orders/3": (17, 4)}

    assert is_repeat(Origin("orders/3", (17, 4)), seen)
    assert is_repeat(Origin("orders/3", (16, 9)), seen)
    assert not is_repeat(Origin("orders/3", (17, 5)), seen)
    assert not is_repeat(Origin("orders/3", (18, 0)), seen)
    assert not is_repeat(Origin("orders/4", (1, 0)), seen)


def test_writers_beyond_all_measure_are_refused_since_each_takes_room_in_every_commit() -> None:
    seen = {f"orders/{number}": (1, 0) for number in range(MOST_WRITERS)}

    assert is_repeat(Origin("orders/0", (1, 0)), seen)
    with pytest.raises(UndecodableRecord, match="other writers"):
        is_repeat(Origin("made/0", (1, 0)), seen)


def test_headers_may_have_no_value_and_names_beyond_ascii() -> None:
    assert header_bytes((("n", None), ("größe", b"12"))) >= 1 + 7 + 2
