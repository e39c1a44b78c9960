"""A saga's timeline: asked when, by what, how often, answered when, and who took a hand in it."""

from __future__ import annotations

import pytest

from models.messages import Payload
from models.saga_projection import MOST_INTERVENTIONS, SagaView
from models.saga_timeline import StepView
from tests.models.test_order_projection import journey
from tests.tables.saga_events import (
    COMMAND_REFUSED,
    asked_again,
    begun,
    done,
    ended,
    intervened,
    refused,
    saga_started,
    silent,
    stuck,
    undoing,
    undone,
)
from tests.tables.told import after, message

AUTHORIZED = (saga_started(), begun("authorize"), done("authorize"))
RESERVING = (*AUTHORIZED, begun("reserve", deadline=after(60)))
CAPTURED = (
    *RESERVING, done("reserve", 1), done("reserve", 2), begun("confirm"), done("confirm"),
    begun("capture"), done("capture"),
)  # fmt: skip


def view(*events: Payload) -> SagaView:
    """The saga's view after its events, a second apart, each with a cause of its own."""
    found = journey(
        message(event, number, source="/sagas", seconds=number, cause=f"c-{number}")
        for number, event in enumerate(events, 1)
    )
    assert found.saga is not None
    return found.saga


def step(saga: SagaView, name: str) -> StepView:
    return next(each for each in saga.steps if each.step == name)


def lines_of(saga: SagaView, name: str = "reserve") -> list[tuple[str, int]]:
    """Status of each line, and how often it was asked."""
    return [(part.status, part.attempts) for part in step(saga, name).lines]


# Asked and answered.


def test_a_step_says_when_it_was_asked_and_which_message_led_to_it() -> None:
    found = step(view(*RESERVING), "reserve")

    assert (found.started_at, found.asked_by, found.deadline) == (after(4), "c-4", after(60))
    assert (found.answered_at, found.answered_by, found.attempts) == (None, None, 1)


def test_a_step_says_when_it_was_answered_and_by_which_message() -> None:
    granted = step(view(*AUTHORIZED), "authorize")
    declined = step(view(*AUTHORIZED[:2], refused("authorize")), "authorize")

    assert (granted.answered_at, granted.answered_by) == (after(3), "c-3")
    assert (declined.status, declined.answered_at) == ("refused", after(3))


def test_of_several_lines_each_has_its_own_answer_and_the_step_that_of_the_last() -> None:
    one = step(view(*RESERVING, done("reserve", 2)), "reserve")
    both = step(view(*RESERVING, done("reserve", 2), done("reserve", 1)), "reserve")

    assert [part.answered_by for part in one.lines] == [None, "c-5"]
    assert (one.status, one.answered_at) == ("waiting", None)
    assert [part.answered_by for part in both.lines] == ["c-6", "c-5"]
    assert (both.answered_at, both.answered_by) == (after(6), "c-6")


def test_what_is_undone_keeps_its_answer_and_says_when_it_was_undone() -> None:
    back = (*RESERVING, done("reserve", 1), done("reserve", 2), undoing())
    half = step(view(*back, undone("reserve", 2)), "reserve")
    whole = step(view(*back, undone("reserve", 2), undone("reserve", 1)), "reserve")

    assert (half.status, half.undone_at) == ("succeeded", None)
    assert [part.undone_by for part in half.lines] == [None, "c-8"]
    assert (whole.undone_at, whole.undone_by, whole.answered_at) == (after(9), "c-9", after(6))


def test_a_line_that_is_reserved_anew_waits_again() -> None:
    found = view(*CAPTURED, begun("reserve", line=2, deadline=after(90)))

    assert lines_of(found) == [("succeeded", 1), ("waiting", 2)]
    assert (step(found, "reserve").status, step(found, "reserve").deadline) == (
        "waiting",
        after(90),
    )
    assert (found.waiting_for, found.deadline) == ("reserve", after(90))
    assert lines_of(view(*CAPTURED, begun("reserve", line=9))) == [("succeeded", 1)] * 2


# Silence.


def test_after_a_deadline_what_still_waits_is_asked_again() -> None:
    asked = (*RESERVING, done("reserve", 1), asked_again(1, "ReserveStock"))
    once, twice = view(*asked), view(*asked, asked_again(2, "ReserveStock"))

    assert (once.attempt, once.deadline, once.asked_again) == (1, after(600), ("ReserveStock",))
    assert (once.waiting_for, once.waiting_since) == ("reserve", after(4))
    assert lines_of(twice) == [("succeeded", 1), ("waiting", 3)]
    assert (step(twice, "reserve").attempts, step(twice, "authorize").attempts) == (3, 1)


