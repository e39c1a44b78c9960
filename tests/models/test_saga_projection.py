"""The view of a saga: each step, line by line, what it waits for, and why it turned back."""

from __future__ import annotations

import pytest

from models.messages import Payload
from models.order_messages import MOST_LINES
from models.saga_projection import SagaView, summary
from models.saga_stock import stock_status
from models.saga_timeline import StepView
from tests.models.test_order_projection import journey
from tests.tables.order_events import LINES
from tests.tables.saga_events import (
    ON_THE_WAY,
    begun,
    done,
    ended,
    refused,
    saga_started,
    stuck,
    undoing,
    undone,
)
from tests.tables.told import after, told

RESERVING = [saga_started(), begun("authorize"), done("authorize"), begun("reserve")]
CONFIRMED_SO_FAR = [
    *RESERVING,
    done("reserve", 1),
    done("reserve", 2),
    begun("confirm"),
    done("confirm"),
    begun("capture"),
    done("capture"),
    begun("deduct"),
]


def view(*events: Payload) -> SagaView:
    """The saga's view after its events; the order's repeats it in short."""
    found = journey(told("/sagas", events))
    assert found.saga is not None
    assert found.order is not None
    assert found.order.saga == summary(found.saga)
    assert found.order.stock_status == stock_status(found.saga)
    return found.saga


def step(saga: SagaView, name: str) -> StepView:
    """One step of it."""
    return next(each for each in saga.steps if each.step == name)


def test_a_saga_that_has_begun_waits_for_its_first_step() -> None:
    found = view(saga_started(), begun("authorize"))

    assert (found.state, found.step, found.style) == ("running", "authorize", "orchestration")
    assert (found.waiting_for, found.waiting_since) == ("authorize", after(2))
    assert (found.cause, found.lines) == ("cause", len(LINES))
    assert found.steps == (
        StepView(
            step="authorize",
            status="waiting",
            started_at=after(2),
            since=after(2),
            asked_by="cause",
            attempts=1,
        ),
    )


def test_a_step_of_several_lines_waits_for_the_last_of_them() -> None:
    one = view(*RESERVING, done("reserve", 2))
    assert [part.status for part in step(one, "reserve").lines] == ["waiting", "succeeded"]
    assert (step(one, "reserve").status, step(one, "reserve").since) == ("waiting", after(4))
    assert one.waiting_for == "reserve"

    both = view(*RESERVING, done("reserve", 2), done("reserve", 1))
    assert (step(both, "reserve").status, step(both, "reserve").since) == ("succeeded", after(6))
    assert [part.since for part in step(both, "reserve").lines] == [after(6), after(5)]
    assert (both.waiting_for, both.waiting_since) == (None, None)


def test_a_whole_journey_has_all_steps_in_their_order() -> None:
    found = view(*ON_THE_WAY)

    assert [(each.step, each.status) for each in found.steps] == [
        ("authorize", "succeeded"),
        ("reserve", "succeeded"),
        ("confirm", "succeeded"),
        ("capture", "succeeded"),
        ("deduct", "succeeded"),
        ("notify", "succeeded"),
    ]
    assert (found.state, found.outcome) == ("completed", "confirmed")
    assert (found.ended_at, found.updated_at) == (after(16), after(16))
    assert (found.started_at, found.version) == (after(1), 16)


def test_a_saga_that_turns_back_waits_for_what_it_undoes_then_for_the_notice() -> None:
    back = [*RESERVING, done("reserve", 2), refused("reserve", 1), undoing()]
    found = view(*back)
    assert (found.state, found.goal, found.reason) == ("compensating", "reject", "out_of_stock")
    assert (found.waiting_for, found.waiting_since) == ("compensation", after(7))
    assert (step(found, "reserve").status, step(found, "reserve").reason) == (
        "refused",
        "out_of_stock",
    )

    found = view(*back, undone("reserve", 2), undone("authorize"), begun("notify"))
    assert [part.status for part in step(found, "reserve").lines] == ["refused", "compensated"]
    assert step(found, "authorize").status == "compensated"
    assert (found.state, found.waiting_for) == ("compensating", "notify")

    found = view(*back, undone("reserve", 2), begun("notify"), done("notify"), ended("rejected"))
    assert (found.state, found.outcome, found.waiting_for) == ("completed", "rejected", None)


