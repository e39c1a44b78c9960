"""The orders agent: a command from the topic to an event on the topic, once."""

from __future__ import annotations

import msgspec
import pytest

from agents.orders import ORDERS
from agents.publishing import reading
from models.messages import Message
from models.order_messages import (
    CancelOrder,
    CreateOrder,
    OrderCommand,
    OrderCommandRefused,
    OrderCreated,
    OrderLine,
    OrderPaid,
)
from tables.inbox import MOST_BODIES
from tests.agents.stage import NOON, Stage, kinds, message, messages

ORDER = "mina:1"


def created(order_id: str = ORDER, quantity: int = 2, **changes: object) -> Message:
    """A command to place an order."""
    command = CreateOrder(
        order_id=order_id,
        user_id="mina",
        lines=(OrderLine(sku="KB-1", quantity=quantity, unit_price=4950),),
        currency="USD",
        method="card",
    )
    return message(command, subject=order_id, home="mina", **changes)


def cancelled(**changes: object) -> Message:
    """A command to cancel it."""
    command = CancelOrder(order_id=ORDER, reason="too slow")
    return message(command, subject=ORDER, home="mina", **changes)


@pytest.fixture
def stage() -> Stage:
    """The agent, on mina's partition."""
    return Stage(ORDERS.handle, reading(OrderCommand), "mina")


def test_a_command_becomes_an_event_with_its_place_in_the_history(stage: Stage) -> None:
    command = created(correlationid=ORDER)

    (event,) = messages(stage.say(command), "orders")

    assert isinstance(event.data, OrderCreated)
    assert event.data.total == 9900
    assert (event.source, event.subject, event.sequence) == ("/orders", ORDER, 1)
    assert (event.causationid, event.correlationid) == (command.id, ORDER)
    assert (event.partitionkey, event.time) == ("mina", NOON)


def test_the_versions_of_an_order_have_no_gap_and_refusals_count(stage: Stage) -> None:
    outputs = [
        *stage.say(created()),
        *stage.say(cancelled(), message(cancelled().data, subject=ORDER, home="mina", id="x")),
    ]
    refused = stage.say(created(quantity=3, id="other"))

    assert [each.sequence for each in messages([*outputs, *refused], "orders")] == [1, 2, 3]
    assert kinds(refused) == [("orders", "OrderCommandRefused")]


def test_the_same_command_again_changes_nothing(stage: Stage) -> None:
    stage.say(created())

    assert stage.say(created()) == []
    assert stage.say(created(), created()) == []


def test_another_body_under_the_same_id_is_refused_and_the_first_one_stands(stage: Stage) -> None:
    stage.say(created())

    (event,) = messages(stage.say(created(quantity=9)), "orders")

    assert isinstance(event.data, OrderCommandRefused)
    assert "used before with another body" in event.data.reason
    assert event.sequence == 2
    assert stage.say(created()) == []


def test_each_body_under_an_id_that_was_used_is_refused_once_by_a_message_of_its_own(
    stage: Stage,
) -> None:
    stage.say(created())

    refusals = messages(stage.say(*[created(quantity=n) for n in (3, 4, 3, 5)]), "orders")

    assert len({each.id for each in refusals}) == len(refusals) == 3


def test_whoever_sends_ever_other_bodies_is_not_answered_for_ever(stage: Stage) -> None:
    stage.say(created(quantity=1))

    refusals = stage.say(*[created(quantity=2 + n) for n in range(MOST_BODIES + 50)])

    assert len(refusals) == MOST_BODIES - 1


def test_what_our_own_agents_send_needs_no_inbox(stage: Stage) -> None:
    stage.say(created())

    stage.say(cancelled(), foreign=False)

    assert len([key for key in stage.store.data if key.startswith(b"i/")]) == 1


def test_a_refusal_for_an_order_that_does_not_exist_makes_none(stage: Stage) -> None:
    (event,) = messages(stage.say(cancelled()), "orders")

    assert isinstance(event.data, OrderCommandRefused)
    assert event.data.state == "NONE"
    assert event.sequence is None
    assert not [key for key in stage.store.data if key.startswith(b"o/")]


def test_a_command_in_the_wrong_partition_is_a_dead_letter(stage: Stage) -> None:
    elsewhere = Stage(ORDERS.handle, reading(OrderCommand), "somebody in another partition")
    assert elsewhere.partition != stage.partition

    assert kinds(elsewhere.say(created())) == [("in.dlq", "$.partitionkey")]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"subject": "mina:2"}, "$.subject"),
        ({"partitionkey": "sol"}, "$.partitionkey"),
    ],
)
def test_a_command_that_is_not_about_what_it_says_is_a_dead_letter(
    stage: Stage, changes: dict[str, str], field: str
) -> None:
    odd = msgspec.structs.replace(created(), **changes)

    assert kinds(stage.say(odd, key=b"mina")) == [("in.dlq", field)]


def test_a_record_under_another_key_than_its_partition_key_is_a_dead_letter(stage: Stage) -> None:
    assert kinds(stage.say(created(), key=b"sol")) == [("in.dlq", "$.partitionkey")]


def test_an_event_among_the_commands_is_a_dead_letter(stage: Stage) -> None:
    event = message(OrderPaid(order_id=ORDER, captured=1), subject=ORDER, home="mina")

    assert kinds(stage.say(event)) == [("in.dlq", "$.type")]


def test_deciding_again_after_a_crash_gives_the_same_bytes() -> None:
    first, second = (Stage(ORDERS.handle, reading(OrderCommand), "mina") for _ in range(2))

    assert first.say(created(), cancelled()) == second.say(created(), cancelled())
