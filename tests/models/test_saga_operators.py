"""Operators and sagas: who takes a hand in one, what comes of it, and when it makes no sense."""

from __future__ import annotations

from typing import Literal

import pytest

from models.messages import Payload
from models.payment_messages import RefundPayment
from models.saga_messages import (
    Action,
    CompensateSaga,
    RetrySagaStep,
    SagaCommandRefused,
    SagaIntervened,
    SkipSagaStep,
    StepName,
)
from models.sagas import finished, react
from tests.models.saga_facts import (
    AUTHORIZED,
    CANCELLED,
    CAPTURE,
    COMPLETE,
    CONFIRM,
    DECLINED,
    HOME,
    ID,
    NOON,
    NOT_REFUNDED,
    NOT_VOIDED,
    PAYMENT,
    REFUND,
    REFUNDED,
    REJECTED,
    REQUESTED,
    TOTAL,
    VOID,
    cancel,
    created,
    deducted,
    not_deducted,
    not_reserved,
    order_refuses,
    reject,
    release,
    released,
    reserve,
    reserved,
    tell,
    told,
)
from tests.models.saga_story import (
    DEDUCTED,
    HELD,
    PIVOT,
    PLACED,
    RESERVED,
    SOLD,
    TAKEN,
    Journey,
    done,
    each,
    given,
    stuck,
    telling,
    turned,
    undone,
)

GRACE = "grace"
WHY = "asked the bank"


def retry(step: StepName) -> RetrySagaStep:
    return RetrySagaStep(order_id=ID, step=step, by=GRACE, reason=WHY)


def skip(step: StepName) -> SkipSagaStep:
    return SkipSagaStep(order_id=ID, step=step, by=GRACE, reason=WHY)


COMPENSATE = CompensateSaga(order_id=ID, by=GRACE, reason=WHY)


def by_grace(action: Action, step: StepName | None = None) -> SagaIntervened:
    return SagaIntervened(order_id=ID, action=action, step=step, by=GRACE, reason=WHY)


def told_again(story: Journey, command: RetrySagaStep) -> tuple[Payload, ...]:
    """What a retry sends: commands that were sent before, so that no `Journey` goes through it."""
    saga, events, commands = react(story.saga, command, home=HOME, now=NOON)
    assert events == (by_grace("retry", command.step),)
    assert saga is not None
    assert saga.attempt == 0
    assert saga.deadline is not None
    return commands


STUCK_REFUND = (*TAKEN, *each(not_deducted), *each(released), REQUESTED, NOT_REFUNDED)
STUCK_ORDER = (*PLACED, DECLINED, order_refuses("RejectOrder", "NONE"))


# Retry.


@pytest.mark.parametrize(
    ("past", "step", "again"),
    [
        ((*HELD, reserved(2)), "reserve", (reserve(1), reserve(3))),
        (PIVOT, "capture", (CAPTURE,)),
        ((*HELD, not_reserved(1), NOT_VOIDED), "authorize", (VOID,)),
        (STUCK_ORDER, "confirm", (reject("card_declined"),)),
        (RESERVED, "confirm", (CONFIRM,)),
        (DEDUCTED, "notify", (tell("confirmed"),)),
    ],
)
def test_a_retry_asks_now_for_what_the_step_waits_for(
    past: tuple[Payload, ...], step: StepName, again: tuple[Payload, ...]
) -> None:
    """And for nothing else that the saga waits for."""
    assert told_again(given(*past), retry(step)) == again


def test_a_refund_that_was_refused_is_tried_again_under_a_new_id() -> None:
    story = given(*STUCK_REFUND).when(retry("capture"))
    second = RefundPayment(
        payment_id=PAYMENT, order_id=ID, refund_id=f"{PAYMENT}/return/2", amount=TOTAL
    )
    story.then(by_grace("retry", "capture")).asks(second)

    halted = story.when(NOT_REFUNDED).then(stuck("capture", "refund_refused")).asks()
    halted.when(retry("capture")).asks(_with_id(second, f"{PAYMENT}/return/3"))
    halted.when(REFUNDED).asks(COMPLETE)


def _with_id(refund: RefundPayment, refund_id: str) -> RefundPayment:
    return RefundPayment(
        payment_id=refund.payment_id, order_id=ID, refund_id=refund_id, amount=refund.amount
    )


