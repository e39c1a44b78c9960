"""Orders: decides what is asked of an order, and keeps its state.

Of orders that no coordinator drives it decides by the facts of the others, without being asked.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from agents import timing
from agents.deciding import Aggregate
from agents.publishing import reading
from agents.reacting import Policy, decided
from models import order_policy as policy
from models import orders as model
from models.messages import Message
from models.order_ids import user_of
from models.order_messages import OrderCommand, OrderTimedOut
from models.orders import Order
from models.payment_messages import PaymentEvent
from models.stock_messages import StockEvent
from streams import topics
from streams.addressing import check_address
from streams.application import Orderflow
from streams.unit import Unit
from streams.units import units
from tables import orders as table
from tables.memories import Memories

ORDERS = Aggregate[Order](
    source="/orders",
    topic=topics.orders,
    subject=lambda command: command.order_id,
    home=lambda command: user_of(command.order_id),
    load=table.load,
    store=table.store,
    decide=model.decide,
    evolve=model.evolve,
    refuse=model.refuse,
    inbox=True,
)


def remind(
    unit: Unit[Message],
    cause: Message,
    before: policy.Memory | None,
    after: policy.Memory | None,
) -> None:
    """Have the clock say when an order's time is over."""
    order_id = cause.data.order_id  # type: ignore[attr-defined]  # a policy hears of orders only
    timing.replace(
        unit,
        cause,
        _timeout(before),
        _timeout(after),
        topic=topics.order_commands,
        subject=order_id,
        name=order_id,
    )


def _timeout(memory: policy.Memory | None) -> OrderTimedOut | None:
    if memory is None or (due := policy.due(memory)) is None:
        return None
    return OrderTimedOut(order_id=memory.order_id, deadline=due, at=due)


POLICY = Policy[policy.Memory](
    follow=policy.follow,
    wanted=policy.wanted,
    finished=policy.finished,
    memories=Memories(policy.Memory),
    issue=decided(ORDERS),
    remind=remind,
)


def handle(unit: Unit[Message], message: Message, rules: Policy[policy.Memory] = POLICY) -> None:
    """Take a command, what the clock says, or a fact of another context."""
    match message.data:
        case OrderTimedOut() as said:
            check_address(unit, message, said.order_id, user_of(said.order_id))
            rules.after(unit, message, (said,))
        case _ if isinstance(message.data, OrderCommand):
            rules.after(unit, message, ORDERS.handle(unit, message))
        case _:
            rules.react(unit, message)


def register(app: Orderflow) -> None:
    """Declare the table and its agent."""
    order_table = app.state_table(
        table.NAME, "State of each order, and ids of commands from outside."
    )
    app.fire_timers(table.NAME)
    lifetime = policy.LIFETIME * app.settings.patience
    rules = replace(POLICY, follow=partial(policy.follow, lifetime=lifetime))
    decode = reading(OrderCommand | OrderTimedOut, PaymentEvent, StockEvent)
    asked = app.source(topics.order_commands, topics.payments, topics.saga_replies)

    @app.agent(asked, name="orders")
    async def orders(stream: Any) -> None:
        """Decides what is asked of orders."""
        async for unit in units(stream, order_table, decode):
            unit.each(partial(handle, rules=rules))
