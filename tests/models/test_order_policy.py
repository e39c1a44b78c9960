"""Choreography in orders: what becomes of an order follows from what was heard, in any order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from typing import Any

import msgspec
import pytest

from models.messages import Payload
from models.order_messages import ExpireOrder, OrderExpired, OrderTimedOut
from models.order_policy import LIFETIME, due
from tests.models.policy_story import ORCHESTRATED, ORDERS, PLACED
from tests.models.saga_facts import (
    AUTHORIZED,
    CANCELLED,
    CAPTURED,
    COMPLETE,
    CONFIRM,
    CONFIRMED,
    DECLINED,
    ID,
    NOON,
    NOT_CAPTURED,
    NOT_REFUNDED,
    PAID,
    PAY,
    REFUNDED,
    REJECTED,
    REQUESTED,
    SHIPPED,
    VOIDED,
    cancel,
    deducted,
    not_deducted,
    not_reserved,
    payment_refuses,
    reject,
    released,
    reserved,
    restocked,
)
from tests.models.saga_story import each

MOMENT = timedelta(microseconds=1)
HELD = ORDERS.given(PLACED, AUTHORIZED)
PIVOT = ORDERS.given(PLACED, AUTHORIZED, *each(reserved), CONFIRMED)
TAKEN = PIVOT.when(CAPTURED)
SOLD = TAKEN.when(*each(deducted), PAID)


def little(fact: Any) -> Payload:
    """The same, with less money than the order costs."""
    less: Payload = msgspec.structs.replace(fact, amount=fact.amount - 1)
    return less


@pytest.mark.parametrize("facts", [*permutations([AUTHORIZED, *each(reserved)])])
def test_an_order_is_confirmed_when_its_money_and_all_its_lines_are_there(
    facts: tuple[Payload, ...],
) -> None:
    story = ORDERS.given(PLACED, *facts[:-1]).asks()

    story.when(facts[-1]).asks(CONFIRM).when(CONFIRMED).asks().waits()


OVER = NOON + LIFETIME
LATE = OrderTimedOut(order_id=ID, deadline=OVER, at=OVER)
EXPIRE = ExpireOrder(order_id=ID, deadline=OVER, at=OVER, payment_outstanding=False)


def test_an_order_whose_time_is_over_expires_if_its_payment_is_answered() -> None:
    HELD.when(LATE).asks(EXPIRE).when(OrderExpired(order_id=ID)).forgets()


def test_while_the_payment_is_unanswered_an_order_does_not_expire() -> None:
    late = ORDERS.given(PLACED).when(LATE).asks()

    late.when(AUTHORIZED).asks(EXPIRE)
    late.when(DECLINED).asks(reject("card_declined"))


@pytest.mark.parametrize(
    "said",
    [
        msgspec.structs.replace(LATE, at=OVER - MOMENT),
        msgspec.structs.replace(LATE, deadline=OVER - MOMENT),
    ],
)
def test_a_deadline_that_has_not_come_or_is_not_the_orders_means_nothing(said: Payload) -> None:
    HELD.when(said).asks().waits()


@pytest.mark.parametrize("story", [PIVOT, HELD.when(REQUESTED), ORDERS.given(PLACED).when(LATE)])
def test_the_clock_says_nothing_of_an_order_that_is_confirmed_cancelled_or_late(story: Any) -> None:
    assert due(story.memory) is None
    assert due(HELD.memory) == OVER
    assert due(None) is None


@pytest.mark.parametrize("facts", [*permutations([CAPTURED, *each(deducted)])])
def test_an_order_is_paid_when_the_money_is_ours_and_all_lines_are_deducted(
    facts: tuple[Payload, ...],
) -> None:
    """Not before: a paid order may be shipped, and then not be cancelled."""
    story = PIVOT.when(*facts[:-1]).asks()

    story.when(facts[-1]).asks(PAY).when(PAID).asks().waits().when(SHIPPED).forgets()


@pytest.mark.parametrize(
    "fact", [ORCHESTRATED, AUTHORIZED, DECLINED, CONFIRMED, REQUESTED, reserved(1)]
)
def test_an_order_of_the_other_style_leaves_nothing_behind(fact: Payload) -> None:
    ORDERS.given(fact).asks().forgets()


def test_a_declined_order_is_rejected() -> None:
    story = ORDERS.given(PLACED, DECLINED).asks(reject("card_declined"))

    story.when(REJECTED).forgets()


def test_a_payment_that_cannot_even_be_asked_for_rejects_the_order() -> None:
    refused = payment_refuses("AuthorizePayment")

    ORDERS.given(PLACED, refused).asks(reject("forbidden"))
    assert HELD.when(refused).asks().memory == HELD.memory


@pytest.mark.parametrize("line", [1, 2, 3])
def test_an_order_is_rejected_for_a_refused_line_once_all_is_back(line: int) -> None:
    rest = [released(n) for n in (1, 2, 3) if n != line]

    for facts in permutations([VOIDED, not_reserved(line), *rest]):
        story = HELD.when(*facts[:-1]).asks()
        story.when(facts[-1]).asks(reject("out_of_stock"))


def test_money_that_is_back_before_its_reason_is_heard_confirms_nothing() -> None:
    HELD.when(reserved(1), reserved(2), VOIDED).asks().when(not_reserved(3)).asks()


def test_too_little_money_rejects_the_order_once_it_is_back() -> None:
    """Nothing was reserved for it, so no stock is waited for."""
    story = ORDERS.given(PLACED, little(AUTHORIZED)).asks()

    story.when(VOIDED).asks(reject("too_little_money"))
    story.when(REQUESTED).asks().when(VOIDED).asks(COMPLETE)


@pytest.mark.parametrize(
    ("fact", "reason"),
    [
        (NOT_CAPTURED, "capture_refused"),
        (payment_refuses("CapturePayment"), "forbidden"),
        (little(CAPTURED), "too_little_money"),
    ],
)
def test_an_order_whose_money_cannot_be_taken_is_cancelled(fact: Payload, reason: str) -> None:
    PIVOT.when(fact).asks(cancel(reason)).when(REQUESTED).asks().waits()


def test_a_refused_capture_that_nobody_here_asked_for_says_nothing() -> None:
    assert HELD.when(payment_refuses("CapturePayment")).asks().memory == HELD.memory


@pytest.mark.parametrize("line", [1, 2, 3])
def test_an_order_with_a_lost_line_is_cancelled(line: int) -> None:
    others = [n for n in (1, 2, 3) if n != line]
    story = TAKEN.when(deducted(others[0]), not_deducted(line)).asks(cancel("out_of_stock"))

    story = story.when(REQUESTED, deducted(others[1])).asks()
    back = [restocked(others[0]), restocked(others[1]), released(line), REFUNDED]
    story.when(*back[1:]).asks().when(back[0]).asks(COMPLETE)


@pytest.mark.parametrize("facts", [*permutations([VOIDED, *each(released)])])
def test_a_cancelled_order_ends_when_money_and_lines_are_back(facts: tuple[Payload, ...]) -> None:
    story = ORDERS.given(PLACED, REQUESTED, *facts[:-1]).asks()

    story.when(facts[-1]).asks(COMPLETE).when(CANCELLED).forgets()


@pytest.mark.parametrize("before", [(), (AUTHORIZED,), (AUTHORIZED, reserved(2))])
def test_a_cancelled_order_is_not_confirmed_any_more(before: tuple[Payload, ...]) -> None:
    story = ORDERS.given(PLACED, *before, REQUESTED)

    story.when(AUTHORIZED, *each(reserved)).asks()


def test_a_cancelled_order_that_was_declined_holds_nothing() -> None:
    for facts in ((REQUESTED, DECLINED), (DECLINED, REQUESTED)):
        assert ORDERS.given(PLACED, *facts).commands[-1] == COMPLETE


@pytest.mark.parametrize("given_back", [released, restocked])
def test_a_sold_order_that_is_cancelled_ends_when_all_is_back(
    given_back: Callable[[int], Payload],
) -> None:
    story = SOLD.when(REQUESTED).asks().when(*each(given_back)).asks()

    story.when(REFUNDED).asks(COMPLETE)


def test_a_refused_refund_leaves_the_order_visibly_unfinished() -> None:
    SOLD.when(REQUESTED, *each(restocked), NOT_REFUNDED).asks().waits()


def test_money_given_back_by_hand_is_not_that_of_a_later_cancellation() -> None:
    story = SOLD.when(REFUNDED).asks()

    story.when(REQUESTED, *each(restocked)).asks().when(REFUNDED).asks(COMPLETE)


@pytest.mark.parametrize("end", [REJECTED, CANCELLED, SHIPPED, OrderExpired(order_id=ID)])
def test_what_has_ended_is_forgotten(end: Payload) -> None:
    story = HELD.when(end).asks().forgets()

    for late in (AUTHORIZED, CAPTURED, VOIDED, reserved(1), released(2)):
        story.when(late).asks().forgets()


@pytest.mark.parametrize(
    "fact", [not_reserved(4), msgspec.structs.replace(CAPTURED, payment_id="another")]
)
def test_what_is_not_of_this_order_says_nothing(fact: Payload) -> None:
    assert PIVOT.when(fact).asks().memory is PIVOT.memory


def test_a_part_of_the_money_is_not_the_money() -> None:
    """Others may have had a part given back, under the very id of the refund that comes later."""
    story = SOLD.when(REQUESTED, *each(restocked), little(REFUNDED)).asks()

    story.when(REFUNDED).asks(COMPLETE)
