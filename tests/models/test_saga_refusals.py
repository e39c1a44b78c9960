"""The checkout saga when somebody refuses: what was done is undone, then the order ends."""

from __future__ import annotations

from typing import Literal

import msgspec
import pytest

from models.messages import Payload
from models.sagas import TOO_LITTLE, finished
from tests.models.saga_facts import (
    AUTHORIZED,
    CANCELLED,
    CAPTURED,
    COMPLETE,
    CONFIRMED,
    DECLINED,
    NOT_CAPTURED,
    NOT_REFUNDED,
    NOT_VOIDED,
    NOTHING_HELD,
    REFUND,
    REFUNDED,
    REJECTED,
    REQUESTED,
    TOTAL,
    VOID,
    VOIDED,
    cancel,
    created,
    deducted,
    not_deducted,
    not_reserved,
    order_refuses,
    payment_refuses,
    reject,
    release,
    released,
    reserved,
    restock,
    restocked,
    tell,
    told,
)
from tests.models.saga_story import (
    HELD,
    PIVOT,
    PLACED,
    RESERVED,
    TAKEN,
    Journey,
    done,
    each,
    ended,
    given,
    refused,
    stuck,
    telling,
    turned,
    undone,
)


def test_a_declined_payment_rejects_the_order_at_once() -> None:
    declined = given(*PLACED).when(DECLINED)

    declined.then(refused("authorize", "card_declined"), turned("reject", "card_declined"))
    declined.asks(reject("card_declined"))


def test_less_money_than_was_asked_is_given_back_and_the_order_turned_down() -> None:
    less = msgspec.structs.replace(AUTHORIZED, amount=TOTAL - 1)

    too_little = given(*PLACED).when(less)

    too_little.then(done("authorize"), turned("reject", TOO_LITTLE)).asks(VOID)


def test_a_capture_of_less_than_the_total_cancels_the_confirmed_order() -> None:
    less = msgspec.structs.replace(CAPTURED, amount=TOTAL - 1)

    too_little = given(*PIVOT).when(less)

    too_little.then(done("capture"), turned("cancel", TOO_LITTLE))


def test_a_rejected_order_ends_when_its_customer_was_told() -> None:
    rejected = given(*PLACED, DECLINED).when(REJECTED)
    rejected.then(telling("rejected")).asks(tell("rejected"))

    over = rejected.when(told("rejected"))

    over.then(done("notify"), ended("rejected", "card_declined")).asks()
    assert over.saga is not None
    assert finished(over.saga)
    assert over.waits_for == set()


@pytest.mark.parametrize("line", [1, 2, 3])
def test_a_refused_line_releases_all_others_at_once_answered_or_not(line: int) -> None:
    """Line 3 is granted before, unless it is the refused one; the other is still unanswered."""
    others = [each for each in (1, 2, 3) if each != line]
    story = given(*HELD, reserved(others[-1])).when(not_reserved(line))

    story.then(refused("reserve", "sold out", line), turned("reject", "out_of_stock"))
    story.asks(VOID, *map(release, others))


def test_nothing_is_rejected_before_all_is_given_back() -> None:
    story = given(*HELD, not_reserved(2)).when(released(3), VOIDED)
    story.then(undone("reserve", 3), undone("authorize")).asks()

    story.when(released(1)).then(undone("reserve", 1)).asks(reject("out_of_stock"))


@pytest.mark.parametrize("late", [reserved(1), not_reserved(1)], ids=["granted", "refused"])
def test_a_late_answer_of_a_released_line_changes_nothing(late: Payload) -> None:
    story = given(*HELD, not_reserved(2))

    assert story.when(late).then().asks().saga == story.saga
    ended = story.when(released(1), VOIDED, released(3))
    assert ended.when(late).then().asks().saga == ended.saga


def test_several_refused_lines_are_one_reason() -> None:
    """The second refusal comes after its release was asked: that is answered all the same."""
    story = given(*HELD, not_reserved(1)).when(not_reserved(2), not_reserved(3)).then().asks()

    story.when(released(2), released(3), VOIDED).asks(reject("out_of_stock"))


@pytest.mark.parametrize("refusal", [NOT_CAPTURED, payment_refuses("CapturePayment")])
def test_a_refused_capture_cancels_the_confirmed_order(refusal: Payload) -> None:
    reason = getattr(refusal, "code", "forbidden")
    story = given(*PIVOT).when(refusal)

    story.then(refused("capture", reason), turned("cancel", reason))
    story.asks(VOID, *each(release), cancel(reason))


def test_a_cancellation_is_completed_when_the_order_knows_and_all_is_given_back() -> None:
    story = given(*PIVOT, NOT_CAPTURED).when(*each(released), VOIDED).asks()

    story.when(REQUESTED).then(undone("confirm")).asks(COMPLETE)


def test_a_cancellation_is_completed_in_whatever_order_the_answers_come() -> None:
    story = given(*PIVOT, NOT_CAPTURED).when(REQUESTED, VOIDED, released(2), released(1)).asks()

    story.when(released(3)).asks(COMPLETE)
    over = story.when(released(3), CANCELLED, told("cancelled"))
    assert over.events[-1] == ended("cancelled", "capture_refused")
    assert over.saga is not None
    assert finished(over.saga)


def test_a_line_that_cannot_be_deducted_gives_money_and_stock_back() -> None:
    """Line 1 has left, line 2 is refused, line 3 has not answered and is waited for."""
    story = given(*TAKEN, deducted(1)).when(not_deducted(2))

    story.then(refused("deduct", "expired", 2), turned("cancel", "out_of_stock"))
    story.asks(release(2), cancel("out_of_stock"), REFUND, restock(1))


