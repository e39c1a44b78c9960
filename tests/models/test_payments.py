"""Payments: every row of what may be asked, and what the gateway is called for."""

from __future__ import annotations

import msgspec
import pytest

from models.payment_messages import PaymentCommand, PaymentCommandRefused
from models.payments import calls, decide, evolve
from tests.models.payment_story import (
    AUTHORIZE,
    AUTHORIZED,
    CAPTURE,
    COMPLETED,
    DECLINED,
    HELD,
    NOTHING_VOIDED,
    ORDER_ID,
    PASTS,
    PAYMENT,
    RACING,
    REFUND,
    REQUESTED,
    TAKEN,
    TAKING,
    TOO_LATE,
    VOID,
    VOID_WANTED,
    capture_failed,
    capture_requested,
    folded,
    no,
    paid,
    refund_requested,
    refused,
    void_failed,
    void_requested,
    voided,
)

replace = msgspec.structs.replace


# Authorize.


def test_an_authorization_is_asked_of_the_gateway() -> None:
    PAYMENT.given().when(AUTHORIZE).then(REQUESTED)


@pytest.mark.parametrize("past", PASTS)
def test_an_authorization_is_asked_once(past: str) -> None:
    PAYMENT.given(*PASTS[past]).when(AUTHORIZE).then()


@pytest.mark.parametrize(
    "other", [{"amount": 999}, {"currency": "EUR"}, {"method": "card-slow"}], ids=str
)
def test_an_authorization_of_something_else_is_refused(other: dict[str, object]) -> None:
    command = replace(AUTHORIZE, **other)

    PAYMENT.given(*HELD).when(command).then(
        refused(command, "it was asked for before, with other content; use a new payment id")
    )


def test_a_payment_id_leaves_room_for_the_keys_that_begin_with_it() -> None:
    fits = replace(AUTHORIZE, payment_id="p" * 200)
    too_long = replace(AUTHORIZE, payment_id="p" * 201)

    (event,) = decide(None, fits)
    assert [call.key for call in calls(evolve(None, event))] == ["p" * 200 + "/authorize"]
    (event,) = decide(None, too_long)
    assert event == replace(
        refused(too_long, "the payment id has 201 characters; use at most 200"),
        payment_id="p" * 201,
    )


@pytest.mark.parametrize("command", [CAPTURE, VOID, REFUND, paid("authorize")], ids=repr)
def test_nothing_can_be_done_with_a_payment_that_is_not_there(command: PaymentCommand) -> None:
    refusal = refused(command, "there is no such payment; authorize it first")

    assert PAYMENT.given().when(command).then(refusal).state is None


@pytest.mark.parametrize("command", [AUTHORIZE, CAPTURE, VOID, REFUND, paid("capture/1")], ids=repr)
def test_nobody_touches_the_payment_of_another_order(command: PaymentCommand) -> None:
    foreign = replace(command, order_id="ari:1")
    reason = f"the payment is of order {ORDER_ID}"

    assert decide(folded(TAKING), foreign) == (replace(refused(foreign, reason), order_id="ari:1"),)


# Capture.


def test_what_is_authorized_can_be_captured() -> None:
    PAYMENT.given(*HELD).when(CAPTURE).then(capture_requested())


def test_a_part_can_be_captured_and_then_the_rest_and_no_more() -> None:
    part, rest = replace(CAPTURE, amount=600), replace(CAPTURE, amount=400)
    too_much = replace(CAPTURE, amount=401)

    past = PAYMENT.given(*HELD).when(part).then(capture_requested(amount=600))
    past = past.when(paid("capture/1", 600)).then(replace(COMPLETED, amount=600))
    past.when(too_much).then(
        refused(too_much, "only 400 minor units are still authorized; capture at most that")
    )
    past.when(rest).then(capture_requested("capture/2", 400))


def test_a_capture_is_asked_once_while_it_is_unanswered_and_when_it_is_done() -> None:
    PAYMENT.given(*TAKING).when(CAPTURE).then()
    PAYMENT.given(*TAKEN).when(CAPTURE).then()


def test_one_capture_is_open_at_a_time() -> None:
    other = replace(CAPTURE, amount=1)

    PAYMENT.given(*TAKING).when(other).then(
        refused(other, "another capture is unanswered; wait for its answer")
    )


def test_another_attempt_after_a_refused_capture_has_another_key() -> None:
    past = PAYMENT.given(*TAKING, capture_failed()).when(CAPTURE)

    past.then(capture_requested("capture/2"))


NOT_YET = "nothing is authorized; wait for the authorization"
VOIDED = "the payment is voided, or is about to be; it can take nothing any more"


