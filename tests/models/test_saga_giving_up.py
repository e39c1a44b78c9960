"""What a saga makes of silence that lasts: it gives up, undoes, and calls a human."""

from __future__ import annotations

import msgspec
import pytest

from models.messages import Payload
from models.order_messages import ExpireOrder
from models.saga_messages import (
    SagaAskedAgain,
    SagaCompensationStarted,
    SagaStuck,
)
from models.saga_requests import waiting
from models.sagas import finished
from tests.models.saga_facts import (
    AUTHORIZED,
    CANCELLED,
    CAPTURED,
    COMPLETE,
    CONFIRM,
    CONFIRMED,
    EXPIRED,
    ID,
    NOON,
    NOT_REFUNDED,
    PAID,
    REFUND,
    REFUNDED,
    REQUESTED,
    SHIPPED,
    VOID,
    VOIDED,
    cancel,
    not_deducted,
    not_reserved,
    order_refuses,
    release,
    released,
    reserved,
    tell,
    told,
)
from tests.models.saga_silence import BUDGET, waits
from tests.models.saga_story import (
    DEDUCTED,
    HELD,
    PIVOT,
    PLACED,
    RESERVED,
    SOLD,
    TAKEN,
    done,
    each,
    ended,
    given,
    stuck,
    telling,
    turned,
    undone,
)

# Giving up.


def test_an_order_that_nobody_authorizes_expires_with_nothing_held() -> None:
    """The void is asked at once: an authorization that still succeeds is let go."""
    over = waits(*PLACED).missed(BUDGET + 1)
    gave_up = over.said[0]
    assert isinstance(gave_up, SagaCompensationStarted)
    assert (gave_up.goal, gave_up.reason) == ("expire", "no answer to authorize")
    assert over.commands == (VOID,)

    assert over.then(AUTHORIZED).events == ()
    expiring = over.then(VOIDED)
    at = gave_up.at
    assert at is not None
    assert expiring.commands == (
        ExpireOrder(order_id=ID, deadline=at, at=at, payment_outstanding=False),
    )
    ends = expiring.then(EXPIRED)
    assert (ends.said, ends.commands) == ((telling("expired"),), (tell("expired"),))
    ended_so = ends.then(told("expired"))
    assert ended_so.said == (done("notify"), ended("expired", "no answer to authorize"))
    assert finished(ended_so.saga)


def test_a_silent_line_is_released_with_the_others() -> None:
    over = waits(*HELD, reserved(1), reserved(3)).missed(BUDGET + 1)

    assert over.commands == (VOID, *each(release))


def test_a_silent_confirmation_is_waited_for_and_undone_if_it_comes_after_all() -> None:
    over = waits(*RESERVED).missed(BUDGET + 1)
    assert over.commands == (VOID, *each(release))
    assert CONFIRM in waiting(over.saga)

    confirmed = over.then(*each(released), VOIDED, CONFIRMED)
    assert confirmed.commands == (cancel("no answer to confirm"),)
    cancelled = confirmed.then(REQUESTED)
    assert cancelled.said == (turned("cancel", REQUESTED.reason), undone("confirm"))
    assert cancelled.commands == (COMPLETE,)


def test_an_order_that_is_cancelled_before_it_could_expire_is_cancelled() -> None:
    expiring = waits(*PLACED).missed(BUDGET + 1).then(VOIDED)

    late = expiring.then(REQUESTED)
    assert late.commands == (COMPLETE,)
    assert late.then(order_refuses("ExpireOrder", "CANCEL_PENDING")).events == ()
    assert late.then(CANCELLED).commands == (tell("cancelled"),)


def test_an_order_that_refuses_to_expire_needs_a_human() -> None:
    expiring = waits(*PLACED).missed(BUDGET + 1).then(VOIDED)

    halted = expiring.then(order_refuses("ExpireOrder", "SHIPPED"))

    assert halted.said == (stuck("confirm", "forbidden"),)


