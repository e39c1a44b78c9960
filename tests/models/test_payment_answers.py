"""Answers of the gateway: what each means, late ones, repeated ones, and ones that contradict."""

from __future__ import annotations

import msgspec
import pytest

from models.payment_messages import GatewayAnswered, PaymentEvent
from models.payments import calls
from tests.models.payment_story import (
    AUTHORIZED,
    CAPTURED,
    COMPLETED,
    DECLINED,
    GIVING,
    HELD,
    ID,
    LAPSED,
    NOTHING_VOIDED,
    PAYMENT,
    RACING,
    REFUND,
    REQUESTED,
    TAKEN,
    TAKING,
    TOO_LATE,
    UNNAMED,
    UNTIL,
    VOID,
    capture_failed,
    capture_requested,
    expired,
    folded,
    kept,
    no,
    paid,
    refund_failed,
    refund_requested,
    refunded,
    refused,
    void_failed,
    void_requested,
    voided,
)

replace = msgspec.structs.replace

VOIDING = (*HELD, void_requested())


ROWS: list[tuple[tuple[PaymentEvent, ...], GatewayAnswered, tuple[PaymentEvent, ...]]] = [
    ((REQUESTED,), paid("authorize"), (AUTHORIZED,)),
    ((REQUESTED,), no("authorize", "card_declined"), (DECLINED,)),
    (TAKING, paid("capture/1"), (COMPLETED,)),
    (TAKING, no("capture/1"), (capture_failed(),)),
    (TAKING, no("capture/1", LAPSED), (capture_failed(code=LAPSED), expired("capture/1"))),
    (VOIDING, paid("void/1"), (voided(),)),
    (VOIDING, no("void/1"), (void_failed(),)),
    (VOIDING, no("void/1", CAPTURED), (void_failed(code=CAPTURED),)),
    (
        VOIDING,
        no("void/1", LAPSED),
        (void_failed(code=LAPSED), expired("void/1"), NOTHING_VOIDED),
    ),
    (VOIDING, no("void/1", "already_voided"), (void_failed(code="already_voided"), UNNAMED)),
    (RACING, no("void/1"), (void_failed(),)),
    (RACING, no("void/1", CAPTURED), (void_failed(code=CAPTURED),)),
    (GIVING, paid("refund/return"), (refunded(),)),
    (GIVING, no("refund/return"), (refund_failed(),)),
    (GIVING, no("refund/return", retryable=True), (refund_failed(retryable=True),)),
]
ALL_ROWS = pytest.mark.parametrize(
    ("past", "answer", "events"),
    ROWS,
    ids=[f"{number}: {row[1].operation} {row[1].code}" for number, row in enumerate(ROWS)],
)


@ALL_ROWS
def test_an_answer_closes_its_call(
    past: tuple[PaymentEvent, ...], answer: GatewayAnswered, events: tuple[PaymentEvent, ...]
) -> None:
    after = PAYMENT.given(*past).when(answer).then(*events).state

    assert answer.key not in {call.key for call in calls(after)}


@ALL_ROWS
def test_an_answer_that_comes_again_changes_nothing(
    past: tuple[PaymentEvent, ...], answer: GatewayAnswered, events: tuple[PaymentEvent, ...]
) -> None:
    PAYMENT.given(*past, *events).when(answer).then()


@ALL_ROWS
def test_an_answer_that_says_otherwise_is_kept_once_and_moves_nothing(
    past: tuple[PaymentEvent, ...], answer: GatewayAnswered, events: tuple[PaymentEvent, ...]
) -> None:
    other = replace(answer, outcome="refused", amount=0, code="no")
    if answer.outcome == "refused":
        other = replace(answer, outcome="succeeded", amount=1000, code=None)
    before = folded((*past, *events))

    after = PAYMENT.given(*past, *events).when(other).then(kept(other))
    after.when(other).then()
    after.when(answer).then()
    assert [f"{ID}/{entry.name}" for entry in folded(after.events).disputed] == [answer.key]
    assert before.disputed == ()
    for amount in ("authorized", "captured", "refunded", "voided", "expired"):
        assert getattr(folded(after.events), amount) == getattr(before, amount)


def test_what_the_gateway_says_of_an_authorization_is_told() -> None:
    answer = replace(paid("authorize"), reference="ref-1", expires_at=UNTIL)

    PAYMENT.given(REQUESTED).when(answer).then(
        replace(AUTHORIZED, reference="ref-1", expires_at=UNTIL)
    )


def test_a_refusal_without_a_code_still_has_one() -> None:
    PAYMENT.given(*TAKING).when(no("capture/1", None)).then(capture_failed(code="refused"))
    PAYMENT.given(*VOIDING).when(no("void/1", None)).then(void_failed(code="refused"))


def test_where_nothing_is_left_nothing_lapses() -> None:
    nothing = (replace(REQUESTED, amount=0), replace(AUTHORIZED, amount=0))

    PAYMENT.given(*nothing, capture_requested(amount=0)).when(no("capture/1", LAPSED)).then(
        capture_failed(code=LAPSED)
    )


def test_less_than_was_asked_is_what_counts() -> None:
    PAYMENT.given(*TAKING).when(paid("capture/1", 600)).then(replace(COMPLETED, amount=600))


@pytest.mark.parametrize(
    ("past", "name", "event"),
    [
        ((REQUESTED,), "authorize", AUTHORIZED),
        (TAKING, "capture/1", COMPLETED),
        (GIVING, "refund/return", refunded()),
    ],
)
def test_more_than_was_asked_counts_as_what_was_asked_and_is_kept(
    past: tuple[PaymentEvent, ...], name: str, event: PaymentEvent
) -> None:
    answer = paid(name, 1001)

    after = PAYMENT.given(*past).when(answer).then(event, kept(answer)).when(answer).then()
    assert [entry.name for entry in folded(after.events).disputed] == [name]


def test_an_answer_to_nothing_that_was_asked_changes_nothing() -> None:
    PAYMENT.given(*HELD).when(paid("capture/1")).then()
    PAYMENT.given(*TAKING).when(replace(paid("capture/1"), key="capture/1")).then()


def test_an_answer_about_another_operation_is_refused() -> None:
    answer = replace(paid("capture/1"), operation="refund")

    PAYMENT.given(*TAKING).when(answer).then(
        refused(answer, "under this key a capture was asked, not a refund")
    )


# Races 8 and 9, late words.


def test_money_that_is_captured_after_all_can_be_given_back() -> None:
    past = PAYMENT.given(*RACING).when(paid("void/1")).then(kept(paid("void/1")))

    past = past.when(paid("capture/1")).then(COMPLETED, void_failed(code=CAPTURED))
    past.when(VOID).then().when(REFUND).then(refund_requested())


def test_a_late_failed_after_success_takes_nothing_back() -> None:
    late = no("capture/1")

    after = PAYMENT.given(*TAKEN).when(late).then(kept(late))
    assert folded(after.events).kept == 1000


def test_a_late_paid_after_a_refusal_is_left_to_a_human() -> None:
    late = paid("authorize")

    after = PAYMENT.given(REQUESTED, DECLINED, NOTHING_VOIDED).when(late).then(kept(late))
    assert folded(after.events).still_authorized == 0
    assert [entry.name for entry in folded(after.events).disputed] == ["authorize"]


def test_a_payment_that_was_captured_tells_so_for_ever() -> None:
    PAYMENT.given(*TAKEN, TOO_LATE).when(VOID).then()
    PAYMENT.given(*GIVING, refunded()).when(VOID).then(TOO_LATE)