@pytest.mark.parametrize(
    ("past", "reason"),
    [
        ("requested", NOT_YET),
        ("declined", NOT_YET),
        ("requested, void wanted", VOIDED),
        ("declined, voided", VOIDED),
        ("void asked", VOIDED),
        ("voided", VOIDED),
        ("expired", "only 0 minor units are still authorized; capture at most that"),
    ],
)
@pytest.mark.parametrize("amount", [1000, 1])
def test_what_is_not_authorized_cannot_be_captured(past: str, reason: str, amount: int) -> None:
    command = replace(CAPTURE, amount=amount)

    PAYMENT.given(*PASTS[past]).when(command).then(refused(command, reason))


@pytest.mark.parametrize("past", ["requested", "declined", "voided"])
def test_nothing_at_all_is_no_reason_to_capture_what_is_not_authorized(past: str) -> None:
    command = replace(CAPTURE, amount=0)

    (event,) = PAYMENT.given(*PASTS[past]).when(command).events
    assert isinstance(event, PaymentCommandRefused)


def test_an_order_that_costs_nothing_is_authorized_and_captured_like_any_other() -> None:
    free, take = replace(AUTHORIZE, amount=0), replace(CAPTURE, amount=0)

    past = PAYMENT.given().when(free).then(replace(REQUESTED, amount=0))
    past = past.when(paid("authorize", 0)).then(replace(AUTHORIZED, amount=0))
    past = past.when(take).then(capture_requested(amount=0))
    past = past.when(paid("capture/1", 0)).then(replace(COMPLETED, amount=0))
    nothing = replace(REFUND, amount=0)
    past.when(nothing).then(refund_requested(amount=0))


def test_a_capture_can_be_asked_again_when_a_void_was_refused() -> None:
    PAYMENT.given(*PASTS["void refused"]).when(CAPTURE).then(capture_requested())


# Void.


def test_what_is_authorized_can_be_let_go() -> None:
    PAYMENT.given(*HELD).when(VOID).then(void_requested())


def test_a_void_waits_for_the_authorization_and_then_follows_at_once() -> None:
    past = PAYMENT.given(REQUESTED).when(VOID).then(VOID_WANTED).when(VOID).then()

    past = past.when(paid("authorize")).then(AUTHORIZED, void_requested())
    past.when(VOID).then().when(paid("void/1")).then(voided())


def test_a_void_that_waited_for_a_declined_authorization_is_done_without_a_call() -> None:
    past = PAYMENT.given(REQUESTED, VOID_WANTED).when(no("authorize", "card_declined"))

    state = past.then(DECLINED, NOTHING_VOIDED).state
    assert calls(state) == ()
    assert state is not None
    assert not state.void_wanted


@pytest.mark.parametrize("past", ["declined", "expired"])
def test_where_nothing_is_authorized_a_void_is_done_without_a_call(past: str) -> None:
    PAYMENT.given(*PASTS[past]).when(VOID).then(NOTHING_VOIDED).when(VOID).then()


def test_a_void_of_what_was_captured_has_failed_without_a_call() -> None:
    PAYMENT.given(*TAKEN).when(VOID).then(TOO_LATE).when(VOID).then()


def test_a_void_of_what_is_left_after_a_part_was_captured_is_asked() -> None:
    part = (*HELD, capture_requested(amount=600), replace(COMPLETED, amount=600))

    PAYMENT.given(*part).when(VOID).then(void_requested()).when(paid("void/1", 400)).then(
        voided(amount=400)
    )


@pytest.mark.parametrize("past", ["void asked", "voided", "declined, voided"])
def test_a_void_is_asked_once(past: str) -> None:
    PAYMENT.given(*PASTS[past]).when(VOID).then()


def test_another_attempt_after_a_refused_void_has_another_key() -> None:
    PAYMENT.given(*PASTS["void refused"]).when(VOID).then(void_requested("void/2"))


def test_between_an_unanswered_capture_and_a_void_the_gateway_decides() -> None:
    PAYMENT.given(*TAKING).when(VOID).then(void_requested()).when(VOID).then()


def test_a_void_that_came_too_late_is_not_asked_again_while_the_capture_is_unanswered() -> None:
    late = void_failed(code="already_captured")
    past = PAYMENT.given(*RACING, late).when(VOID).then()

    past.when(no("capture/1")).then(capture_failed()).when(VOID).then(void_requested("void/2"))
    past.when(paid("capture/1")).then(COMPLETED).when(VOID).then()


def test_a_void_that_was_refused_for_another_reason_is_asked_again() -> None:
    busy = void_failed(code="busy")

    PAYMENT.given(*RACING, busy).when(VOID).then(void_requested("void/2"))
    PAYMENT.given(*RACING, busy, COMPLETED).when(VOID).then(TOO_LATE)


def test_only_a_void_tells_that_a_void_came_too_late() -> None:
    nothing = capture_requested("capture/2", 0)
    late = capture_failed("capture/2", "already_captured")

    PAYMENT.given(*TAKEN, nothing, late).when(VOID).then(TOO_LATE)
