"""Payments: decides what is asked of a payment, and makes the calls to the gateway.

Of orders that no coordinator drives it decides by the facts of the others, without being asked.
"""

from __future__ import annotations

from typing import Any

from agents.calling import Answering
from agents.deciding import Aggregate
from agents.gateway import HttpGateway
from agents.publishing import reading
from agents.reacting import Policy, decided
from models import payment_policy as policy
from models import payments as model
from models.messages import Message
from models.order_messages import OrderEvent
from models.payment_messages import PaymentCommand
from models.payments import Call, Payment
from models.stock_messages import StockEvent
from streams import topics
from streams.application import Orderflow
from streams.unit import Unit
from streams.units import units
from tables import payments as table
from tables.memories import Memories

PAYMENTS = Aggregate[Payment](
    source="/payments",
    topic=topics.payments,
    subject=lambda command: command.payment_id,
    home=lambda _: None,  # that of the order, whose id need not tell it
    load=table.load,
    store=table.store,
    decide=model.decide,
    evolve=model.evolve,
    refuse=model.refuse,
)
POLICY = Policy[policy.Memory](
    follow=policy.follow,
    wanted=policy.wanted,
    finished=policy.finished,
    memories=Memories(policy.Memory),
    issue=decided(PAYMENTS),
)


def handle(unit: Unit[Message], message: Message) -> None:
    """Take a command, or a fact of another context."""
    if isinstance(message.data, PaymentCommand):
        POLICY.after(unit, message, PAYMENTS.handle(unit, message))
    else:
        POLICY.react(unit, message)


def register(app: Orderflow) -> None:
    """Declare the table, its agent, and the executor of its calls."""
    payment_table = app.state_table(
        table.NAME, "Ledger of each payment, and its open calls to the gateway."
    )
    decode = reading(PaymentCommand, OrderEvent, StockEvent)
    asked = app.source(topics.payment_commands, topics.orders, topics.saga_replies)
    gateway = HttpGateway(app.settings.gateway, app.settings.gateway_patience)
    app.execute(
        table.NAME,
        Answering(
            name="gateway",
            source="/gateway",
            port=gateway,
            kind=Call,
            topic=topics.payment_commands,
            subject=lambda call: call.payment_id,
        ),
    )

    @app.agent(asked, name="payments")
    async def payments(stream: Any) -> None:
        """Decides what is asked of payments, and what the gateway answered."""
        async for unit in units(stream, payment_table, decode):
            unit.each(handle)
