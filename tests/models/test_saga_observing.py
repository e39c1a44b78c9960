"""Reservations that expire, and orders of the other style, of which a saga only tells."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import pytest

from models.messages import Payload
from models.saga_messages import (
    SagaCompensationStarted,
    SagaStepStarted,
    SagaStuck,
)
from tests.models.saga_facts import (
    AUTHORIZED,
    CAPTURE,
    CONFIRM,
    CONFIRMED,
    EXPIRED,
    ID,
    NOON,
    NOT_REFUNDED,
    REQUESTED,
    SHIPPED,
    VOID,
    VOIDED,
    cancel,
    created,
    lapsed,
    not_deducted,
    not_reserved,
    release,
    released,
    reserve,
    reserved,
    told,
)
from tests.models.saga_silence import waits
from tests.models.saga_story import (
    HELD,
    PIVOT,
    PLACED,
    RESERVED,
    SOLD,
    TAKEN,
    done,
    ended,
    given,
    refused,
    turned,
)

OBSERVED: Final = created(3, saga="choreography")
OUT_OF_STOCK: Final = turned("reject", "out_of_stock")


# Reservations.


def test_a_reservation_that_expires_before_the_confirmation_is_renewed_once() -> None:
    before = given(*HELD, reserved(1), reserved(2))

    renewed = before.when(lapsed(1))
    (event,) = renewed.events
    assert isinstance(event, SagaStepStarted)
    assert (event.step, event.line) == ("reserve", 1)
    renewed.asks(reserve(1))
    renewed.when(lapsed(1)).then().asks()
    renewed.when(lapsed(2)).asks(reserve(2))
    renewed.when(reserved(3), reserved(1)).asks(CONFIRM)

    again = renewed.when(reserved(1), lapsed(1))
    again.then(done("reserve", 1), refused("reserve", "expired", 1), OUT_OF_STOCK)
    again.asks(VOID, release(2), release(3))


def test_a_reservation_that_cannot_be_renewed_rejects_the_order() -> None:
    story = given(*RESERVED, lapsed(2)).when(not_reserved(2))

    story.then(refused("reserve", "sold out", 2), OUT_OF_STOCK)


def test_a_confirmation_that_comes_while_a_reservation_is_renewed_waits_for_it() -> None:
    renewing = given(*RESERVED, lapsed(2)).when(CONFIRMED).then(done("confirm")).asks()

    renewing.when(reserved(2)).asks(CAPTURE)
    renewing.when(not_reserved(2)).asks(VOID, release(1), release(3), cancel("out_of_stock"))


@pytest.mark.parametrize("past", [PIVOT, TAKEN, SOLD, (*HELD, REQUESTED), PLACED, HELD])
def test_a_reservation_that_expires_elsewhere_is_left_to_the_deduction(
    past: tuple[Payload, ...],
) -> None:
    given(*past).when(lapsed(1)).then().asks()


# Observing.


def test_an_observer_calls_a_human_after_as_long_and_asks_nobody() -> None:
    watched = waits(OBSERVED)
    assert watched.deadline == NOON + timedelta(seconds=30 + 60 + 120 + 240 + 480 + 600)

    called = watched.missed()
    about = SagaStuck(order_id=ID, step="authorize", reason="no answer to authorize", silent=True)
    assert (called.events, called.commands) == ((about,), ())
    assert (called.saga.state, called.saga.deadline) == ("stuck", None)

    freed = called.then(AUTHORIZED)
    assert (freed.saga.state, freed.commands) == ("running", ())
    assert freed.saga.deadline is not None


def test_an_observed_order_that_turns_is_waited_for_anew() -> None:
    called = waits(OBSERVED, AUTHORIZED).missed()
    assert called.saga.stuck == "reserve"

    turning = called.then(REQUESTED)

    assert (turning.saga.state, turning.saga.stuck) == ("compensating", None)
    assert turning.missed().saga.stuck == "authorize"


def test_an_observer_does_not_call_twice_nor_for_what_has_ended() -> None:
    halted = (OBSERVED, *TAKEN[1:], not_deducted(1), not_deducted(2), not_deducted(3))
    for past in ((*halted, NOT_REFUNDED), (OBSERVED, *SOLD[1:], SHIPPED)):
        passed = waits(*past).missed()
        assert (passed.events, passed.commands, passed.saga.deadline) == ((), (), None)


def test_an_observer_leaves_a_reservation_that_expires_to_stock() -> None:
    given(OBSERVED, *RESERVED[1:]).when(lapsed(1)).then().asks()


def test_an_observed_order_that_expires_while_it_is_turned_down_has_expired() -> None:
    """Its time was over before the refusal was heard where that is decided."""
    turned_down = given(OBSERVED, AUTHORIZED, not_reserved(1)).when(EXPIRED)
    assert [type(event) for event in turned_down.events] == [SagaCompensationStarted]

    over = turned_down.when(VOIDED, released(2), released(3), told("expired"))
    assert over.events[-1] == ended("expired", "expired")
