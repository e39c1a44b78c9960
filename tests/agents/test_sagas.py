"""The sagas agent: facts from four topics in, commands to four topics out, each to its home."""

from __future__ import annotations

import msgspec
import pytest

from agents.publishing import reading
from agents.sagas import handle
from models.notification_messages import NotificationEvent, NotificationSent
from models.order_messages import (
    OrderCancellationRequested,
    OrderCancelled,
    OrderCreated,
    OrderEvent,
    OrderLine,
)
from models.payment_messages import PaymentAuthorized, PaymentEvent, PaymentVoided
from models.saga_messages import (
    RetrySagaStep,
    SagaCommand,
    SagaCommandRefused,
    SkipSagaStep,
)
from models.stock_messages import ReserveStock, StockEvent, StockReceived
from tests.agents.stage import Stage, kinds, message, messages

ORDER = "mina:1"
CREATED = OrderCreated(
    order_id=ORDER,
    user_id="mina",
    lines=(
        OrderLine(sku="KB-1", quantity=1, unit_price=4950),
        OrderLine(sku="MS-2", quantity=3, unit_price=1250),
    ),
    total=8700,
    currency="USD",
    currency_source="given",
    method="card",
)
PAYMENT = {"payment_id": f"{ORDER}/payment", "order_id": ORDER, "key": "k"}
AUTHORIZED = PaymentAuthorized(**PAYMENT, amount=8700, currency="USD")  # type: ignore[arg-type]


@pytest.fixture
def stage() -> Stage:
    """The agent, on mina's partition."""
    decode = reading(OrderEvent, PaymentEvent, StockEvent, NotificationEvent, SagaCommand)
    return Stage(handle, decode, "mina")


def test_an_order_starts_a_saga_which_asks_for_the_money(stage: Stage) -> None:
    outputs = stage.say(message(CREATED, subject=ORDER, home="mina"), foreign=False)

    assert kinds(outputs) == [
        ("sagas", "SagaStarted"),
        ("sagas", "SagaStepStarted"),
        ("payments.commands", "AuthorizePayment"),
    ]
    assert [each.sequence for each in messages(outputs, "sagas")] == [1, 2]
    (command,) = messages(outputs, "payments.commands")
    assert (command.subject, command.partitionkey) == (f"{ORDER}/payment", "mina")


def test_stock_is_asked_for_at_the_home_of_each_sku_and_answers_to_the_order(stage: Stage) -> None:
    stage.say(message(CREATED, subject=ORDER, home="mina"), foreign=False)
    outputs = stage.say(message(AUTHORIZED, subject=ORDER, home="mina"), foreign=False)

    commands = messages(outputs, "stock.commands")
    assert [(each.subject, each.partitionkey) for each in commands] == [
        ("KB-1", "KB-1"),
        ("MS-2", "MS-2"),
    ]
    for each in commands:
        assert isinstance(each.data, ReserveStock)
        assert each.data.reply_to == "mina"
        assert each.data.expires_at > each.time


def test_every_message_of_a_decision_has_an_id_of_its_own(stage: Stage) -> None:
    first = stage.say(message(CREATED, subject=ORDER, home="mina"), foreign=False)
    second = stage.say(message(AUTHORIZED, subject=ORDER, home="mina"), foreign=False)

    topics = {output.topic for output in (*first, *second)}
    ids = [each.id for topic in topics for each in messages([*first, *second], topic)]
    assert len(ids) == len(set(ids)) == 7


def test_a_saga_leaves_the_table_when_nothing_can_come_any_more(stage: Stage) -> None:
    for data in (
        CREATED,
        OrderCancellationRequested(order_id=ORDER, reason="too slow"),
        PaymentVoided(payment_id=f"{ORDER}/payment", order_id=ORDER, amount=0, currency="USD"),
        OrderCancelled(order_id=ORDER, reason="too slow"),
    ):
        stage.say(message(data, subject=ORDER, home="mina"), foreign=False)
        assert [key for key in stage.store.data if key.startswith(b"s/")]

    told = NotificationSent(order_id=ORDER, kind="cancelled", version=1)
    outputs = stage.say(message(told, subject=ORDER, home="mina"), foreign=False)

    assert kinds(outputs) == [("sagas", "SagaStepSucceeded"), ("sagas", "SagaCompleted")]
    assert not [key for key in stage.store.data if key.startswith(b"s/")]


def test_events_that_belong_to_no_order_are_passed_over(stage: Stage) -> None:
    received = message(StockReceived(sku="KB-1", quantity=5), subject="KB-1", home="mina")

    assert stage.say(received, foreign=False) == []


def test_history_that_was_brought_from_elsewhere_charges_nobody(stage: Stage) -> None:
    assert stage.say(message(CREATED, subject=ORDER, home="mina"), foreign=True) == []
    assert stage.store.data == {}


# Operators.


def test_an_operators_command_that_comes_twice_counts_once(stage: Stage) -> None:
    stage.say(message(CREATED, subject=ORDER, home="mina"), foreign=False)
    said = RetrySagaStep(order_id=ORDER, step="authorize", by="olga", reason="impatient")
    command = message(said, subject=ORDER, home="mina", id="k-1")

    first = stage.say(command)
    assert kinds(first) == [
        ("sagas", "SagaIntervened"),
        ("payments.commands", "AuthorizePayment"),
    ]
    assert stage.say(command) == []

    other = msgspec.structs.replace(command, data=msgspec.structs.replace(said, by="otto"))
    (refused,) = messages(stage.say(other), "sagas")
    assert isinstance(refused.data, SagaCommandRefused)
    assert refused.data.reason.startswith("its id was used before with another body")
    (event,) = messages(first, "sagas")
    assert (event.sequence, refused.sequence) == (3, 4)
    assert stage.say(other) == []


def test_of_an_order_without_a_saga_an_operator_is_told_so(stage: Stage) -> None:
    said = SkipSagaStep(order_id="mina:2", step="capture", by="olga", reason="why not")
    (refused,) = messages(stage.say(message(said, subject="mina:2", home="mina")), "sagas")

    assert isinstance(refused.data, SagaCommandRefused)
    assert refused.sequence is None


def test_a_fact_of_an_order_that_lives_elsewhere_starts_nothing(stage: Stage) -> None:
    """Somebody has asked payments for something in the name of another customer's order."""
    fact = msgspec.structs.replace(AUTHORIZED, order_id="ada:1", payment_id="ada:1/payment")

    assert stage.say(message(fact, subject="ada:1", home="mina"), foreign=False) == []
    assert stage.store.data == {}