def test_a_completed_saga_goes_on_when_the_order_is_cancelled() -> None:
    found = view(*ON_THE_WAY, undoing("cancel", "changed my mind"))

    assert (found.state, found.goal, found.ended_at) == ("compensating", "cancel", None)


def test_a_step_that_is_taken_again_stands_where_it_stood() -> None:
    found = view(*ON_THE_WAY, begun("notify"))

    assert [each.step for each in found.steps][-2:] == ["deduct", "notify"]
    assert (step(found, "notify").status, step(found, "notify").started_at) == (
        "waiting",
        after(17),
    )
    assert (found.state, found.waiting_for) == ("completed", "notify")


def test_a_saga_is_stuck_until_its_step_is_undone_after_all() -> None:
    back = [*CONFIRMED_SO_FAR, refused("deduct", 1), undoing("cancel"), stuck("capture")]
    found = view(*back)
    assert (found.state, found.stuck) == ("stuck", "capture")
    assert (step(found, "capture").status, step(found, "capture").reason) == (
        "stuck",
        "refund_refused",
    )

    found = view(*back, undoing("cancel"), undone("reserve", 1))
    assert (found.state, found.stuck) == ("stuck", "capture")

    found = view(*back, undone("capture"))
    assert (found.state, found.stuck) == ("compensating", None)
    assert step(found, "capture").status == "compensated"


def test_a_void_that_is_stuck_is_covered_by_the_capture_that_overtook_it() -> None:
    back = [*RESERVING, undoing("cancel"), stuck("authorize")]

    assert view(*back).stuck == "authorize"
    assert view(*back, done("reserve", 1)).stuck == "authorize"
    found = view(*back, done("capture"))
    assert (found.state, found.stuck) == ("compensating", None)


def test_a_saga_that_ended_is_stuck_no_longer() -> None:
    found = view(*RESERVING, undoing(), stuck("authorize"), ended("rejected"))

    assert (found.state, found.stuck) == ("completed", None)


def test_an_answer_nobody_waited_for_is_shown_all_the_same() -> None:
    """A void that came too late: the money was captured though nobody had asked any more."""
    found = view(saga_started(), begun("authorize"), undoing("cancel"), done("capture"))

    assert (step(found, "capture").status, found.waiting_for) == ("succeeded", "compensation")


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([saga_started(), begun("authorize")], "none"),
        (RESERVING, "reserving"),
        ([*RESERVING, refused("reserve", 2)], "reserving"),
        ([*RESERVING, done("reserve", 1), refused("reserve", 2)], "refused"),
        ([*RESERVING, done("reserve", 1), done("reserve", 2)], "reserved"),
        (CONFIRMED_SO_FAR, "reserved"),
        ([*CONFIRMED_SO_FAR, done("deduct", 2)], "reserved"),
        ([*CONFIRMED_SO_FAR, done("deduct", 1), done("deduct", 2)], "deducted"),
        ([*CONFIRMED_SO_FAR, done("deduct", 1), refused("deduct", 2)], "refused"),
        ([*CONFIRMED_SO_FAR, done("deduct", 1), undone("deduct", 1)], "reserved"),
        ([*CONFIRMED_SO_FAR, undone("deduct", 1), undone("reserve", 2)], "released"),
        ([*RESERVING, undone("reserve", 1), undone("reserve", 2)], "released"),
        ([*RESERVING, done("reserve", 1), undone("reserve", 2)], "reserved"),
    ],
)
def test_the_stock_of_an_order_is_as_far_as_the_line_that_matters_most(
    events: list[Payload], expected: str
) -> None:
    assert stock_status(view(*events)) == expected


def test_answers_about_lines_that_the_order_does_not_have_make_nothing_grow() -> None:
    odd = [done("reserve", 3), done("reserve", 2**40), done("deduct", 1)]
    found = view(*RESERVING, *odd)
    assert len(step(found, "reserve").lines) == len(LINES)

    many = view(saga_started(LINES * 200), begun("reserve"))
    assert len(step(many, "reserve").lines) == MOST_LINES

    late = view(begun("reserve"), done("reserve", 1))
    assert step(late, "reserve").lines == ()
    assert step(late, "reserve").status == "succeeded"
    assert stock_status(late) == "none"
