"""Choreography in payments: money is asked for once, taken once, and given back once."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from models.messages import Payload
from models.order_messages import OrderExpired
from models.payment_messages import AuthorizePayment, PaymentAuthorized, PaymentCompleted
from tests.models.policy_story import ORCHESTRATED, PAYMENTS, PLACED
from tests.models.saga_facts import (
    ALREADY_CAPTURED,
    AUTHORIZE,
    AUTHORIZED,
    CAPTURE,
    CAPTURED,
    CONFIRMED,
    DECLINED,
    ID,
    NOT_CAPTURED,
    NOT_REFUNDED,
    NOT_VOIDED,
    NOTHING_HELD,
    PAID,
    PAYMENT,
    REFUND,
    REFUNDED,
    REJECTED,
    REQUESTED,
    SHIPPED,
    VOID,
    VOIDED,
    created,
    not_reserved,
    payment_refuses,
    reserved,
)

EXPIRED = OrderExpired(order_id=ID)
UNDO = pytest.mark.parametrize("undo", [REQUESTED, EXPIRED, REJECTED, not_reserved(3)])
HELD = PAYMENTS.given(PLACED, AUTHORIZED)
PIVOT = PAYMENTS.given(PLACED, AUTHORIZED, CONFIRMED)


def other(fact: Any) -> Any:
    """The same of another payment for the same order."""
    return type(fact)(**{**_fields(fact), "payment_id": f"{PAYMENT}/by hand"})


def _fields(fact: Any) -> dict[str, Any]:
    return {name: getattr(fact, name) for name in fact.__struct_fields__}


def test_an_order_is_authorized_when_it_is_placed_and_captured_when_it_is_confirmed() -> None:
    story = PAYMENTS.given(PLACED).asks(AUTHORIZE)
    story = story.when(AUTHORIZED).asks().when(CONFIRMED).asks(CAPTURE)

    story.when(CAPTURED, PAID).asks().waits()


def test_an_order_without_a_method_is_paid_by_card() -> None:
    story = PAYMENTS.given(created(3, saga="choreography", method=None))

    assert [each.method for each in story.commands if isinstance(each, AuthorizePayment)] == [
        "card"
    ]


@pytest.mark.parametrize(
    "fact", [ORCHESTRATED, AUTHORIZED, CONFIRMED, REQUESTED, VOIDED, not_reserved(1)]
)
def test_an_order_of_the_other_style_leaves_nothing_behind(fact: Payload) -> None:
    PAYMENTS.given(fact).asks().forgets()


@UNDO
def test_what_is_undone_before_its_money_is_authorized_is_voided_at_once(undo: Payload) -> None:
    story = PAYMENTS.given(PLACED).when(undo).asks(VOID).waits(VOID)

    story.when(AUTHORIZED).asks().waits(VOID).when(VOIDED).asks().forgets()


@UNDO
def test_what_is_undone_before_its_capture_is_voided(undo: Payload) -> None:
    HELD.when(undo).asks(VOID).when(VOIDED).asks().forgets()


@pytest.mark.parametrize("undo", [REQUESTED, REJECTED])
def test_what_is_undone_after_its_capture_is_refunded(undo: Payload) -> None:
    PIVOT.when(CAPTURED, undo).asks(REFUND).when(REFUNDED).asks().forgets()


def test_a_capture_that_is_out_is_waited_for() -> None:
    story = PIVOT.when(REQUESTED).asks().waits(CAPTURE)

    story.when(CAPTURED).asks(REFUND)
    story.when(NOT_CAPTURED).asks(VOID)


@pytest.mark.parametrize("refusal", [NOT_CAPTURED, payment_refuses("CapturePayment")])
def test_after_a_refused_capture_the_order_is_waited_for(refusal: Payload) -> None:
    PIVOT.when(refusal).asks().waits().when(REQUESTED).asks(VOID)


def test_a_refused_capture_that_nobody_here_asked_for_says_nothing() -> None:
    HELD.when(payment_refuses("CapturePayment"), CONFIRMED).asks(CAPTURE)


def test_race_2_a_void_that_finds_the_money_taken_becomes_a_refund() -> None:
    story = HELD.when(REQUESTED, NOT_VOIDED).waits(VOID)

    story.when(ALREADY_CAPTURED).asks(REFUND).when(REFUNDED).forgets()


def test_a_void_that_finds_nothing_held_ends_with_the_voided_that_follows() -> None:
    HELD.when(REQUESTED, NOTHING_HELD).waits(VOID).when(VOIDED).forgets()


def test_a_refused_refund_stays_wanted_for_a_human() -> None:
    PIVOT.when(CAPTURED, REQUESTED, NOT_REFUNDED).waits(REFUND)


@pytest.mark.parametrize("refusal", [DECLINED, payment_refuses("AuthorizePayment")])
def test_what_was_declined_is_over(refusal: Payload) -> None:
    story = PAYMENTS.given(PLACED, refusal).asks(AUTHORIZE).forgets()

    story.when(REQUESTED, REJECTED, VOIDED).asks().forgets()


def test_a_declined_payment_needs_no_void_any_more() -> None:
    PAYMENTS.given(PLACED, REQUESTED).waits(VOID).when(DECLINED).asks().forgets()


def test_an_authorization_that_is_refused_once_it_is_there_says_nothing() -> None:
    HELD.when(payment_refuses("AuthorizePayment"), CONFIRMED).asks(CAPTURE)


def test_too_little_money_goes_back_at_once() -> None:
    too_little = PaymentAuthorized(**{**_fields(AUTHORIZED), "amount": AUTHORIZED.amount - 1})

    PAYMENTS.given(PLACED).when(too_little).asks(VOID)


def test_money_given_back_by_hand_is_not_the_end_of_an_order() -> None:
    PIVOT.when(CAPTURED, REFUNDED).asks().when(REQUESTED).asks(REFUND)


def test_a_void_by_hand_ends_when_the_order_does() -> None:
    story = HELD.when(VOIDED, CONFIRMED).asks(CAPTURE)

    story.when(payment_refuses("CapturePayment"), REQUESTED).asks().forgets()


@pytest.mark.parametrize("fact", [CAPTURED, VOIDED, DECLINED])
def test_another_payment_of_the_same_order_says_nothing(fact: Payload) -> None:
    assert HELD.when(other(fact)).asks().memory is HELD.memory


@pytest.mark.parametrize("line", [4, 5])
def test_a_refused_reservation_of_no_line_of_the_order_undoes_nothing(line: int) -> None:
    HELD.when(not_reserved(line), reserved(1)).asks().waits()


def test_a_shipped_order_is_over() -> None:
    PIVOT.when(CAPTURED, PAID, SHIPPED).asks().forgets()


def test_race_8_money_taken_after_the_end_revives_nothing() -> None:
    story = HELD.when(REQUESTED, VOIDED).forgets()

    for late in (AUTHORIZED, CAPTURED, CONFIRMED, PaymentCompleted(**_fields(CAPTURED))):
        story.when(late).asks().forgets()


def test_a_part_of_the_money_is_not_the_money() -> None:
    """Others may have had a part given back, under the very id of the refund that comes later."""
    part = msgspec.structs.replace(REFUNDED, amount=REFUNDED.amount - 1)

    PIVOT.when(CAPTURED, REQUESTED, part).waits(REFUND).when(REFUNDED).forgets()
