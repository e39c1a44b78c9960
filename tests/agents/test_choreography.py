"""Without a coordinator: each agent acts on the facts of the others, once, at home."""

from __future__ import annotations

import msgspec
import pytest

from agents import notifications, orders, payments, stock
from agents.publishing import CODEC, reading
from models.messages import Payload, derive_id
from models.notification_messages import NotificationCommand
from models.order_messages import (
    CreateOrder,
    Customer,
    OrderCancellationRequested,
    OrderCommand,
    OrderConfirmed,
    OrderCreated,
    OrderEvent,
    OrderLine,
    OrderPaid,
    OrderTimedOut,
)
from models.payment_messages import GatewayAnswered, PaymentAuthorized, PaymentCommand, PaymentEvent
from models.stock_messages import StockCommand, StockEvent, StockReserved
from streams.commit import Output
from streams.timers import PREFIX, Alarm
from tests.agents.stage import NOON, Stage, kinds, message, messages

ORDER = "mina:1"
LINES = (
    OrderLine(sku="KB-1", quantity=1, unit_price=4950),
    OrderLine(sku="MS-2", quantity=3, unit_price=1250),
)
PLACED = CreateOrder(
    order_id=ORDER,
    user_id="mina",
    lines=LINES,
    currency="USD",
    method="card",
    saga="choreography",
)
CREATED = OrderCreated(
    order_id=ORDER,
    user_id="mina",
    customer=Customer(name="Mina", email="mina@example.org"),
    lines=LINES,
    total=8700,
    currency="USD",
    currency_source="given",
    method="card",
    saga="choreography",
)
ORCHESTRATED = msgspec.structs.replace(CREATED, saga="orchestration")
PAYMENT = {"payment_id": f"{ORDER}/payment", "order_id": ORDER, "key": "k"}
AUTHORIZED = PaymentAuthorized(**PAYMENT, amount=8700, currency="USD")  # type: ignore[arg-type]


def stage(agent: str) -> Stage:
    """One of the agents, on mina's partition."""
    handles = {
        "orders": (
            orders.handle,
            reading(OrderCommand | OrderTimedOut, OrderEvent, PaymentEvent, StockEvent),
        ),
        "payments": (payments.handle, reading(PaymentCommand, OrderEvent, StockEvent)),
        "stock": (stock.handle, reading(StockCommand, OrderEvent, PaymentEvent, StockEvent)),
        "notifications": (notifications.handle, reading(NotificationCommand, OrderEvent)),
    }
    handle, decode = handles[agent]
    return Stage(handle, decode, "mina")


def hears(agent: Stage, *facts: Payload) -> list[Output]:
    """Facts that agents of ours have written."""
    said = [message(fact, subject=ORDER, home="mina", id=type(fact).__name__) for fact in facts]
    return agent.say(*said, foreign=False)


def reserved(line: int) -> StockReserved:
    return StockReserved(
        sku=LINES[line - 1].sku,
        reservation_id=f"{ORDER}/{line}",
        order_id=ORDER,
        quantity=LINES[line - 1].quantity,
        expires_at=NOON,
    )


def test_payments_asks_the_gateway_as_soon_as_an_order_is_there() -> None:
    agent = stage("payments")
    outputs = hears(agent, CREATED)

    assert kinds(outputs) == [("payments", "PaymentRequested")]
    (requested,) = messages(outputs, "payments")
    assert requested.causationid == "OrderCreated"
    assert requested.id == derive_id("OrderCreated", "/payments:PaymentRequested", 1)
    assert agent.store.get(b"c/" + f"{ORDER}/payment/authorize".encode()) is not None


def test_payments_takes_the_money_of_a_confirmed_order() -> None:
    agent = stage("payments")
    hears(agent, CREATED)
    answer = GatewayAnswered(
        **PAYMENT | {"key": f"{ORDER}/payment/authorize"},  # type: ignore[arg-type]
        operation="authorize",
        outcome="succeeded",
        amount=8700,
    )
    agent.say(message(answer, subject=f"{ORDER}/payment", home="mina"))

    assert kinds(hears(agent, OrderConfirmed(order_id=ORDER))) == [
        ("payments", "PaymentCaptureRequested")
    ]


def test_stock_asks_each_sku_at_its_home_once_the_money_is_there() -> None:
    agent = stage("stock")
    assert hears(agent, AUTHORIZED) == [], "the order is not known yet"
    commands = messages(hears(agent, CREATED), "stock.commands")

    assert [(each.type, each.partitionkey) for each in commands] == [
        ("ReserveStock", "KB-1"),
        ("ReserveStock", "MS-2"),
    ]
    assert len({each.id for each in commands}) == 2
    assert {each.source for each in commands} == {"/stock"}
    assert hears(agent, AUTHORIZED) == [], "nothing is asked twice"


def test_orders_confirms_once_money_and_every_line_are_there() -> None:
    agent = stage("orders")
    agent.say(message(PLACED, subject=ORDER, home="mina"))
    assert kinds(hears(agent, reserved(1), AUTHORIZED)) == []

    assert kinds(hears(agent, reserved(2))) == [("orders", "OrderConfirmed")]


def test_the_clock_ends_an_order_that_nobody_confirms_once_its_payment_is_answered() -> None:
    agent = stage("orders")
    agent.say(message(PLACED, subject=ORDER, home="mina"))
    ((key, value),) = [each for each in agent.store.data.items() if each[0].startswith(PREFIX)]
    alarm = msgspec.msgpack.decode(value, type=Alarm)
    said = CODEC.decode(alarm.value)
    assert (alarm.topic, said.type, said.source) == ("orders.commands", "OrderTimedOut", "/clock")
    assert agent.say(said) == [], "the gateway has not answered"
    assert agent.store.get(key) is None, "the clock is not needed again"

    assert kinds(hears(agent, AUTHORIZED)) == [("orders", "OrderExpired")]


def test_notifications_tells_a_customer_whose_order_is_paid() -> None:
    agent = stage("notifications")
    outputs = hears(agent, CREATED, OrderPaid(order_id=ORDER, captured=8700))

    assert kinds(outputs) == [("notifications", "NotificationRequested")]


@pytest.mark.parametrize("name", ["payments", "stock", "notifications"])
def test_an_order_that_has_a_coordinator_is_left_to_it(name: str) -> None:
    agent = stage(name)
    of_others: dict[str, Payload] = {"payments": reserved(1), "stock": AUTHORIZED}
    facts = (
        of_others.get(name, ORCHESTRATED),
        OrderConfirmed(order_id=ORDER),
        OrderPaid(order_id=ORDER, captured=8700),
    )
    assert hears(agent, ORCHESTRATED, *facts) == []
    assert agent.store.get(f"m/{ORDER}".encode()) is None


@pytest.mark.parametrize("name", ["payments", "stock", "notifications"])
def test_history_that_was_brought_here_moves_nothing(name: str) -> None:
    agent = stage(name)

    assert agent.say(message(CREATED, subject=ORDER, home="mina")) == []


def test_what_is_over_is_forgotten() -> None:
    agent = stage("payments")
    hears(agent, CREATED, OrderCancellationRequested(order_id=ORDER, reason="no"))
    assert agent.store.get(f"m/{ORDER}".encode()) is not None
    answer = GatewayAnswered(
        **PAYMENT | {"key": f"{ORDER}/payment/authorize"},  # type: ignore[arg-type]
        operation="authorize",
        outcome="refused",
        code="card_declined",
    )
    agent.say(message(answer, subject=f"{ORDER}/payment", home="mina"))

    assert agent.store.get(f"m/{ORDER}".encode()) is None
