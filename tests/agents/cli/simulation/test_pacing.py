"""Orders go by a schedule: never faster than asked, and not slower for being a little late."""

from hypothesis import given
from hypothesis import strategies as st

from agents.cli.simulation.pacing import SLACK, Pacer


def sent(rate: float, busy: list[float]) -> list[float]:
    """When turns come to a sender that is busy for so long after each."""
    pacer, now, times = Pacer(rate), 0.0, []
    for seconds in busy:
        now += pacer.delay(now)
        times.append(now)
        now += seconds
    return times


def test_turns_come_at_the_rate() -> None:
    assert sent(4, [0] * 5) == [0, 0.25, 0.5, 0.75, 1]


def test_a_turn_that_comes_a_little_late_does_not_delay_those_after_it() -> None:
    assert sent(10, [0, 0.15, 0, 0])[-1] < 0.31


def test_what_was_missed_for_long_is_not_sent_in_a_burst() -> None:
    times = sent(10, [0, 60, *[0] * 20])

    assert times[-1] - times[2] > 1.7


@given(
    rate=st.floats(0.5, 1000),
    busy=st.lists(
        st.one_of(st.just(0.0), st.floats(0, 0.3), st.floats(0, 5)), min_size=2, max_size=60
    ),
)
def test_over_any_time_there_are_never_more_than_asked(rate: float, busy: list[float]) -> None:
    times = sent(rate, busy)

    for first in range(len(times)):
        for last in range(first, len(times)):
            count = last - first + 1
            assert count <= (times[last] - times[first] + SLACK) * rate + 1 + 1e-6