def test_a_refund_that_is_unanswered_keeps_its_id() -> None:
    """It may still be made: under another id it would be made twice."""
    assert told_again(given(*STUCK_REFUND[:-1]), retry("capture")) == (REFUND,)


def test_a_saga_that_was_retried_is_stuck_no_longer_until_it_is_refused_again() -> None:
    story = given(*HELD, not_reserved(1), NOT_VOIDED)
    saga, _, _ = react(story.saga, retry("authorize"), home=HOME, now=NOON)
    assert saga is not None
    assert saga.state == "compensating"

    _, events, _ = react(saga, NOT_VOIDED, home=HOME, now=NOON)
    assert events == (stuck("authorize", "closed_for_the_day"),)


# Skip.


def test_a_skipped_step_counts_as_done_and_the_order_goes_on() -> None:
    story = given(*TAKEN, deducted(2)).when(skip("deduct"))

    story.then(
        by_grace("skip", "deduct"), done("deduct", 1), done("deduct", 3), telling("confirmed")
    )


def test_a_skipped_authorization_is_followed_by_the_stock() -> None:
    story = given(*PLACED).when(skip("authorize")).asks(*each(reserve))
    assert story.events[:2] == (by_grace("skip", "authorize"), done("authorize"))


def test_a_skipped_compensation_counts_as_undone() -> None:
    story = given(*STUCK_REFUND).when(skip("capture"))

    story.then(by_grace("skip", "capture"), undone("capture")).asks(COMPLETE)
    over = story.when(CANCELLED, told("cancelled"))
    assert over.saga is not None
    assert finished(over.saga)


def test_an_order_whose_end_is_skipped_has_ended_for_the_saga() -> None:
    story = given(*STUCK_ORDER).when(skip("confirm"))

    story.then(by_grace("skip", "confirm"), telling("rejected")).asks(tell("rejected"))
    assert story.when(REJECTED).then().asks().when(told("rejected")).saga is not None


# Compensate.


def test_an_order_that_is_compensated_before_its_confirmation_is_rejected() -> None:
    story = given(*HELD, reserved(1)).when(COMPENSATE)

    story.then(by_grace("compensate"), turned("reject", WHY)).asks(VOID, *each(release))


def test_a_confirmed_order_that_is_compensated_is_cancelled() -> None:
    story = given(*TAKEN, deducted(1)).when(COMPENSATE)

    story.then(by_grace("compensate"), turned("cancel", WHY))
    story.asks(cancel(WHY), REFUND, *(each for each in story.commands[2:]))


# What makes no sense.

Verb = Literal["retry", "skip", "compensate"]
SENSELESS: dict[str, tuple[tuple[Payload, ...], Payload, str]] = {
    "not waited for": (HELD, retry("capture"), "nothing of capture is waited for"),
    "answered": (HELD, skip("authorize"), "nothing of authorize is waited for"),
    "for the order to say": (RESERVED, skip("confirm"), "only the order itself can confirm it"),
    "undone already": ((*HELD, REQUESTED), COMPENSATE, "being undone already"),
    "ended": (SOLD, COMPENSATE, "has ended, confirmed; cancel the order"),
    "paid": (DEDUCTED, COMPENSATE, "may be shipped; cancel the order"),
    "observed": ((created(1, saga="choreography"),), retry("authorize"), "nobody coordinates"),
    "no saga": ((), COMPENSATE, "no saga of this order"),
    "no order": ((AUTHORIZED,), COMPENSATE, "no saga of this order"),
}


@pytest.mark.parametrize(("past", "command", "reason"), SENSELESS.values(), ids=SENSELESS)
def test_a_command_that_makes_no_sense_is_refused_with_the_reason(
    past: tuple[Payload, ...], command: Payload, reason: str
) -> None:
    story = given(*past)

    refused = story.when(command).asks()

    (event,) = refused.events
    assert isinstance(event, SagaCommandRefused)
    assert event.command == type(command).__name__
    assert reason in event.reason
    assert (refused.saga is None) == (story.saga is None)
    before, after = story.saga, refused.saga
    if before is not None and after is not None:
        assert after.version == before.version + (before.state != "expected")
        assert after.deadline == before.deadline
