"""Race 2, capture against void: whichever answer comes first, the ledger ends the same."""

from __future__ import annotations

from itertools import permutations

import pytest

from models.payment_messages import GatewayAnswered, PaymentEvent
from models.payments import Payment, calls, decide
from tests.models.payment_story import (
    CAPTURED,
    COMPLETED,
    LAPSED,
    NOTHING_VOIDED,
    PAYMENT,
    RACING,
    UNNAMED,
    VOID,
    capture_failed,
    expired,
    folded,
    kept,
    no,
    paid,
    void_failed,
    voided,
)

RACES: list[tuple[GatewayAnswered, GatewayAnswered, tuple[PaymentEvent, ...]]] = [
    (paid("capture/1"), no("void/1", CAPTURED), (COMPLETED, void_failed(code=CAPTURED))),
    (paid("capture/1"), no("void/1"), (COMPLETED, void_failed())),
    (no("capture/1"), paid("void/1"), (capture_failed(), voided())),
    (no("capture/1"), no("void/1"), (capture_failed(), void_failed())),
    # An authorization that has expired, and words that an honest gateway does not say.
    (
        paid("capture/1"),
        paid("void/1"),
        (COMPLETED, kept(paid("void/1")), void_failed(code=CAPTURED)),
    ),
    (paid("capture/1"), no("void/1", LAPSED), (COMPLETED, void_failed(code=LAPSED))),
    (
        no("capture/1"),
        no("void/1", LAPSED),
        (capture_failed(), void_failed(code=LAPSED), expired("void/1"), NOTHING_VOIDED),
    ),
    (
        no("capture/1", LAPSED),
        no("void/1", LAPSED),
        (
            capture_failed(code=LAPSED),
            expired("capture/1"),
            void_failed(code=LAPSED),
            NOTHING_VOIDED,
        ),
    ),
    (
        no("capture/1", LAPSED),
        paid("void/1"),
        (capture_failed(code=LAPSED), expired("capture/1"), voided(amount=0)),
    ),
    (
        no("capture/1"),
        no("void/1", "already_voided"),
        (capture_failed(), void_failed(code="already_voided"), UNNAMED),
    ),
]
ALL_RACES = pytest.mark.parametrize(
    ("capture", "void", "events"),
    RACES,
    ids=[f"{row[0].code or 'captured'} and {row[1].code or 'voided'}" for row in RACES],
)


def sums(payment: Payment) -> tuple[int, int, int, int]:
    return payment.captured, payment.voided, payment.expired, payment.still_authorized


@ALL_RACES
def test_the_gateway_decides_between_capture_and_void(
    capture: GatewayAnswered, void: GatewayAnswered, events: tuple[PaymentEvent, ...]
) -> None:
    first = PAYMENT.given(*RACING).when(capture).events

    assert (*first, *decide(folded((*RACING, *first)), void)) == events


@ALL_RACES
def test_between_capture_and_void_the_order_of_the_answers_does_not_matter(
    capture: GatewayAnswered, void: GatewayAnswered, events: tuple[PaymentEvent, ...]
) -> None:
    ledgers = {sums(folded((*RACING, *events)))}
    for answers in permutations((capture, void)):
        past: tuple[PaymentEvent, ...] = RACING
        for answer in answers:
            past = (*past, *decide(folded(past), answer))
        assert [decide(folded(past), answer) for answer in answers] == [(), ()]
        ledgers.add(sums(folded(past)))
        assert calls(folded(past)) == ()

    assert len(ledgers) == 1


@pytest.mark.parametrize("word", [paid("void/1"), no("void/1", LAPSED)], ids=["voided", "lapsed"])
def test_a_void_whose_answer_waits_for_the_captures_is_not_asked_again(
    word: GatewayAnswered,
) -> None:
    past = PAYMENT.given(*RACING).when(word).then(kept(word)).when(word).then()

    past.when(VOID).then()


def test_a_void_is_not_reported_before_the_captures_answer_is_there() -> None:
    word = paid("void/1")
    past = PAYMENT.given(*RACING).when(word).then(kept(word)).when(word).then().when(VOID).then()

    past.when(no("capture/1")).then(capture_failed(), voided())
    past.when(paid("capture/1")).then(COMPLETED, void_failed(code=CAPTURED))
