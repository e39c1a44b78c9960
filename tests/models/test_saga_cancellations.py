"""The checkout saga when the customer cancels, wherever the order is by then."""

from __future__ import annotations

import msgspec
import pytest

from models.messages import Payload
from models.sagas import finished
from tests.models.saga_facts import (
    AUTHORIZED,
    CANCELLED,
    CAPTURED,
    COMPLETE,
    DECLINED,
    DELIVERED,
    NOT_CAPTURED,
    NOT_VOIDED,
    REFUND,
    REFUNDED,
    REJECTED,
    REQUESTED,
    SHIPPED,
    VOID,
    VOIDED,
    WHY,
    created,
    deducted,
    not_deducted,
    not_reserved,
    order_refuses,
    release,
    released,
    reserved,
    restock,
    restocked,
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
    each,
    ended,
    given,
    refused,
    turned,
    undone,
)


@pytest.mark.parametrize(
    "past",
    [PLACED, HELD, (*HELD, reserved(2)), (*HELD, reserved(2), reserved(3))],
    ids=["authorizing", "reserving", "one line reserved", "two lines reserved"],
)
def test_before_the_pivot_the_money_is_let_go_and_every_line_asked_for(
    past: tuple[Payload, ...],
) -> None:
    """Those that have not answered, too: stock and payment sort it out by the same id."""
    story = given(*past).when(REQUESTED).then(turned("cancel", WHY))

    story.asks(VOID, *(each(release) if len(past) > 1 else ()))


@pytest.mark.parametrize("late", [AUTHORIZED, DECLINED], ids=["authorized", "declined"])
def test_an_authorization_that_answers_after_its_void_was_asked_changes_nothing(
    late: Payload,
) -> None:
    given(*PLACED, REQUESTED).when(late).then().asks().when(VOIDED).asks(COMPLETE)


def test_a_cancellation_while_confirming_waits_for_the_order_to_refuse_that() -> None:
    story = given(*RESERVED).when(REQUESTED).asks(VOID, *each(release))

    story.when(*each(released), VOIDED).asks()
    answered = story.when(order_refuses("ConfirmOrder", "CANCEL_PENDING"))
    answered.then(refused("confirm", "forbidden")).asks()
    answered.when(*each(released), VOIDED).asks(COMPLETE)


def test_a_cancellation_while_capturing_releases_the_stock_and_waits_for_the_money() -> None:
    story = given(*PIVOT).when(REQUESTED)
    story.then(turned("cancel", WHY), undone("confirm")).asks(*each(release))

    story.when(CAPTURED).asks(REFUND)
    story.when(NOT_CAPTURED).then(refused("capture", "capture_refused")).asks(VOID)


def test_a_cancellation_while_deducting_refunds_and_waits_for_the_lines() -> None:
    story = given(*TAKEN, deducted(2)).when(REQUESTED).asks(REFUND, restock(2))

    story.when(deducted(1)).asks(restock(1))
    story.when(not_deducted(1)).asks(release(1))


@pytest.mark.parametrize("past", [DEDUCTED, SOLD], ids=["untold", "completed"])
def test_a_cancellation_of_a_sold_order_gives_everything_back(past: tuple[Payload, ...]) -> None:
    story = given(*past).when(REQUESTED)
    story.then(turned("cancel", WHY), undone("confirm")).asks(REFUND, *each(restock))

    story = story.when(told("confirmed")).then().asks()
    story.when(restocked(1), REFUNDED, restocked(3)).asks()
    story.when(restocked(1), REFUNDED, restocked(3), restocked(2)).asks(COMPLETE)


ANSWERED: dict[str, tuple[Payload, ...]] = {
    "authorizing": (*PLACED, REQUESTED, VOIDED),
    "reserving": (*HELD, REQUESTED, VOIDED, *each(released)),
    "capturing": (*PIVOT, REQUESTED, NOT_CAPTURED, VOIDED, *each(released)),
    "deducting": (*TAKEN, REQUESTED, REFUNDED, *each(not_deducted), *each(released)),
    "sold": (*SOLD, REQUESTED, REFUNDED, *each(restocked)),
    "without lines": (created(0), REQUESTED, VOIDED),
}


@pytest.mark.parametrize("answered", ANSWERED.values(), ids=ANSWERED)
def test_a_cancelled_order_ends_when_its_customer_was_told(answered: tuple[Payload, ...]) -> None:
    told_so = given(*answered).when(CANCELLED).asks(tell("cancelled"))

    over = told_so.when(told("cancelled")).asks()

    assert over.events[-1] == ended("cancelled", WHY)
    assert over.saga is not None
    assert finished(over.saga)
    assert over.waits_for == set()
    assert over.when(REQUESTED, CANCELLED, *each(released), VOIDED).then().asks().saga == over.saga


def test_a_cancellation_during_a_rejection_takes_over_and_asks_nothing_twice() -> None:
    story = given(*HELD, not_reserved(1)).when(REQUESTED)
    story.then(turned("cancel", WHY)).asks()

    story.when(VOIDED, released(2), released(3)).asks(COMPLETE)


def test_a_cancellation_that_comes_before_the_rejection_makes_it_void() -> None:
    story = given(*PLACED, DECLINED).when(REQUESTED).asks(COMPLETE)

    story.when(order_refuses("RejectOrder", "CANCEL_PENDING")).then().asks()
    story.when(CANCELLED, order_refuses("RejectOrder", "CANCELLED")).asks(tell("cancelled"))


def test_a_cancellation_that_comes_after_the_rejection_is_refused_and_changes_nothing() -> None:
    for past in ((*PLACED, DECLINED, REJECTED), (*PLACED, DECLINED, REJECTED, told("rejected"))):
        story = given(*past)
        late = story.when(order_refuses("CancelOrder", "REJECTED")).then().asks()
        assert late.saga == story.saga


def test_a_cancellation_that_the_saga_asked_for_and_the_customer_too_is_one() -> None:
    """The order answers once, to whoever asked first."""
    story = given(*PIVOT, NOT_CAPTURED).when(REQUESTED).then(undone("confirm")).asks()

    assert story.when(REQUESTED).then().asks().saga == story.saga


def test_a_cancellation_of_a_stuck_saga_leaves_it_stuck() -> None:
    story = given(*HELD, not_reserved(1), NOT_VOIDED).when(REQUESTED).asks()
    assert story.saga is not None
    assert story.saga.state == "stuck"

    story.when(released(2), released(3), VOIDED).asks(COMPLETE)


def test_a_cancelled_order_is_neither_shipped_nor_revived() -> None:
    story = given(*SOLD, REQUESTED)

    for late in (*SOLD, SHIPPED, DELIVERED):
        assert story.when(late).then().asks().saga == story.saga
    story.when(NOT_VOIDED).then().asks()


def test_a_part_of_the_money_is_not_the_money() -> None:
    """Others may have had a part given back, under the very id of the refund that comes later."""
    part = msgspec.structs.replace(REFUNDED, amount=REFUNDED.amount - 1)
    cancelled = (REQUESTED, *each(restocked))

    given(*SOLD, *cancelled).when(part).asks().when(REFUNDED).asks(COMPLETE)
    given(*SOLD, part, *cancelled).when(REFUNDED).asks(COMPLETE)
