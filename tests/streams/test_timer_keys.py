"""Keys of timers: the order of the store is the order of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from streams.timers import PREFIX, due_key

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TIMES = st.datetimes(
    max_value=datetime(9999, 1, 1),  # noqa: DTZ001 - Hypothesis adds the time zone
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=9))]),
)


@given(TIMES, TIMES, st.text(), st.text())
def test_keys_sort_by_time_whatever_the_names(
    one: datetime, other: datetime, name: str, its_name: str
) -> None:
    keys = due_key(one, name), due_key(other, its_name)

    assert all(key.startswith(PREFIX) for key in keys)
    if one.year > 1970 and other - one >= timedelta(milliseconds=1):
        assert keys[0] < keys[1]


def test_a_time_between_two_milliseconds_is_not_due_before_it_has_come() -> None:
    between = NOON + timedelta(microseconds=1)

    assert due_key(between, "a") == due_key(NOON + timedelta(milliseconds=1), "a")
    assert due_key(NOON, "a") < due_key(between, "a")


def test_any_time_that_a_message_may_hold_has_a_key() -> None:
    ends = [datetime(1, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=timezone(-23 * HOUR))]

    first, last = (due_key(each, "a") for each in ends)

    assert first < due_key(NOON, "a") < last
    assert len(first) == len(last)
