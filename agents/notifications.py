"""Notifications: decides what is still worth saying, and has it said."""

from __future__ import annotations

from typing import Any

from agents.calling import Answering
from agents.deciding import Aggregate
from agents.mail import HttpMailer
from agents.publishing import reading
from models import notifications as model
from models.notification_messages import NotificationCommand
from models.notifications import Mail, Notices
from streams import topics
from streams.application import Orderflow
from streams.units import units
from tables import notifications as table

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


def register(app: Orderflow) -> None:
    """Declare the table, its agent, and the executor of its mails."""
    notification_table = app.state_table(
        table.NAME, "What each customer was told of an order, and mails on their way."
    )
    decode = reading(NotificationCommand)
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

    @app.agent(app.source(topics.notification_commands), name="notifications")
    async def notifications(stream: Any) -> None:
        """Decides what is still worth saying, and notes what was said."""
        async for unit in units(stream, notification_table, decode):
            unit.each(NOTIFICATIONS.handle)