@pytest.mark.parametrize(
    ("answer", "undo", "undone"),
    [(deducted(3), restock(3), restocked(3)), (not_deducted(3), release(3), released(3))],
    ids=["leaves", "is refused"],
)
def test_a_line_whose_deduction_was_unanswered_is_undone_by_its_answer(
    answer: Payload, undo: Payload, undone: Payload
) -> None:
    story = given(*TAKEN, not_deducted(2)).when(answer).asks(undo)

    nearly = story.when(released(2), not_deducted(1), released(1), REFUNDED, REQUESTED)
    nearly.asks(release(1)).when(undone).asks(COMPLETE)


@pytest.mark.parametrize("refusal", [NOT_REFUNDED, payment_refuses("RefundPayment")])
def test_a_refused_refund_leaves_the_saga_stuck_until_the_money_is_back(refusal: Payload) -> None:
    story = given(created(1), AUTHORIZED, reserved(1), CONFIRMED, CAPTURED, not_deducted(1))
    reason = getattr(refusal, "code", "forbidden")
    halted = story.when(refusal).then(stuck("capture", reason)).asks()
    assert _state(halted) == "stuck"

    again = halted.when(refusal, released(1), REQUESTED).asks()
    again.then(undone("reserve", 1), undone("confirm"))
    assert REFUND in again.waits_for
    assert _state(again) == "stuck"

    freed = again.when(REFUNDED).then(undone("capture")).asks(COMPLETE)
    assert _state(freed) == "compensating"
    over = freed.when(CANCELLED, told("cancelled"))
    assert over.events[-1] == ended("cancelled", "out_of_stock")


def test_a_saga_that_is_stuck_asks_nothing_twice_when_it_goes_on() -> None:
    story = given(*TAKEN, *each(not_deducted), NOT_REFUNDED, REFUNDED).when(*each(released))
    story.asks()

    story.when(REQUESTED).asks(COMPLETE)


@pytest.mark.parametrize("refusal", [NOT_VOIDED, payment_refuses("VoidPayment")])
def test_a_refused_void_leaves_the_saga_stuck_until_the_money_is_free(refusal: Payload) -> None:
    reason = getattr(refusal, "code", "forbidden")
    story = given(*HELD, not_reserved(1), released(2), released(3)).when(refusal)
    story.then(stuck("authorize", reason)).asks()

    story.when(VOIDED).then(undone("authorize")).asks(reject("out_of_stock"))


def test_a_void_that_finds_nothing_held_any_more_needs_no_human() -> None:
    """The payment says so next: then nothing is authorized."""
    story = given(*PLACED, AUTHORIZED, not_reserved(1)).when(NOTHING_HELD).then().asks()

    story.when(VOIDED).then(undone("authorize")).asks()


@pytest.mark.parametrize("state", ["SHIPPED", "NONE"])
def test_an_order_that_will_not_be_cancelled_leaves_the_saga_stuck(
    state: Literal["SHIPPED", "NONE"],
) -> None:
    halted = given(*PIVOT, NOT_CAPTURED).when(order_refuses("CancelOrder", state))
    halted.then(stuck("confirm", "forbidden")).asks()

    back = halted.when(*each(released), VOIDED).asks()
    assert _state(back) == "stuck"
    back.when(REQUESTED).then(undone("confirm")).asks(COMPLETE)


def test_an_order_that_its_aggregate_does_not_know_ends_up_stuck_with_nothing_held() -> None:
    """So it is with an order of the old envelope, if nobody told the aggregate."""
    story = given(*RESERVED).when(order_refuses("ConfirmOrder", "NONE"))
    story.then(refused("confirm", "forbidden"), turned("reject", "forbidden"))
    story.asks(VOID, *each(release))

    halted = story.when(VOIDED, *each(released), order_refuses("RejectOrder", "NONE"))
    assert halted.events[-1] == stuck("confirm", "forbidden")
    halted.when(order_refuses("RejectOrder", "NONE")).then().asks()
    over = halted.when(REJECTED, told("rejected"))
    assert over.events[-1] == ended("rejected", "forbidden")
    assert over.saga is not None
    assert over.saga.stuck is None


def test_a_refused_cancellation_leaves_the_saga_stuck() -> None:
    story = given(*PIVOT, NOT_CAPTURED, *each(released), VOIDED, REQUESTED)

    story.when(order_refuses("CompleteCancellation", "SHIPPED")).then(stuck("confirm", "forbidden"))


NOT_ASKED = (
    *map(payment_refuses, ("VoidPayment", "RefundPayment")),
    *(
        order_refuses(command, "PENDING")
        for command in ("CancelOrder", "CompleteCancellation", "ShipOrder", "MarkOrderPaid")
    ),
)


@pytest.mark.parametrize("refusal", NOT_ASKED, ids=lambda refusal: refusal.command)
def test_a_refusal_of_what_the_saga_did_not_ask_changes_nothing(refusal: Payload) -> None:
    for past in (PLACED, HELD, RESERVED, PIVOT, TAKEN, (*PLACED, DECLINED)):
        story = given(*past)
        assert story.when(refusal).then().asks().saga == story.saga


def test_an_authorization_that_the_payment_refuses_is_a_declined_one() -> None:
    given(*PLACED).when(payment_refuses("AuthorizePayment")).asks(reject("forbidden"))


def test_what_was_refused_is_not_asked_again_by_a_late_success() -> None:
    story = given(*PLACED, DECLINED).when(AUTHORIZED).then().asks()

    story.when(REJECTED).asks(tell("rejected"))


def _state(story: Journey) -> str:
    assert story.saga is not None
    return story.saga.state
