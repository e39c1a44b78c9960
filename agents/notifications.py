"""Notifications: decides what is still worth saying, and has it said.

Of orders that no coordinator drives it decides by the order's facts, without being asked.
"""

from __future__ import annotations

from typing import Any

from agents.calling import Answering
from agents.deciding import Aggregate
from agents.mail import HttpMailer
from agents.publishing import reading
from agents.reacting import Policy, decided
from models import notification_policy as policy
from models import notifications as model
from models.messages import Message
from models.notification_messages import NotificationCommand
from models.notifications import Mail, Notices
from models.order_messages import OrderEvent
from streams import topics
from streams.application import Orderflow
from streams.unit import Unit
from streams.units import units
from tables import notifications as table
from tables.memories import Memories

NOTIFICATIONS = Aggregate[Notices](
    source="/notifications",
    topic=topics.notifications,
    subject=lambda command: command.order_id,
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
    issue=decided(NOTIFICATIONS),
)


def handle(unit: Unit[Message], message: Message) -> None:
    """Take a command, or a fact of the order."""
    if isinstance(message.data, NotificationCommand):
        POLICY.after(unit, message, NOTIFICATIONS.handle(unit, message))
    else:
        POLICY.react(unit, message)


def register(app: Orderflow) -> None:
    """Declare the table, its agent, and the executor of its mails."""
    notification_table = app.state_table(
        table.NAME, "What each customer was told of an order, and mails on their way."
    )
    decode = reading(NotificationCommand, OrderEvent)
    asked = app.source(topics.notification_commands, topics.orders)
    mailer = HttpMailer(app.settings.gateway, app.settings.gateway_patience)
    app.execute(
        table.NAME,
        Answering(
            name="mail",
            source="/mail",
            port=mailer,
            kind=Mail,
            topic=topics.notification_commands,
            subject=lambda mail: mail.order_id,
        ),
    )

    @app.agent(asked, name="notifications")
    async def notifications(stream: Any) -> None:
        """Decides what is still worth saying, and notes what was said."""
        async for unit in units(stream, notification_table, decode):
            unit.each(handle)
