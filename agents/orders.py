"""Orders: decides what is asked of an order, and keeps its state.

Of orders that no coordinator drives it decides by the facts of the others, without being asked.
"""

from __future__ import annotations

from typing import Any

from agents.deciding import Aggregate
from agents.publishing import reading
from agents.reacting import Policy, decided
from models import order_policy as policy
from models import orders as model
from models.messages import Message
from models.order_ids import user_of
from models.order_messages import OrderCommand
from models.orders import Order
from models.payment_messages import PaymentEvent
from models.stock_messages import StockEvent
from streams import topics
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
POLICY = Policy[policy.Memory](
    follow=policy.follow,
    wanted=policy.wanted,
    finished=policy.finished,
    memories=Memories(policy.Memory),
    issue=decided(ORDERS),
)


def handle(unit: Unit[Message], message: Message) -> None:
    """Take a command, or a fact of another context."""
    if isinstance(message.data, OrderCommand):
        POLICY.after(unit, message, ORDERS.handle(unit, message))
    else:
        POLICY.react(unit, message)


def register(app: Orderflow) -> None:
    """Declare the table and its agent."""
    order_table = app.state_table(
        table.NAME, "State of each order, and ids of commands from outside."
    )
    decode = reading(OrderCommand, PaymentEvent, StockEvent)
    asked = app.source(topics.order_commands, topics.payments, topics.saga_replies)

    @app.agent(asked, name="orders")
    async def orders(stream: Any) -> None:
        """Decides what is asked of orders."""
        async for unit in units(stream, order_table, decode):
            unit.each(handle)
