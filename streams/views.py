"""The read side, composed: the app that projects events into read models and serves HTTP.

    faust -A streams.views worker

A worker of its own, so that queries never hold up a decision (measured in stock Faust: reading
from the write side took it from 5 000 to 700 events a second).
"""

from __future__ import annotations

from agents import order_views, stock_views, web
from streams import topics
from streams.application import Orderflow
from streams.settings import Settings, composed


def compose(settings: Settings) -> Orderflow:
    """Return the app of all read models and the HTTP API."""
    composed = Orderflow("orderflow-views", settings, topics.with_dead_letters())
    order_views.register(composed)
    stock_views.register(composed)
    web.register(composed)
    return composed


app = composed(compose)
