"""Choreography in stock: lines are reserved, deducted and given back, whatever overtakes what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from models import stock_policy
from models.messages import Payload
from models.order_messages import OrderExpired
from models.payment_messages import (
    PaymentAnswerKept,
    PaymentCaptureRequested,
    PaymentVoidRequested,
    PaymentVoidWanted,
)
from models.stock_messages import HOLD
from tests.models.policy_story import ORCHESTRATED, PLACED, STOCK
from tests.models.saga_facts import (
    AUTHORIZED,
    CANCELLED,
    CAPTURED,
    CONFIRMED,
    DECLINED,
    HOME,
    ID,
    NOON,
    PAYMENT,
    REFUNDED,
    REJECTED,
    REQUESTED,
    SHIPPED,
    VOIDED,
    deduct,
    deducted,
    not_deducted,
    not_reserved,
    order_refuses,
    payment_refuses,
    release,
    released,
    reserve,
    reserved,
    restock,
    restocked,
)
from tests.models.saga_story import each

EXPIRED = OrderExpired(order_id=ID)
UNDO = pytest.mark.parametrize("undo", [REQUESTED, EXPIRED])
CAPTURING = PaymentCaptureRequested(payment_id=PAYMENT, order_id=ID, amount=1, key="k")
VOIDING = PaymentVoidRequested(payment_id=PAYMENT, order_id=ID, key="k")
KEPT = PaymentAnswerKept(
    payment_id=PAYMENT, order_id=ID, key="k", operation="void", outcome="refused", amount=0
)
HELD = STOCK.given(PLACED, AUTHORIZED)
RESERVED = HELD.when(*each(reserved))


def little(fact: Any) -> Payload:
    """The same, with less money than the order costs."""
    less: Payload = msgspec.structs.replace(fact, amount=fact.amount - 1)
    return less


@pytest.mark.parametrize("facts", [(PLACED, AUTHORIZED), (AUTHORIZED, PLACED)])
def test_lines_are_reserved_when_the_order_and_its_money_are_known(
    facts: tuple[Payload, Payload],
) -> None:
    first = STOCK.given(facts[0]).asks()
    first.when(facts[1]).asks(*each(reserve))


@pytest.mark.parametrize("first", [PLACED, AUTHORIZED])
def test_stock_is_held_from_when_the_money_was_there(first: Payload) -> None:
    """So that it does not matter when it was heard of, nor how often."""
    second = {PLACED: AUTHORIZED, AUTHORIZED: PLACED}[first]
    memory = None
    for fact in (first, second, AUTHORIZED):
        late = NOON + timedelta(hours=fact is PLACED)
        memory = stock_policy.follow(memory, fact, home=HOME, now=late)

    assert memory is not None
    assert memory.until == NOON + HOLD


def test_lines_are_deducted_when_the_money_is_ours() -> None:
    story = RESERVED.asks().when(CONFIRMED, CAPTURING, CAPTURED).asks(*each(deduct))

    story.when(*each(deducted)).asks().waits().when(SHIPPED).forgets()


def test_money_may_be_heard_of_before_the_reservations_that_led_to_it() -> None:
    story = HELD.when(CAPTURED).asks(*each(deduct)).waits(*each(deduct))

    story.when(*each(reserved)).waits(*each(deduct)).when(*each(deducted)).waits()


@pytest.mark.parametrize(
    "fact",
    [ORCHESTRATED, CONFIRMED, REQUESTED, DECLINED, CAPTURED, VOIDED, KEPT, reserved(1)],
)
def test_a_fact_of_an_order_that_is_not_known_leaves_nothing_behind(fact: Payload) -> None:
    STOCK.given(fact).asks().forgets()


@pytest.mark.parametrize(
    "fact", [ORCHESTRATED, CONFIRMED, REQUESTED, CANCELLED, CAPTURING, VOIDING, VOIDED, CAPTURED]
)
def test_an_early_authorization_is_forgotten_when_the_order_is_of_the_other_style_or_over(
    fact: Payload,
) -> None:
    """Each of them shows it: OrderCreated itself, or what can only come after it was heard."""
    STOCK.given(AUTHORIZED, fact).asks().forgets()


@pytest.mark.parametrize(
    "fact",
    [
        KEPT,
        order_refuses("CancelOrder", "NONE"),
        payment_refuses("CapturePayment"),
        reserved(1),
        msgspec.structs.replace(VOIDED, payment_id="another"),
    ],
)
def test_an_early_authorization_outlives_what_tells_nothing_of_the_order(fact: Payload) -> None:
    STOCK.given(AUTHORIZED, fact).asks().when(PLACED).asks(*each(reserve))


def test_a_void_that_overtakes_the_order_leaves_nothing_to_reserve() -> None:
    story = STOCK.given(AUTHORIZED, VOIDING, VOIDED, PLACED).asks()

    story.when(REQUESTED).asks(*each(release)).when(*each(released)).forgets()


def test_an_authorization_that_comes_after_the_end_is_forgotten_with_its_void() -> None:
    story = STOCK.given(PLACED, REQUESTED, *each(released)).forgets()

    story.when(PaymentVoidWanted(payment_id=PAYMENT, order_id=ID)).forgets()
    story.when(AUTHORIZED).asks().when(VOIDING).forgets()


@pytest.mark.parametrize("line", [1, 2, 3])
def test_a_refused_line_releases_the_others_granted_or_not(line: int) -> None:
    others = [n for n in (1, 2, 3) if n != line]

    story = HELD.when(reserved(others[0])).when(not_reserved(line))
    story.asks(*(release(n) for n in others))

    story.when(*(released(n) for n in others), reserved(others[1])).asks().forgets()


def test_all_lines_refused_leave_nothing_to_release() -> None:
    HELD.when(not_reserved(1), not_reserved(3), not_reserved(2)).forgets()


@UNDO
def test_what_is_undone_first_is_never_reserved(undo: Payload) -> None:
    """It is released all the same, so that whoever waits for it gets its answers."""
    story = STOCK.given(PLACED, undo).asks(*each(release))

    story.when(AUTHORIZED).asks().when(*each(released)).forgets()


def test_a_rejected_order_holds_nothing_any_more() -> None:
    """It was rejected because all is back, though the answers that say so may be late."""
    HELD.when(REJECTED, not_reserved(1), *each(released)).asks().forgets()


@UNDO
def test_what_is_undone_while_it_is_being_reserved_is_released(undo: Payload) -> None:
    story = HELD.when(reserved(2), undo).asks(*each(release))

    story.when(reserved(1), *each(released), reserved(3)).asks().forgets()


@UNDO
def test_what_was_deducted_is_restocked(undo: Payload) -> None:
    story = RESERVED.when(CAPTURED, *each(deducted)).when(undo).asks(*each(restock))

    story.when(restocked(1), REFUNDED).waits(restock(2), restock(3))
    story.when(*each(restocked)).forgets()


def test_a_deduction_that_is_out_is_waited_for() -> None:
    story = RESERVED.when(CAPTURED, deducted(1)).when(REQUESTED).asks(restock(1))

    story = story.when(deducted(2)).asks(restock(2)).waits(restock(1), restock(2), deduct(3))
    story.when(not_deducted(3)).asks(release(3)).when(released(3)).waits(restock(1), restock(2))


@UNDO
def test_money_that_comes_after_the_end_was_asked_for_deducts_nothing(undo: Payload) -> None:
    RESERVED.when(undo).asks(*each(release)).when(CAPTURED).asks().waits(*each(release))


def test_what_was_released_too_late_is_restocked() -> None:
    """A release of what has left is answered as the deduction."""
    RESERVED.when(REQUESTED).when(deducted(2)).asks(restock(2))


def test_race_3_a_line_that_has_expired_and_is_gone_waits_for_the_end_of_the_order() -> None:
    story = RESERVED.when(CAPTURED, deducted(1), not_deducted(2)).waits(deduct(3))

    story = story.when(deducted(3)).waits().when(REQUESTED)
    story.asks(restock(1), release(2), restock(3))


@pytest.mark.parametrize("late", [reserved, deducted, not_deducted, not_reserved])
def test_an_answer_that_comes_again_after_the_last_one_says_nothing(
    late: Callable[[int], Payload],
) -> None:
    story = RESERVED.when(REQUESTED, released(1))

    assert story.when(late(1)).asks().memory == story.memory


@pytest.mark.parametrize("facts", [(PLACED, DECLINED), (DECLINED, PLACED, REJECTED)])
def test_a_declined_payment_is_the_end_wherever_it_comes(facts: tuple[Payload, ...]) -> None:
    STOCK.given(*facts).asks().forgets()


@pytest.mark.parametrize("facts", [(PLACED, little(AUTHORIZED)), (little(AUTHORIZED), PLACED)])
def test_nothing_is_reserved_for_too_little_money(facts: tuple[Payload, ...]) -> None:
    STOCK.given(*facts).asks().forgets()


def test_nothing_is_deducted_for_too_little_money() -> None:
    RESERVED.when(little(CAPTURED)).asks().when(REQUESTED).asks(*each(release))


def test_two_lines_of_one_sku_are_two_reservations() -> None:
    order = msgspec.structs.replace(PLACED, lines=(PLACED.lines[1],) * 2)
    story = STOCK.given(order)

    ids = [f"{ID}/1", f"{ID}/2"]
    asked = [msgspec.structs.replace(reserve(2), reservation_id=each_id) for each_id in ids]
    story.when(AUTHORIZED).asks(*asked)


def test_a_reservation_of_no_line_says_nothing() -> None:
    assert RESERVED.when(not_reserved(4)).asks().memory is RESERVED.memory
