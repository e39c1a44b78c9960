"""Journeys: the same whatever the interleaving of the topics, and however often an event comes."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from models.messages import Message, Payload
from models.projections import Journey, is_news, project
from tests.models.test_order_projection import journey
from tests.tables.journeys import happy
from tests.tables.order_events import NOTICES, ORDER_EVENTS
from tests.tables.payment_events import PAYMENT_EVENTS
from tests.tables.saga_events import SAGA_EVENTS
from tests.tables.stock_events import received
from tests.tables.told import message, told

PROPERTY = settings(deadline=None)  # the machine is shared: time is not what is tested
STREAMS: dict[str, tuple[Payload, ...]] = {
    "/orders": ORDER_EVENTS,
    "/payments": PAYMENT_EVENTS,
    "/sagas": SAGA_EVENTS,
    "/notifications": NOTICES,
}


@st.composite
def streams(draw: st.DrawFn) -> list[list[Message]]:
    """What each topic holds of one order: any events in any order, numbered, at any times."""
    found = []
    for source, events in STREAMS.items():
        chosen = draw(st.lists(st.sampled_from(events), max_size=8))
        times = draw(st.lists(st.integers(0, 100), min_size=len(chosen), max_size=len(chosen)))
        found.append(
            [
                message(data, number, source=source, seconds=seconds)
                for number, (data, seconds) in enumerate(zip(chosen, times, strict=True), 1)
            ]
        )
    return found


def mixed(topics: list[list[Message]], random: Random) -> list[Message]:
    """One interleaving of what the topics hold, each in its own order."""
    left = [list(topic) for topic in topics if topic]
    found = []
    while left:
        topic = random.choice(left)
        found.append(topic.pop(0))
        left = [each for each in left if each]
    return found


@st.composite
def interleavings(draw: st.DrawFn) -> list[Message]:
    """One interleaving of what the topics hold of one order."""
    return mixed(draw(streams()), draw(st.randoms(use_true_random=False)))


@PROPERTY
@given(streams(), st.randoms(use_true_random=False), st.randoms(use_true_random=False))
def test_any_interleaving_of_the_topics_gives_the_same_views(
    topics: list[list[Message]], one: Random, other: Random
) -> None:
    assert journey(mixed(topics, one)) == journey(mixed(topics, other))


@PROPERTY
@given(interleavings())
def test_projecting_an_event_twice_is_projecting_it_once(messages: list[Message]) -> None:
    twice: Iterator[Message] = (each for one in messages for each in (one, one))

    assert journey(twice) == journey(messages)


@PROPERTY
@given(interleavings(), st.data())
def test_projecting_a_history_again_changes_nothing(
    messages: list[Message], data: st.DataObject
) -> None:
    found = journey(messages)
    again = data.draw(st.lists(st.sampled_from(messages))) if messages else []

    assert not any(is_news(found, each) for each in again)
    assert all(project(found, each) is found for each in again)


def test_every_topic_of_a_journey_has_its_own_count() -> None:
    found = journey(each for told in happy().values() for each in told)
    assert found.order is not None
    assert found.payment is not None
    assert found.saga is not None

    assert (found.order.version, found.order.notices_version) == (5, 2)
    assert (found.payment.version, found.saga.version) == (4, 16)


def test_another_event_with_a_number_that_was_taken_changes_nothing() -> None:
    """The first one wins; that there are two is for an auditor to say."""
    found = journey(told("/orders", ORDER_EVENTS[:2]))

    assert project(found, message(ORDER_EVENTS[5], 2, identity="forged")) is found


def test_a_message_of_no_journey_changes_nothing() -> None:
    begun = Journey()

    assert project(begun, message(received(1), 1, source="/stock")) is begun
