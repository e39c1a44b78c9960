"""Orders: decides what is asked of an order, and keeps its state."""

from __future__ import annotations

from typing import Any

from agents.deciding import Aggregate
from agents.publishing import reading
from models import orders as model
from models.order_ids import user_of
from models.order_messages import OrderCommand
from models.orders import Order
from streams import topics
from streams.application import Orderflow
from streams.units import units
from tables import orders as table

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


def register(app: Orderflow) -> None:
    """Declare the table and its agent."""
    order_table = app.state_table(
        table.NAME, "State of each order, and ids of commands from outside."
    )
    decode = reading(OrderCommand)

    @app.agent(app.source(topics.order_commands), name="orders")
    async def orders(stream: Any) -> None:
        """Decides what is asked of orders."""
        async for unit in units(stream, order_table, decode):
            unit.each(ORDERS.handle)