def test_a_silent_capture_cancels_the_order_and_is_refunded_if_it_comes_after_all() -> None:
    over = waits(*PIVOT).missed(BUDGET + 1)
    assert over.commands == (*each(release), cancel("no answer to capture"))

    assert over.then(CAPTURED).commands == (REFUND,)


def test_a_silent_deduction_refunds_and_cancels() -> None:
    over = waits(*TAKEN).missed(BUDGET + 1)

    assert over.commands == (cancel("no answer to deduct"), REFUND)


def test_a_notice_that_nobody_answers_never_fails_the_order() -> None:
    for past in (DEDUCTED, (*SOLD, PAID, SHIPPED)):
        still = waits(*past).missed(3 * BUDGET)

        assert [type(event) for event in still.events] == [SagaAskedAgain]
        assert still.saga.goal is None


def test_an_order_that_expired_by_itself_is_undone() -> None:
    at_once = given(*HELD).when(EXPIRED)
    (turn,) = at_once.events
    assert turn == msgspec.structs.replace(turned("expire", "expired"), at=NOON)
    at_once.asks(VOID, *each(release))

    at_once.when(VOIDED, released(1), released(2)).asks()
    at_once.when(VOIDED, *each(released)).asks(tell("expired"))


# Compensations.


def test_a_silent_compensation_calls_a_human_once_and_goes_on_asking_for_ever() -> None:
    silent = waits(*HELD, not_reserved(1)).missed(BUDGET)
    assert silent.saga.state == "compensating"

    called = silent.missed()
    about = SagaStuck(order_id=ID, step="authorize", reason="no answer to authorize", silent=True)
    assert called.events[0] == about
    assert isinstance(called.events[1], SagaAskedAgain)
    assert called.commands == (VOID, release(2), release(3))
    assert called.saga.state == "stuck"

    for _ in range(30):
        called = called.missed()
        assert [type(event) for event in called.events] == [SagaAskedAgain]
        assert called.commands == (VOID, release(2), release(3))


def test_a_human_is_needed_no_longer_when_the_answer_comes_and_again_for_the_next() -> None:
    called = waits(*HELD, not_reserved(1)).missed(BUDGET + 1)

    freed = called.then(VOIDED)
    assert (freed.saga.state, freed.saga.stuck) == ("compensating", None)

    called = freed.missed()
    assert isinstance(called.events[0], SagaStuck)
    assert called.events[0].step == "reserve"


def test_an_order_that_does_not_say_that_it_has_ended_calls_a_human() -> None:
    called = waits(*HELD, not_reserved(1), released(2), released(3), VOIDED).missed(BUDGET + 1)

    assert isinstance(called.events[0], SagaStuck)
    assert called.events[0].step == "confirm"


def test_a_refusal_after_silence_is_another_reason_to_call_a_human() -> None:
    called = waits(*TAKEN, *each(not_deducted)).missed(BUDGET + 1).then(REQUESTED)
    assert isinstance(called.saga.stuck, str)

    refused_too = called.then(NOT_REFUNDED)

    assert refused_too.said == (stuck("capture", "refund_refused"),)
    assert refused_too.then(NOT_REFUNDED).events == ()
    assert refused_too.then(REFUNDED).saga.state == "compensating"


@pytest.mark.parametrize("answer", [CONFIRMED, order_refuses("ConfirmOrder", "PENDING")])
def test_a_saga_that_is_stuck_with_silence_is_freed_by_any_answer(answer: Payload) -> None:
    called = waits(*RESERVED, REQUESTED, *each(released), VOIDED).missed(BUDGET + 1)
    assert called.saga.stuck == "confirm"

    assert called.then(answer).saga.state == "compensating"


def test_a_refund_that_may_be_tried_again_is_asked_for_again_before_anybody_is_called() -> None:
    later = msgspec.structs.replace(NOT_REFUNDED, retryable=True)
    story = waits(*TAKEN, *each(not_deducted)).then(later)

    assert story.events == ()
    assert REFUND in story.missed().commands
