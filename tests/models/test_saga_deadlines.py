"""What a saga makes of silence: it asks again by the same ids, each time after longer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from models.messages import Payload
from models.saga_deadlines import DEFAULT, Patience
from models.saga_messages import (
    SagaAskedAgain,
    SagaCompensationStarted,
    SagaStepStarted,
    SagaTimedOut,
)
from models.sagas import react
from tests.models.saga_facts import (
    AUTHORIZE,
    AUTHORIZED,
    CAPTURE,
    CONFIRM,
    CREATED,
    HOME,
    ID,
    NOON,
    PAID,
    SHIPPED,
    VOIDED,
    deduct,
    deducted,
    not_reserved,
    release,
    reserve,
    reserved,
    tell,
)
from tests.models.saga_silence import waits
from tests.models.saga_story import (
    HELD,
    PIVOT,
    PLACED,
    RESERVED,
    SOLD,
    TAKEN,
    each,
    given,
)

STEPS: dict[str, tuple[tuple[Payload, ...], int, tuple[Payload, ...]]] = {
    "authorize": (PLACED, 30, (AUTHORIZE,)),
    "reserve": ((*HELD, reserved(2)), 10, (reserve(1), reserve(3))),
    "confirm": (RESERVED, 10, (CONFIRM,)),
    "capture": (PIVOT, 30, (CAPTURE,)),
    "deduct": ((*TAKEN, deducted(1)), 10, (deduct(2), deduct(3))),
    "undoing": ((*HELD, not_reserved(1), VOIDED), 30, (release(2), release(3))),
    "a parcel's notice": ((*SOLD, PAID, SHIPPED), 60, (tell("shipped"),)),
}


@pytest.mark.parametrize(("past", "seconds", "out"), STEPS.values(), ids=STEPS)
def test_what_is_silent_is_asked_again_by_the_same_ids(
    past: tuple[Payload, ...], seconds: int, out: tuple[Payload, ...]
) -> None:
    """Twice as long is waited then, for what has not answered yet."""
    silent = waits(*past)
    assert silent.deadline == NOON + timedelta(seconds=seconds)

    again = silent.missed()

    assert again.commands == out
    (event,) = again.events
    assert isinstance(event, SagaAskedAgain)
    assert event.waiting_for == tuple(dict.fromkeys(type(each).__name__ for each in out))
    assert (event.attempt, event.deadline) == (1, again.deadline)
    assert again.deadline == silent.deadline + timedelta(seconds=2 * seconds)


def test_a_step_says_until_when_it_is_waited_for() -> None:
    _, events, _ = react(given(*PLACED).saga, AUTHORIZED, home=HOME, now=NOON)

    last = events[-1]
    assert isinstance(last, SagaStepStarted)
    assert last.deadline == NOON + timedelta(seconds=10)


def test_a_compensation_says_until_when_it_is_waited_for() -> None:
    _, events, _ = react(given(*HELD).saga, not_reserved(1), home=HOME, now=NOON)

    last = events[-1]
    assert isinstance(last, SagaCompensationStarted)
    assert last.deadline == NOON + timedelta(seconds=30)


def test_a_saga_that_waits_for_nothing_has_no_deadline() -> None:
    sold = given(*SOLD).saga
    assert sold is not None
    assert sold.deadline is None


def test_a_deadline_that_was_met_or_has_not_passed_or_is_heard_again_does_nothing() -> None:
    silent = waits(*HELD)
    deadline = silent.deadline
    late = deadline + timedelta(hours=1)
    for saga, passed in (
        (silent.saga, SagaTimedOut(order_id=ID, deadline=NOON, at=late)),
        (silent.saga, SagaTimedOut(order_id=ID, deadline=deadline, at=NOON)),
        (silent.saga, SagaTimedOut(order_id="mina:another", deadline=deadline, at=late)),
        (silent.missed().saga, SagaTimedOut(order_id=ID, deadline=deadline, at=late)),
        (given(*SOLD).saga, SagaTimedOut(order_id=ID, deadline=deadline, at=late)),
        (None, SagaTimedOut(order_id=ID, deadline=deadline, at=late)),
    ):
        assert react(saga, passed, home=HOME, now=late) == (saga, (), ())


def test_the_waiting_doubles_up_to_ten_minutes() -> None:
    spans, silent = [], waits(*HELD, not_reserved(1))
    for _ in range(8):
        after = silent.missed()
        spans.append(int((after.deadline - silent.deadline).total_seconds()))
        silent = after

    assert spans == [60, 120, 240, 480, 600, 600, 600, 600]


def test_an_answer_for_one_line_leaves_the_deadline_of_the_others() -> None:
    silent = waits(*HELD).missed(2)

    assert silent.then(reserved(1)).saga.deadline == silent.deadline
    moved = silent.then(*each(reserved))
    assert (moved.deadline, moved.saga.attempt) == (NOON + timedelta(seconds=10), 0)


def test_deadlines_are_those_of_the_settings() -> None:
    patience = Patience(authorize=timedelta(minutes=20), attempts=0)
    saga, _, _ = react(None, CREATED, home=HOME, now=NOON, patience=patience)
    assert saga is not None
    deadline = saga.deadline
    assert deadline == NOON + timedelta(minutes=20)

    passed = SagaTimedOut(order_id=ID, deadline=deadline, at=deadline)
    _, (event,), _ = react(saga, passed, home=HOME, now=deadline, patience=patience)

    assert isinstance(event, SagaCompensationStarted)


def test_a_deadline_beyond_the_end_of_time_is_the_end_of_time() -> None:
    end = datetime.max.replace(tzinfo=UTC)
    saga, _, _ = react(None, CREATED, home=HOME, now=end)

    assert saga is not None
    assert saga.deadline == end


def test_all_that_is_waited_for_may_be_shorter_or_longer_and_is_asked_as_often() -> None:
    hasty = DEFAULT.times(0.5)

    assert hasty.authorize == DEFAULT.authorize / 2
    assert hasty.order == DEFAULT.order / 2
    assert hasty.attempts == DEFAULT.attempts
