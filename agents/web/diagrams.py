"""Diagrams: an order as it happened, as text that Mermaid draws."""

from __future__ import annotations

from aiohttp import web

from agents.web.calls import Call
from agents.web.queries import NoQuery, known
from agents.web.site import Site
from models.order_diagram import diagram
from tables import order_views


async def get_diagram(site: Site, call: Call[NoQuery, None]) -> web.Response:
    """The sequence diagram of an order, and how fresh it is as a comment."""
    order_id = call.path["order_id"]
    reader = site.read.of_order(order_id)
    history = order_views.history(reader, order_id)
    if not history.entries:
        known(None, "nothing happened to an order", "order_id", order_id)
    drawn = diagram(order_id, history.entries, more=history.more)
    as_of, behind = reader.freshness()
    fresh = f"    %% as of {as_of and as_of.isoformat()}, {behind} records behind\n"
    return web.Response(text=drawn + fresh, content_type="text/plain", charset="utf-8")
