"""Stock views: projects what happens to the stock of each SKU."""

from __future__ import annotations

from typing import Any

from agents.publishing import reading
from models.stock_messages import StockEvent
from streams import topics
from streams.application import Orderflow
from streams.units import units
from tables.stock_views import TABLE, project


def register(app: Orderflow) -> None:
    """Declare the table and its agent."""
    table = app.state_table(TABLE, "Stock of each SKU with its open reservations, totals.")
    decode = reading(StockEvent)

    @app.agent(app.source(topics.stock), name=TABLE)
    async def stock_views(stream: Any) -> None:
        """Projects the movements of stock."""
        async for unit in units(stream, table, decode):
            unit.each(project)
