"""Refunds: one for each refund id, never more than was captured, never the same money twice."""

from __future__ import annotations

import msgspec
import pytest

from tests.models.payment_story import (
    CAPTURE,
    GIVING,
    ID,
    PASTS,
    PAYMENT,
    REFUND,
    TAKEN,
    TAKING,
    capture_failed,
    kept,
    no,
    paid,
    refund_failed,
    refund_requested,
    refunded,
    refused,
)

replace = msgspec.structs.replace


def test_what_was_captured_can_be_given_back() -> None:
    PAYMENT.given(*TAKEN).when(REFUND).then(refund_requested())


@pytest.mark.parametrize("past", ["refund asked", "refunded", "refund refused"])
def test_a_refund_is_asked_once_for_its_id(past: str) -> None:
    PAYMENT.given(*PASTS[past]).when(REFUND).then()


@pytest.mark.parametrize(
    "past",
    ["refund asked", "refunded", "refund refused", "refund refused, may be tried again"],
)
def test_another_amount_under_the_same_refund_id_is_refused(past: str) -> None:
    less = replace(REFUND, amount=1)
    reason = "1000 were asked for under this refund id; use a new one"

    PAYMENT.given(*PASTS[past]).when(less).then(refused(less, reason))


def test_a_refund_that_may_be_tried_again_gets_another_key_each_time() -> None:
    again = refund_failed(retryable=True)
    second = "refund/return/2"

    past = PAYMENT.given(*GIVING, again).when(REFUND).then(refund_requested(second))
    past = past.when(REFUND).then()
    past = past.when(no(second, retryable=True)).then(refund_failed(second, retryable=True))
    past.when(REFUND).then(refund_requested("refund/return/3"))


def test_refunds_that_are_unanswered_count_as_given_back() -> None:
    part, rest = replace(REFUND, amount=600), replace(REFUND, refund_id="rest", amount=401)
    past = PAYMENT.given(*TAKEN).when(part).then(refund_requested(amount=600))

    reason = "only 400 minor units are left to give back; refund at most that"
    past.when(rest).then(refused(rest, reason))
    past.when(paid("refund/return", 600)).then(refunded(amount=600)).when(rest).then(
        refused(rest, reason)
    )
    past.when(replace(rest, amount=400)).then(refund_requested("refund/rest", 400, "rest"))


@pytest.mark.parametrize("past", ["requested", "authorized", "capture asked", "capture refused"])
@pytest.mark.parametrize("amount", [1000, 0])
def test_what_was_not_captured_cannot_be_given_back(past: str, amount: int) -> None:
    command = replace(REFUND, amount=amount)
    reason = "nothing is captured; void it, or wait for the capture's answer"

    PAYMENT.given(*PASTS[past]).when(command).then(refused(command, reason))


def test_a_refund_id_that_looks_like_another_attempt_has_a_key_of_its_own() -> None:
    small = replace(REFUND, amount=1)
    odd = replace(small, refund_id="return/2")
    asked = (
        *TAKEN,
        refund_requested(amount=1),
        refund_failed(retryable=True),
        refund_requested("refund/return/2", 1),
    )

    PAYMENT.given(*asked).when(odd).then(refund_requested("refund/return/2/2", 1, "return/2"))


def test_the_key_of_a_refund_does_not_repeat_the_payment_id() -> None:
    """The saga's refund id begins with it, and a key has 255 characters at most."""
    saga = replace(REFUND, refund_id=f"{ID}/return")

    PAYMENT.given(*TAKEN).when(saga).then(refund_requested(refund_id=f"{ID}/return"))


def test_a_refund_id_that_makes_its_key_too_long_is_refused() -> None:
    longest = "r" * (255 - len(f"{ID}/refund/"))
    fits, too_long = replace(REFUND, refund_id=longest), replace(REFUND, refund_id=longest + "r")

    (event,) = PAYMENT.given(*TAKEN).when(fits).events
    assert event == refund_requested(f"refund/{longest}", refund_id=longest)
    PAYMENT.given(*TAKEN).when(too_long).then(
        refused(too_long, "its key would have 256 characters; use a shorter refund id")
    )


# Where the gateway contradicts itself, money is not moved twice.


def test_after_a_disputed_capture_no_other_is_asked() -> None:
    late = kept(paid("capture/1"))

    PAYMENT.given(*TAKING, capture_failed(), late).when(CAPTURE).then(
        refused(CAPTURE, "the gateway contradicts itself about a capture; look at its ledger")
    )


def test_a_disputed_refund_is_not_asked_again() -> None:
    late = kept(paid("refund/return"))

    PAYMENT.given(*GIVING, refund_failed(retryable=True), late).when(REFUND).then(
        refused(REFUND, "the gateway contradicts itself about this refund; look at its ledger")
    )
