"""Stock: decides what is asked of a SKU, and sends the answers home to their orders."""

from __future__ import annotations

from typing import Any, cast

from agents.deciding import Aggregate
from agents.publishing import follow, publish, reading
from models import stock as model
from models.messages import Message
from models.stock import Stock
from models.stock_messages import OrderLineCommand, StockCommand
from streams import topics
from streams.application import Orderflow
from streams.unit import Unit
from streams.units import units
from tables import stock as table

_REPLY = 1_000  # beyond the index of any event, so that a reply has an id of its own


def reply(unit: Unit[Message], cause: Message, stock: Stock | None) -> None:
    """Send the answer to where the saga is."""
    command = cast("StockCommand", cause.data)
    answer = None if stock is None else model.answer(stock, command)
    if answer is not None and isinstance(command, OrderLineCommand):
        message = follow(
            unit,
            cause,
            answer,
            source="/stock",
            subject=command.sku,
            index=_REPLY,
            home=command.reply_to,
        )
        publish(unit, topics.saga_replies, message)


STOCK = Aggregate[Stock](
    source="/stock",
    topic=topics.stock,
    subject=lambda command: command.sku,
    home=lambda command: command.sku,
    load=table.load,
    store=table.store,
    decide=model.decide,
    evolve=model.evolve,
    refuse=model.refuse,
    inbox=True,
    then=reply,
)


def register(app: Orderflow) -> None:
    """Declare the table and its agent."""
    stock_table = app.state_table(table.NAME, "Counters of each SKU, and each reservation.")
    decode = reading(StockCommand)

    @app.agent(app.source(topics.stock_commands), name="stock")
    async def stock(stream: Any) -> None:
        """Decides what is asked of stock."""
        async for unit in units(stream, stock_table, decode):
            unit.each(STOCK.handle)
