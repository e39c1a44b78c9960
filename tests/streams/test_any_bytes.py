"""The codec against anything: each record becomes a message or one typed error, nothing else."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.errors import UndecodableRecord, UnknownType, UnknownVersion
from models.messages import Message
from models.upcasters import catalog
from streams.codec import Codec
from tests.records import (
    CURRENT,
    FIRST,
    PLAIN,
    WEIGHING,
    changed,
    outcome,
    paths_of,
    weighed,
    written,
)

PROPERTY = settings(deadline=None)  # the machine is shared: time is not what is tested
CODEC = Codec(catalog())

SHAPES = pytest.mark.parametrize(
    "document", [CURRENT, FIRST, PLAIN], ids=["current", "v1", "plain"]
)


def assert_message_or_refusal(value: bytes, codec: Codec = CODEC) -> None:
    answer = outcome(codec, value)
    if isinstance(answer, Message):
        assert codec.decode(codec.encode(answer)) == answer
    else:
        assert type(answer) in {UndecodableRecord, UnknownType, UnknownVersion}
        assert answer.field.startswith("$")
        assert answer.reason
        assert answer.cure
        assert len(str(answer)) < 500


json_text = st.text(st.characters(exclude_categories=()), max_size=30)  # lone surrogates too
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([0, -1, 1, 2**53, 2**53 + 1, 2**63, 2**64, -(2**64), 10**400])
    | st.floats()
    | json_text
    | st.sampled_from(["1.0", "OrderCreated", "2026-03-02T10:00:00", "KRW", "x" * 10_000]),
    lambda below: (
        st.lists(below, max_size=4)
        | st.dictionaries(json_text | st.sampled_from(sorted(CURRENT)), below, max_size=4)
    ),
    max_leaves=12,
)


@PROPERTY
@given(st.binary(max_size=200))
def test_random_bytes_are_refused_or_read(value: bytes) -> None:
    assert_message_or_refusal(value)


@PROPERTY
@given(json_values)
def test_random_json_is_refused_or_read(value: object) -> None:
    assert_message_or_refusal(written(value))


@settings(deadline=None, max_examples=300)
@given(st.data())
@SHAPES
def test_a_message_with_anything_in_place_of_any_field_is_refused_or_read(
    document: dict[str, Any], data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(paths_of(document)))

    assert_message_or_refusal(changed(document, path, data.draw(json_values | st.just(...))))


@settings(deadline=None, max_examples=300)
@given(st.data())
@SHAPES
def test_a_message_with_damaged_bytes_is_refused_or_read(
    document: dict[str, Any], data: st.DataObject
) -> None:
    value = written(document)
    at, length = (data.draw(st.integers(0, len(value))) for _ in range(2))
    inserted = data.draw(st.binary(max_size=8))

    assert_message_or_refusal(value[:at] + inserted + value[at + length % 9 :])


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_a_repeated_key_is_refused_or_read(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(CURRENT)))
    repeated = written({name: data.draw(json_values)})
    first = data.draw(st.booleans())
    whole = written(CURRENT)

    joined = (repeated, whole) if first else (whole, repeated)
    assert_message_or_refusal(joined[0][:-1] + b"," + joined[1][1:])


def nestings() -> list[int]:
    """Depths on both sides of the interpreter's limit, from wherever the stack stands now."""
    limit = sys.getrecursionlimit()
    return [1, 10, *range(limit - 250, limit + 20), 100_000]


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
@pytest.mark.parametrize("ending", ["closed", "open"])
@pytest.mark.parametrize("place", [None, b"extension", b"data", b"id", b"event_type"])
def test_nesting_of_any_depth_is_refused_or_read(
    place: bytes | None,
    ending: str,
    opening: bytes,
    closing: bytes,
) -> None:
    for depth in nestings():
        nested = opening * depth + b"1" + closing * (depth if ending == "closed" else 0)
        if place is None:
            assert_message_or_refusal(nested)
        else:
            member = b'{"' + place + b'":' + nested
            assert_message_or_refusal(member + b"," + written(CURRENT)[1:])
            assert_message_or_refusal(written(CURRENT)[:-1] + b"," + member[1:] + b"}")


@pytest.mark.parametrize(
    "value", [b"", b" ", b"null", b"{}", b"[]", b'"', b"\x00", b"\xef\xbb\xbf{}"]
)
def test_what_is_no_event_at_all_is_refused(value: bytes) -> None:
    assert type(outcome(CODEC, value)) is UndecodableRecord


@PROPERTY
@given(json_text)
@example("")
def test_an_upcaster_that_fails_refuses_the_record(text: str) -> None:
    assert_message_or_refusal(weighed({"text": text}, 1), WEIGHING)
