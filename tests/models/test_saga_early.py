"""Facts that overtake each other: whatever the order between topics, the saga ends the same.

Numbers of races are those of the domain's list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from models.messages import Payload
from models.order_messages import Style
from models.saga_messages import SagaCompensationStarted, SagaTimedOut
from models.saga_requests import waiting
from models.saga_state import Saga
from models.sagas import finished, react
from tests.models.saga_facts import (
    AUTHORIZED,
    CANCELLED,
    CAPTURED,
    CONFIRM,
    CONFIRMED,
    CREATED,
    DECLINED,
    EXPIRED,
    HOME,
    ID,
    NOON,
    NOT_CAPTURED,
    PAID,
    REFUNDED,
    REJECTED,
    REQUESTED,
    SHIPPED,
    TOTAL,
    VOIDED,
    not_reserved,
    order_refuses,
    payment_refuses,
    released,
    reserved,
    told,
)
from tests.models.saga_histories import ASKED, CANCELLATIONS, DELIVERING, FAILS, GOES_WELL, Topics
from tests.models.saga_story import HELD, PIVOT, SOLD, TAKEN, Journey, each, given, turned

PROPERTY = settings(deadline=None, max_examples=60)


def interleaved(topics: Topics, order: Sequence[int]) -> list[Payload]:
    """The facts of all topics: `order` says of which the next one is."""
    rest = [iter(topic) for topic in topics]
    return [next(rest[topic]) for topic in order]


def orders_of(topics: Topics) -> list[int]:
    return [index for index, topic in enumerate(topics) for _ in topic]


def in_style(style: Style, facts: Sequence[Payload]) -> list[Payload]:
    first = type(CREATED)
    return [
        msgspec.structs.replace(fact, saga=style) if isinstance(fact, first) else fact
        for fact in facts
    ]


def check_all_orders(topics: Topics, style: Style, *, same_events: bool) -> None:
    told_in_turn = settled(in_style(style, interleaved(topics, orders_of(topics))))

    @PROPERTY
    @for_all(st.permutations(orders_of(topics)))
    def check(order: list[int]) -> None:
        story = settled(in_style(style, interleaved(topics, order)))
        assert ending(story) == ending(told_in_turn)
        if same_events:
            assert Counter(story.events) == Counter(told_in_turn.events)

    check()


def settled(facts: Sequence[Payload]) -> Journey:
    """A story that has ended, with nothing that waits, and nothing kept."""
    story = given(*facts)
    assert story.saga is not None
    assert story.saga.state == "completed"
    assert waiting(story.saga) == ()
    assert story.saga.early == ()
    assert story.saga.deadline is None
    return story


def ending(story: Journey) -> tuple[object, ...]:
    saga = story.saga
    assert saga is not None
    return saga.outcome, saga.goal, saga.telling, saga.stuck, finished(saga)


@pytest.mark.parametrize("style", ["orchestration", "choreography"])
@pytest.mark.parametrize("topics", [*GOES_WELL.values(), *FAILS.values()], ids=[*GOES_WELL, *FAILS])
def test_an_order_ends_the_same_with_the_same_events_whatever_overtakes_what(
    topics: Topics, style: Style
) -> None:
    check_all_orders(topics, style, same_events=True)


@pytest.mark.parametrize("topics", CANCELLATIONS.values(), ids=CANCELLATIONS)
def test_a_cancelled_order_ends_the_same_whatever_its_observer_sees_first(topics: Topics) -> None:
    """How far it had come by then is seen differently, and so are the events in between."""
    check_all_orders(topics, "choreography", same_events=False)


@pytest.mark.parametrize("style", ["orchestration", "choreography"])
def test_a_delivered_order_ends_the_same_whatever_overtakes_what(style: Style) -> None:
    check_all_orders(DELIVERING, style, same_events=False)


# Before the saga: race 6.


def expected(*facts: Payload) -> Saga:
    saga = given(*facts).then().asks().saga
    assert saga is not None
    assert saga.state == "expected"
    return saga


def test_race_6_a_reply_that_arrives_before_its_saga_is_kept() -> None:
    early = given(AUTHORIZED, told("confirmed"), *each(reserved))

    story = early.when(CREATED).asks(CONFIRM)

    assert story.events == given().when(*HELD, *each(reserved)).events
    assert story.waits_for == {CONFIRM}


def test_what_came_before_the_order_is_kept_once_however_often_it_comes() -> None:
    saga = expected(AUTHORIZED, reserved(1))

    assert given(AUTHORIZED, reserved(1), AUTHORIZED, reserved(1), reserved(1)).saga == saga
    assert len(saga.early) == 2


def test_an_order_never_follows_its_own_facts_so_that_nothing_waits_for_it() -> None:
    """They lie on one topic: who hears of its end without its beginning hears of an old one."""
    of_others = (order_refuses("RejectOrder", "NONE"), payment_refuses("VoidPayment"), ASKED)
    for fact in (CONFIRMED, REQUESTED, REJECTED, CANCELLED, SHIPPED, PAID, *of_others):
        assert given(fact).saga is None


def test_facts_without_an_order_are_forgotten_after_a_day() -> None:
    saga = expected(AUTHORIZED)
    assert saga.deadline is not None
    assert not finished(saga)

    passed = SagaTimedOut(order_id=ID, deadline=saga.deadline, at=saga.deadline)
    after, events, commands = react(saga, passed, home=HOME, now=saga.deadline)

    assert after is not None
    assert (after.early, after.deadline, events, commands) == ((), None, (), ())
    assert finished(after)


def test_lines_that_the_order_turns_out_not_to_have_are_forgotten() -> None:
    story = given(reserved(5), AUTHORIZED, CREATED)

    assert story.saga is not None
    assert story.saga.early == ()
    assert given(_line_101()).saga is None


def _line_101() -> Payload:
    """Of a line that no order can have."""
    return msgspec.structs.replace(reserved(1), reservation_id=f"{ID}/101")


# What is kept, and what is not.


@pytest.mark.parametrize("late", [NOT_CAPTURED, not_reserved(2), DECLINED, AUTHORIZED, reserved(1)])
def test_race_9_what_is_late_or_repeated_does_not_pile_up(late: Payload) -> None:
    story = given(*TAKEN)

    assert story.when(late, late).then().asks().saga == story.saga


def test_a_cancellation_waits_behind_a_confirmation_that_waits_itself() -> None:
    early = given(CREATED, CONFIRMED, REQUESTED).when(*each(reserved)).then().asks()

    turning = early.when(AUTHORIZED)

    assert turned("cancel", REQUESTED.reason) in turning.events
    over = turning.when(CAPTURED, REFUNDED, *each(released), CANCELLED, told("cancelled"))
    assert over.saga is not None
    assert finished(over.saga)


def test_a_confirmation_that_can_never_fit_lets_the_cancellation_behind_it_pass() -> None:
    """Too little was authorized, and somebody has confirmed the order by hand."""
    less = msgspec.structs.replace(AUTHORIZED, amount=TOTAL - 1)

    turning = given(CREATED, CONFIRMED, REQUESTED).when(less)

    assert turned("cancel", REQUESTED.reason) in turning.events


def test_a_refund_that_somebody_else_made_is_no_return_of_the_saga() -> None:
    kindness = msgspec.structs.replace(REFUNDED, refund_id="a kindness", amount=1)
    story = given(*SOLD)

    assert story.when(kindness).then().asks().saga == story.saga
    assert given(*PIVOT).when(payment_refuses("VoidPayment")).saga == given(*PIVOT).saga


def test_an_observer_of_an_order_that_expires_hears_of_it_first() -> None:
    observed = Journey().when(*in_style("choreography", [CREATED]), EXPIRED)
    observed.then(*observed.events[:2], turned_at_noon())

    over = observed.when(VOIDED, told("expired"))

    assert over.saga is not None
    assert over.saga.outcome == "expired"
    assert finished(over.saga)


def turned_at_noon() -> SagaCompensationStarted:
    return msgspec.structs.replace(turned("expire", "expired"), at=NOON)
