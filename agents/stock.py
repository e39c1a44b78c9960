"""Stock: decides what is asked of a SKU, and sends the answers home to their orders.

Its clock ends reservations that nobody comes for. For orders that no coordinator drives it asks
each SKU itself, by the facts of the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from agents import timing
from agents.deciding import Aggregate
from agents.publishing import follow, publish, reading
from agents.reacting import Policy
from models import stock as model
from models import stock_policy as policy
from models.messages import Message, Payload, derive_id
from models.order_messages import OrderEvent
from models.payment_messages import PaymentEvent
from models.stock import Stock
from models.stock_messages import ExpireReservation, OrderLineCommand, StockCommand, StockEvent
from streams import topics
from streams.application import Orderflow
from streams.unit import Unit
from streams.units import units
from tables import stock as table
from tables.memories import Memories

_REPLY = 1_000  # beyond the index of any event, so that a reply has an id of its own


def reply(unit: Unit[Message], cause: Message, stock: Stock | None) -> None:
    """Send the answer to where the saga is."""
    command = cast("StockCommand", cause.data)
    answer = None if stock is None else model.answer(stock, command)
    home = getattr(command, "reply_to", None)
    if answer is not None and home is not None:
        message = follow(
            unit,
            cause,
            answer,
            source="/stock",
            subject=command.sku,
            index=_REPLY,
            home=home,
        )
        publish(unit, topics.saga_replies, message)


def store(unit: Unit[Message], cause: Message, before: Stock | None, after: Stock | None) -> None:
    """Replace what has changed, the time at which the reservation ends by itself included."""
    table.store(unit, cause, before, after)
    command = cast("StockCommand", cause.data)
    if isinstance(command, OrderLineCommand | ExpireReservation):
        timing.replace(
            unit,
            cause,
            model.expiry(before, command),
            model.expiry(after, command),
            topic=topics.stock_commands,
            subject=command.sku,
            name=derive_id(command.sku, command.reservation_id),
        )


STOCK = Aggregate[Stock](
    source="/stock",
    topic=topics.stock,
    subject=lambda command: command.sku,
    home=lambda command: command.sku,
    load=table.load,
    store=store,
    decide=model.decide,
    evolve=model.evolve,
    refuse=model.refuse,
    inbox=True,
    then=reply,
)


def ask(unit: Unit[Message], cause: Message, command: Payload, index: int) -> Iterable[Payload]:
    """Ask a SKU for something; the answer comes home as a reply."""
    sku = cast("OrderLineCommand", command).sku
    publish(
        unit,
        topics.stock_commands,
        follow(unit, cause, command, source="/stock", subject=sku, index=index, home=sku),
    )
    return ()


POLICY = Policy[policy.Memory](
    follow=policy.follow,
    wanted=policy.wanted,
    finished=policy.finished,
    memories=Memories(policy.Memory),
    issue=ask,
)


def handle(unit: Unit[Message], message: Message) -> None:
    """Take a command, or a fact of another context or of a SKU."""
    if isinstance(message.data, StockCommand):
        STOCK.handle(unit, message)
    else:
        POLICY.react(unit, message)


def register(app: Orderflow) -> None:
    """Declare the table and its agent."""
    stock_table = app.state_table(table.NAME, "Counters of each SKU, and each reservation.")
    app.fire_timers(table.NAME)
    decode = reading(StockCommand, OrderEvent, PaymentEvent, StockEvent)
    asked = app.source(topics.stock_commands, topics.orders, topics.payments, topics.saga_replies)

    @app.agent(asked, name="stock")
    async def stock(stream: Any) -> None:
        """Decides what is asked of stock."""
        async for unit in units(stream, stock_table, decode):
            unit.each(handle)
