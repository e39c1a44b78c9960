"""Keys: no part is the beginning of another one, and they sort as their parts do."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tables.keys import compose, decompose, newest_first, number

PROPERTY = settings(deadline=None)  # the machine is shared: time is not what is tested
TEXT = st.text(max_size=8) | st.text(alphabet="\x00\x01\x02ab", max_size=5)
ANY_TIME = st.datetimes(timezones=st.just(UTC))


@PROPERTY
@given(st.lists(TEXT, max_size=4))
def test_a_key_says_what_it_was_made_of(parts: list[str]) -> None:
    assert decompose(compose("kind", *parts)) == ("kind", *parts)


@PROPERTY
@given(TEXT, TEXT, TEXT)
def test_a_prefix_finds_only_what_has_the_same_part(part: str, other: str, rest: str) -> None:
    found = compose("kind", other, rest).startswith(compose("kind", part))

    assert found == (part == other)


@PROPERTY
@given(TEXT, TEXT)
def test_keys_sort_as_their_parts_do(one: str, other: str) -> None:
    assert (compose("k", one) < compose("k", other)) == (one.encode() < other.encode())


@PROPERTY
@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_numbers_sort_as_numbers(one: int, other: int) -> None:
    assert (number(one) < number(other)) == (one < other)


@PROPERTY
@given(ANY_TIME, ANY_TIME)
def test_later_times_sort_first(one: datetime, other: datetime) -> None:
    assert (newest_first(one) < newest_first(other)) == (one > other)


@pytest.mark.parametrize("key", [b"", b"order", b"order/ada", b"order/ada\x00mina", b"k/\xff\x00"])
def test_what_was_not_composed_is_refused(key: bytes) -> None:
    with pytest.raises(ValueError, match=r"no key of a table|codec can't decode"):
        decompose(key)
