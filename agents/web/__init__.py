"""The HTTP API of the read side: queries, commands, the OpenAPI document, and a live page.

Commands are checked and put on their topics, never decided here; queries look into the views
that this worker has. `routes` is the table of all that is offered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import msgspec
from aiohttp import web

from agents.web.boundary import guard, hosts_from
from agents.web.feed import Feed
from agents.web.following import OrderChanges, StockChanges
from agents.web.openapi import document
from agents.web.queries import totals_answer
from agents.web.routes import ROUTES
from agents.web.routing import doors
from agents.web.site import CommandLog, ReadModels, Site
from streams.application import Orderflow
from tables import order_views, stock_views

if TYPE_CHECKING:
    from faust.web.drivers.aiohttp import Web as AiohttpWeb


def register(app: Orderflow) -> None:
    """Serve the API from an app that keeps the view tables."""
    site = site_of(app)
    listen(app, site)
    serve(app, site, hosts_from(app.settings.web_hosts))


def site_of(app: Orderflow) -> Site:
    """What the handlers work with, as this app has it."""
    read = ReadModels(app)
    return Site(
        read=read,
        log=CommandLog(app),
        feed=Feed(lambda: totals_answer(read)),
        document=msgspec.json.encode(document(ROUTES)),
        style=app.settings.style,
    )


def listen(app: Orderflow, site: Site) -> None:
    """Let those who wait and those who watch hear of what the app commits."""
    app.follow(order_views.TABLE, OrderChanges(site))
    app.follow(stock_views.TABLE, StockChanges(site))


def serve(app: Orderflow, site: Site, hosts: frozenset[str]) -> None:
    """Give an app the pages of a site, with the boundary around them."""
    web_app = cast("AiohttpWeb", app.web).web_app
    guard(web_app, hosts)
    for path, door in doors(site, ROUTES).items():
        app.page(path)(door)

    async def close(_: web.Application) -> None:
        site.feed.close()
        site.changed.close()

    web_app.on_shutdown.append(close)
