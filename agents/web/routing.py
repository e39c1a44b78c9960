"""Routing: what a line of the table of routes says, and how Faust's web views are made of it.

The table itself is `routes`; the document made of it `openapi`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Any, Final, Literal

import msgspec
from aiohttp import web
from faust.web import View

from agents.web.calls import Call, Reply, read_call
from agents.web.problems import Kind
from agents.web.queries import NoQuery
from agents.web.site import Site
from models.requests import Request, Sku, UserId

Handle = Callable[[Site, Call[Any, Any]], Awaitable[Reply | web.StreamResponse]]

# Looser than the ids given out here: orders from before have other ones.
OrderId = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(?!\S*\s)[^\s/?#%\x00-\x1f\x7f-\x9f]+$",
        min_length=1,
        max_length=255,
        examples=["ada:01KAM3Z9X4T2V7N8QWERTY5678"],
    ),
]
PATH: Final[Mapping[str, Any]] = {"order_id": OrderId, "user_id": UserId, "sku": Sku}


@dataclass(frozen=True, kw_only=True)
class Route:
    """One operation: how it is asked for, who answers it, and with what.

    `answers` has the struct of each status, or the media type of what is no JSON of ours.
    """

    method: Literal["GET", "POST"]
    path: str
    operation: str
    summary: str
    tag: str
    handle: Handle
    answers: Mapping[int, type[msgspec.Struct] | str]
    problems: tuple[Kind, ...] = ()
    query: type[msgspec.Struct] = NoQuery
    body: type[Request] | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """The types of the path's parameters, by name."""
        return {name: kind for name, kind in PATH.items() if f"{{{name}}}" in self.path}


class Door(View):
    """One path of the API; its methods are made from the table."""

    allowed: str

    def get_methods(self) -> set[str]:
        """As Faust's, which would offer HEAD where there is no GET."""
        found: set[str] = super().get_methods()
        return found if "GET" in found else found - {"HEAD"}

    async def options(self, _: web.Request, **__: str) -> web.Response:
        """Say what the path offers."""
        return web.Response(status=204, headers={"Allow": self.allowed})


def doors(site: Site, routes: Iterable[Route]) -> dict[str, type[Door]]:
    """One Faust view for each path; routes of one path stand together."""
    return {
        path: _door(site, list(found)) for path, found in groupby(routes, lambda route: route.path)
    }


def _door(site: Site, routes: list[Route]) -> type[Door]:
    methods = {route.method for route in routes} | {"OPTIONS"}
    if "GET" in methods:
        methods.add("HEAD")
    members = {route.method.lower(): _method(site, route) for route in routes}
    name = routes[0].operation
    return type(name, (Door,), {**members, "allowed": ", ".join(sorted(methods))})


def _method(site: Site, route: Route) -> Callable[..., Awaitable[web.StreamResponse]]:
    async def method(_: View, request: web.Request, **__: str) -> web.StreamResponse:
        call = await read_call(request, route.parameters, route.query, route.body)
        reply = await route.handle(site, call)
        return reply.response() if isinstance(reply, Reply) else reply

    return method