def test_an_answer_ends_the_silence() -> None:
    found = view(*RESERVING, asked_again(), done("reserve", 1))

    assert (found.attempt, found.asked_again, found.waiting_for) == (0, (), "reserve")


def test_what_is_undone_unanswered_is_not_asked_for_any_more() -> None:
    back = (saga_started(), begun("authorize"), undoing(deadline=after(30)))
    found = view(*back, asked_again(1, "VoidPayment"))

    assert view(*back).deadline == after(30)
    assert (found.waiting_for, found.attempt) == ("compensation", 1)
    assert step(found, "authorize").attempts == 1


def test_a_capture_that_is_out_is_asked_again_while_the_saga_turns_back() -> None:
    found = view(*CAPTURED[:-1], undoing("cancel"), asked_again(1, "CapturePayment"))

    assert step(found, "capture").attempts == 2


def test_a_step_that_nobody_answers_is_stuck_and_still_waits() -> None:
    found = view(*RESERVING, silent())

    assert (found.state, found.stuck, found.silent) == ("stuck", "reserve", True)
    assert (step(found, "reserve").status, step(found, "reserve").reason) == (
        "waiting",
        "no answer to reserve",
    )


def test_an_end_that_nobody_answers_is_stuck_in_a_step_that_never_began() -> None:
    found = view(*RESERVING, undoing(), silent("confirm"))

    assert (found.state, found.stuck) == ("stuck", "confirm")
    assert [each.step for each in found.steps] == ["authorize", "reserve"]
    assert view(*RESERVING, undoing(), silent("confirm"), intervened("retry", "confirm")).state == (
        "compensating"
    )


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (done("reserve", 1), "running"),
        (refused("reserve", 1), "running"),
        (undone("reserve", 1), "running"),
        (intervened(), "running"),
        (undoing(), "compensating"),
        (done("confirm"), "stuck"),
        (intervened("retry", "authorize"), "stuck"),
        (intervened("skip"), "stuck"),
        (asked_again(), "stuck"),
    ],
)
def test_silence_ends_with_an_answer_a_retry_or_by_turning_back(event: Payload, state: str) -> None:
    assert view(*RESERVING, silent(), event).state == state


# Operators.


def test_who_intervened_is_said_with_how_and_why() -> None:
    (taken,) = view(*RESERVING, intervened()).interventions

    assert (taken.action, taken.step, taken.by) == ("retry", "reserve", "grace")
    assert (taken.at, taken.reason) == (after(5), "asked the warehouse")
    assert taken.id.endswith(":5:SagaIntervened")


def test_of_many_interventions_the_last_ones_are_kept() -> None:
    found = view(*RESERVING, *[intervened("retry", "authorize")] * 50)

    assert len(found.interventions) == MOST_INTERVENTIONS
    assert found.interventions[-1].at == after(54)


def test_a_retry_asks_again() -> None:
    assert lines_of(view(*RESERVING, done("reserve", 1), intervened())) == [
        ("succeeded", 1),
        ("waiting", 2),
    ]


def test_a_retry_of_what_could_not_be_undone_tries_it_anew() -> None:
    back = (*CAPTURED, undoing("cancel"), stuck("capture"))
    found = view(*back, intervened("retry", "capture"))

    assert step(view(*back, stuck("capture")), "capture").since == after(12)
    assert (found.state, found.stuck) == ("compensating", None)
    assert (step(found, "capture").status, step(found, "capture").since) == (
        "succeeded",
        after(13),
    )


def test_a_step_without_an_answer_waits_again_after_a_retry() -> None:
    found = view(*AUTHORIZED[:2], undoing(), stuck("authorize"), intervened("retry", "authorize"))

    assert (found.state, step(found, "authorize").status) == ("compensating", "waiting")


def test_lines_that_could_not_be_given_back_are_again_what_they_were() -> None:
    back = (*RESERVING, done("reserve", 1), done("reserve", 2), undoing(), stuck("reserve"))

    assert step(view(*back), "reserve").status == "stuck"
    assert step(view(*back, intervened()), "reserve").status == "succeeded"


def test_a_command_that_was_refused_changes_nothing_but_the_version() -> None:
    before, found = view(*RESERVING), view(*RESERVING, COMMAND_REFUSED)

    assert (found.steps, found.waiting_since) == (before.steps, before.waiting_since)
    assert found.version == before.version + 1


# Its state.


def test_a_state_says_since_when_it_holds() -> None:
    back = (*CAPTURED, undoing("cancel"))

    assert view(*CAPTURED).state_since == after(1)
    assert view(*back, undone("capture")).state_since == after(11)
    assert view(*back, stuck("capture"), stuck("capture")).state_since == after(12)
    assert view(*back, ended("cancelled")).state_since == after(12)
