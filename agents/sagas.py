"""Sagas: listens to orders, payments, stock and notifications, and asks for the next step."""

from __future__ import annotations

from typing import Any, Final, get_args

from agents.publishing import follow, publish, reading
from models.messages import Message, Payload
from models.notification_messages import NotificationCommand, NotificationEvent
from models.order_messages import OrderCommand, OrderEvent
from models.payment_messages import PaymentCommand, PaymentEvent
from models.sagas import react
from models.stock_messages import StockCommand, StockEvent
from streams import topics
from streams.application import Orderflow
from streams.topics import Topic
from streams.unit import Unit
from streams.units import units
from tables import sagas as table

SOURCE: Final = "/sagas"
# Where each command goes, and the field that names its aggregate.
_ADDRESSES: Final[dict[type[Payload], tuple[Topic, str]]] = {
    schema: address
    for family, address in (
        (OrderCommand, (topics.order_commands, "order_id")),
        (PaymentCommand, (topics.payment_commands, "payment_id")),
        (StockCommand, (topics.stock_commands, "sku")),
        (NotificationCommand, (topics.notification_commands, "order_id")),
    )
    for schema in get_args(family)
}


def handle(unit: Unit[Message], message: Message) -> None:
    """Let the order's saga react to a fact.

    What no agent of ours wrote is history that was brought here (old events, an import): it may be
    read, but nobody is charged for it again.
    """
    order_id = getattr(message.data, "order_id", None)
    if order_id is None or unit.foreign:
        return
    before = table.load(unit, order_id)
    saga, events, commands = react(before, message.data, home=message.partitionkey, now=unit.time)
    version = before.version if before else 0
    for index, event in enumerate(events):
        publish(
            unit,
            topics.sagas,
            follow(
                unit,
                message,
                event,
                source=SOURCE,
                subject=order_id,
                index=index,
                sequence=version + index + 1,
            ),
        )
    for index, command in enumerate(commands, len(events)):
        send(unit, message, command, index)
    table.store(unit, before, saga)


def send(unit: Unit[Message], cause: Message, command: Payload, index: int) -> None:
    """Ask another context for something."""
    topic, field = _ADDRESSES[type(command)]
    subject: str = getattr(command, field)
    home = subject if topic is topics.stock_commands else None
    publish(
        unit,
        topic,
        follow(unit, cause, command, source=SOURCE, subject=subject, index=index, home=home),
    )


def register(app: Orderflow) -> None:
    """Declare the table and its agent."""
    saga_table = app.state_table(table.NAME, "How far each checkout is, until it is finished.")
    decode = reading(OrderEvent, PaymentEvent, StockEvent, NotificationEvent)
    facts = app.source(topics.orders, topics.payments, topics.saga_replies, topics.notifications)

    @app.agent(facts, name="sagas")
    async def sagas(stream: Any) -> None:
        """Walks orders through the checkout, and undoes what fails."""
        async for unit in units(stream, saga_table, decode):
            unit.each(handle)
