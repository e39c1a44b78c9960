"""The live page: one document, its style, its script, and the stream of news that it shows.

Nothing on it comes from elsewhere, and no text from outside is ever read as markup.
"""

from __future__ import annotations

import asyncio
from importlib.resources import files
from typing import Final

from aiohttp import web

from agents.web.calls import Call
from agents.web.feed import Watcher
from agents.web.problems import unavailable
from agents.web.queries import NoQuery
from agents.web.site import Site

HEARTBEAT_SECONDS: Final = 15.0  # below the minute after which proxies close what is silent
_RECONNECT: Final = b"retry: 2000\n\n"
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HERE: Final = files("agents.web")


async def get_page(_: Site, __: Call[NoQuery, None]) -> web.Response:
    """The page."""
    return _asset("page.html", "text/html")


async def get_style(_: Site, __: Call[NoQuery, None]) -> web.Response:
    """How the page looks."""
    return _asset("page.css", "text/css")


async def get_script(_: Site, __: Call[NoQuery, None]) -> web.Response:
    """What the page does."""
    return _asset("page.js", "text/javascript")


def _asset(name: str, kind: str) -> web.Response:
    return web.Response(
        body=_HERE.joinpath(name).read_bytes(),
        content_type=kind,
        charset="utf-8",
        headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"},
    )


async def get_live(site: Site, call: Call[NoQuery, None]) -> web.StreamResponse:
    """Server-sent events: what there is, then what changes."""
    request = call.request
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
    if request.method == "HEAD":
        return response
    if site.feed.full:
        raise unavailable("as many watch as this worker serves", "come again later", 10)
    await response.prepare(request)
    watcher = Watcher(request)
    try:
        await response.write(_RECONNECT)
        site.feed.join(watcher)
        while (batch := await _next(watcher)) is not None:
            await response.write(batch)
    except ConnectionError:
        pass  # gone, or cut off because it did not keep up
    finally:
        site.feed.leave(watcher)
    return response


async def _next(watcher: Watcher) -> bytes | None:
    try:
        return await asyncio.wait_for(watcher.batches.get(), HEARTBEAT_SECONDS)
    except TimeoutError:
        return b": nothing new\n\n"
