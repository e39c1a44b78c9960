"""Order views: projects what happens to orders, their payments, sagas and notifications."""

from __future__ import annotations

from typing import Any

from agents.publishing import reading
from models.projections import JourneyEvent
from streams import topics
from streams.application import Orderflow
from streams.units import units
from tables.order_projector import project
from tables.order_views import TABLE


def register(app: Orderflow) -> None:
    """Declare the table and its agent."""
    table = app.state_table(TABLE, "Orders with their timelines, lists of users, totals.")
    source = app.source(topics.orders, topics.payments, topics.sagas, topics.notifications)
    decode = reading(JourneyEvent)

    @app.agent(source, name=TABLE)
    async def order_views(stream: Any) -> None:
        """Projects the journeys of orders."""
        async for unit in units(stream, table, decode):
            unit.each(project)
