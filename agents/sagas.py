"""Sagas: listens to orders, payments, stock and notifications, and asks for the next step.

The clock and operators come in by `sagas.commands`. An order in the other style is only told of.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final, get_args

from agents import timing
from agents.deciding import REUSED
from agents.publishing import at_home, follow, publish, reading
from models.messages import Message, Payload
from models.notification_messages import NotificationCommand, NotificationEvent
from models.order_ids import user_of
from models.order_messages import OrderCommand, OrderEvent
from models.payment_messages import PaymentCommand, PaymentEvent
from models.saga_deadlines import DEFAULT, Patience
from models.saga_fold import evolve
from models.saga_messages import SagaCommand, SagaCommandRefused, SagaEvent, SagaTimedOut
from models.saga_operators import Intervention
from models.saga_state import Saga
from models.sagas import finished, react
from models.stock_messages import StockCommand, StockEvent
from streams import topics
from streams.addressing import check_address
from streams.application import Orderflow
from streams.topics import Topic
from streams.unit import Unit
from streams.units import units
from tables import sagas as table
from tables.inbox import NEW, Verdict, receive

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


def handle(unit: Unit[Message], message: Message, patience: Patience = DEFAULT) -> None:
    """Let the order's saga react to a fact, to a deadline that has passed, or to an operator.

    A fact that no agent of ours wrote is history that was brought here (old events, an import): it
    may be read, but nobody is charged for it again.
    """
    data = message.data
    order_id: str | None = getattr(data, "order_id", None)
    if order_id is None:
        return
    if unit.foreign and isinstance(data, SagaCommand):
        check_address(unit, message, order_id, user_of(order_id))
    elif unit.foreign or not at_home(message, order_id):
        return
    receipt = receive(unit, message) if isinstance(data, Intervention) else NEW
    if receipt.verdict is Verdict.REPEAT:
        return
    before = table.load(unit, order_id)
    if receipt.verdict is Verdict.CONFLICT:
        refused = SagaCommandRefused(order_id=order_id, command=message.type, reason=REUSED)
        _report(unit, message, before, (refused,), receipt.body)
        table.store(unit, before, evolve(before, refused))
        return
    saga, events, commands = react(
        before, data, home=message.partitionkey, now=unit.time, patience=patience
    )
    _report(unit, message, before, events)
    for index, command in enumerate(commands, len(events)):
        send(unit, message, command, index)
    table.store(unit, before, saga)
    timing.replace(
        unit,
        message,
        _timeout(before),
        _timeout(saga),
        topic=topics.saga_commands,
        subject=order_id,
        name=order_id,
    )


def _report(
    unit: Unit[Message],
    cause: Message,
    before: Saga | None,
    events: tuple[SagaEvent, ...],
    body: int = 0,
) -> None:
    version = before.version if before else 0
    for index, event in enumerate(events):
        unknown = version == 0 and isinstance(event, SagaCommandRefused)
        said = follow(
            unit,
            cause,
            event,
            source=SOURCE,
            subject=event.order_id,
            index=body + index,
            sequence=None if unknown else version + index + 1,
        )
        publish(unit, topics.sagas, said)


def _timeout(saga: Saga | None) -> SagaTimedOut | None:
    if saga is None or saga.deadline is None or finished(saga):
        return None
    return SagaTimedOut(order_id=saga.order_id, deadline=saga.deadline, at=saga.deadline)


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
    app.fire_timers(table.NAME)
    patient = partial(handle, patience=DEFAULT.times(app.settings.patience))
    decode = reading(OrderEvent, PaymentEvent, StockEvent, NotificationEvent, SagaCommand)
    facts = app.source(
        topics.orders,
        topics.payments,
        topics.saga_replies,
        topics.notifications,
        topics.saga_commands,
    )

    @app.agent(facts, name="sagas")
    async def sagas(stream: Any) -> None:
        """Walks orders through the checkout, and undoes what fails."""
        async for unit in units(stream, saga_table, decode):
            unit.each(patient)
