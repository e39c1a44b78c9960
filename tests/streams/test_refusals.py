"""Refusals: each names the field by its path, what was found there, and what would be right."""

from __future__ import annotations

import pytest

from models.errors import UndecodableRecord
from models.money import MAX_AMOUNT
from models.upcasters import catalog
from streams.codec import Codec
from tests.records import CURRENT, PLAIN, WEIGHING, Path, changed, outcome, weighed, written

CODEC = Codec(catalog())


def refused(value: bytes | None, codec: Codec = CODEC) -> UndecodableRecord:
    answer = outcome(codec, value)
    assert isinstance(answer, UndecodableRecord)
    return answer


WRONG: list[tuple[Path, object, str]] = [
    (("specversion",), ..., "$.specversion: missing; write it"),
    (("specversion",), "0.3", "$.specversion: found '0.3'; write \"1.0\""),
    (
        ("datacontenttype",),
        "text/xml",
        "$.datacontenttype: found 'text/xml'; write \"application/json\"",
    ),
    (("id",), "", "$.id: found ''; write `str` of length >= 1"),
    (("id",), ..., "$.id: missing; write it"),
    (("source",), 5, "$.source: found 5; write `str`"),
    (("subject",), None, "$.subject: found None; write `str`"),
    (
        ("time",),
        "2026-03-02T10:00:00",
        "$.time: found '2026-03-02T10:00:00'; write `datetime` with a",
    ),
    (("time",), "noon", "$.time: found 'noon'; write a time like 2026-03-02T10:00:00Z"),
    (("time",), "0001-01-01T00:00:00+10:00", "$.time: 0001-01-01T00:00:00+10:00 is outside the"),
    (("dataversion",), 0, "$.dataversion: found 0; write `int` >= 1"),
    (("dataversion",), "2", "$.dataversion: found '2'; write `int`"),
    (("sequence",), 1.5, "$.sequence: found 1.5; write `int | null`"),
    (("correlationid",), ..., "$.correlationid: missing"),
    (("partitionkey",), "", "$.partitionkey: found ''"),
    (("data",), ..., "$.data: missing; write it"),
    (("data",), [1], "$.data: found [1]; write `object`"),
    (("data", "lines"), ..., "$.data.lines: missing; write it"),
    (
        ("data", "lines", 0, "quantity"),
        "three",
        "$.data.lines[0].quantity: found 'three'; write `int`",
    ),
    (("data", "lines", 0, "quantity"), 0, "$.data.lines[0].quantity: found 0; write `int` >= 1"),
    (("data", "lines", 0, "quantity"), 10**6 + 1, "$.data.lines[0].quantity: found 1000001; write"),
    (
        ("data", "lines", 0, "unit_price"),
        -1,
        "$.data.lines[0].unit_price: found -1; write `int` >= 0",
    ),
    (("data", "lines", 0, "sku"), "", "$.data.lines[0].sku: found ''; write `str` of length >= 1"),
    (("data", "lines", 0, "colour"), "red", "$.data.lines[0].colour: unknown field; leave it out"),
    (("data", "total"), 99.0, "$.data.total: found 99.0; write `int`"),
    (("data", "total"), True, "$.data.total: found True; write `int`"),
    (("data", "total"), MAX_AMOUNT + 1, "$.data.total: found 9007199254740993; write `int` <= "),
    (("data", "total"), 10**4299, "$.data.total: found 1000"),
    (("data", "currency"), "WON", "$.data.currency: found 'WON'; write an ISO 4217 code"),
    (("data", "currency_source"), "me", "$.data.currency_source: found 'me'; correct it where"),
    (("data", "customer", "email"), ..., "$.data.customer.email: missing"),
]


@pytest.mark.parametrize(("path", "value", "said"), WRONG)
def test_a_refusal_names_the_field_the_value_and_the_cure(
    path: Path, value: object, said: str
) -> None:
    error = refused(changed(CURRENT, path, value))

    assert str(error).startswith(said)
    assert type(error) is UndecodableRecord


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("event_id",), ..., "$.event_id: missing"),
        (("timestamp",), ..., "$.timestamp: missing"),
        (("aggregate_id",), ..., "$.data.order_id: missing"),
        (("data", "items", 0, "price"), 9.99, "$.data.items[0].price: found 9.99; write `int`"),
        (
            ("data", "total"),
            ...,
            "$.data: found {'items': [{'name': 'Pen', 'price': 50, 'qty': 2}]",
        ),
    ],
)
def test_a_refused_plain_envelope_is_named_in_its_own_words(
    path: Path, value: object, said: str
) -> None:
    assert str(refused(changed(PLAIN, path, value))).startswith(said)


@pytest.mark.parametrize("long", ["x" * 10**6, ["x" * 1000] * 1000, {"x" * 1000: 1}, 10**4000])
@pytest.mark.parametrize("path", [("type",), ("time",), ("data", "total"), ("data", "lines", 0)])
def test_what_was_found_is_quoted_in_at_most_100_characters(path: Path, long: object) -> None:
    error = refused(changed(CURRENT, path, long))

    assert len(error.reason) <= len("no message type '' in the catalog") + 100


def test_a_long_unknown_field_is_quoted_in_at_most_100_characters() -> None:
    assert len(refused(changed(CURRENT, ("data", "x" * 5000), 1)).field) <= len("$.data.") + 100


def test_a_field_refused_before_damaged_json_is_refused_for_the_damage() -> None:
    value = changed(CURRENT, ("id",), 5)[:-1]

    assert refused(value).field == "$"
    assert "truncated" in refused(value).reason


def test_a_repeated_key_whose_last_value_is_elsewhere_cannot_be_shown() -> None:
    """JSON readers keep the last of two; the one that is refused here is the first."""
    inside = written(CURRENT).replace(b'"lines": [{', b'"lines": [5], "lines": 7, "x": [{')

    assert str(refused(inside)) == (
        "$.data.lines[0]: found a value that cannot be shown; write `object`"
    )


def test_a_failing_upcaster_is_named() -> None:
    error = refused(weighed({"text": ""}, 1), WEIGHING)

    assert str(error).startswith("$.data: upcasting Weighed from version 1 failed: IndexError")


def test_a_wrong_value_under_a_free_key_is_named_as_far_as_it_can_be() -> None:
    error = refused(weighed({"grams": {"a": "b"}}, 2), WEIGHING)

    assert str(error) == "$.data.grams[...]: found a value that cannot be shown; write `int`"


def test_a_tombstone_is_refused() -> None:
    assert str(refused(None)).startswith("$: a tombstone")


def test_text_that_is_not_utf_8_is_refused_where_it_stands() -> None:
    value = written(CURRENT)

    assert refused(value.replace(b"/orders", b"\xff")).field == "$"
    assert refused(value.replace(b"Keyboard", b"\xed\xa0\x80")).field == "$.data"
