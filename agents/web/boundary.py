"""The boundary: what every request passes on its way in, and every answer on its way out.

Refuses requests that a browser was tricked into (another Host, another site's Origin), and turns
whatever goes wrong into a problem. It knows no route.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

from aiohttp import web
from mode import get_logger

from agents.web.problems import (
    FOREIGN_ORIGIN,
    HTTP,
    INTERNAL,
    MALFORMED,
    METHOD,
    MISDIRECTED,
    NOT_FOUND,
    Kind,
    Refused,
)

logger = get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HOSTS_VARIABLE: Final = "ORDERFLOW_WEB_HOSTS"
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[^\s:/@\[\]]+)(?::\d{1,5})?", re.IGNORECASE)
_ORIGIN: Final = re.compile(r"[a-z][a-z0-9+.-]*://" + _HOST.pattern, re.IGNORECASE)
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# Probes and scrapers come under whatever address the platform gives a worker, and read no orders.
_OPERATIONS: Final = ("/health/", "/metrics")

_HEADERS: Final = {
    "Server": "orderflow",  # and not which versions of what
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
_API_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


def hosts_from(configured: str) -> frozenset[str]:
    """Names under which this worker may be addressed: loopback, and the configured ones.

    Raises:
        ValueError: a name is none; names the variable, value and cure.
    """
    named = [name.strip().lower() for name in configured.split(",")]
    for name in filter(None, named):
        match = _HOST.fullmatch(name)
        if match is None or match[1] != name:
            raise ValueError(
                f"{HOSTS_VARIABLE}: {name!r} is no host name; give names without scheme and port, "
                "with commas between"
            )
    return _LOOPBACK | set(filter(None, named))


def guard(web_app: web.Application, hosts: frozenset[str]) -> None:
    """Put the boundary around all routes of an application."""

    @web.middleware
    async def boundary(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            _check_host(request, hosts)
            _check_origin(request, hosts)
            return await handler(request)
        except Refused as refused:
            return refused.response()
        except web.HTTPException as error:
            return _in_our_words(request, error).response()
        except (ConnectionError, web.RequestPayloadError) as error:
            detail = f"the body did not arrive whole: {type(error).__name__}"
            return Refused(MALFORMED, detail, cure="send it again").response()
        except Exception as error:  # noqa: BLE001 - whatever it is, it stays inside
            return _incident(request, error).response()

    web_app.middlewares.append(boundary)
    web_app.on_response_prepare.append(_add_headers)


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)
    for name, value in _API_HEADERS.items():
        response.headers.setdefault(name, value)


def _check_host(request: web.Request, hosts: frozenset[str]) -> None:
    host = request.headers.get("Host")
    if host is None or request.path.startswith(_OPERATIONS):
        return
    match = _HOST.fullmatch(host)
    if match is None or match[1].lower() not in hosts:
        raise Refused(
            MISDIRECTED,
            f"this worker is not known as {host[:100]!r}",
            field="Host",
            value=host,
            cure=f"use 127.0.0.1 or localhost, or name the host in {HOSTS_VARIABLE}",
        )


def _check_origin(request: web.Request, hosts: frozenset[str]) -> None:
    origin = request.headers.get("Origin")
    if request.method in _SAFE_METHODS or origin is None:
        return
    match = _ORIGIN.fullmatch(origin)
    if match is None or match[1].lower() not in hosts:
        raise Refused(
            FOREIGN_ORIGIN,
            f"a page of {origin[:100]!r} asks for a change",
            field="Origin",
            value=origin,
            cure=f"send it from a page of this worker, or name the page's host in {HOSTS_VARIABLE}",
        )


def _in_our_words(request: web.Request, error: web.HTTPException) -> Refused:
    path = request.path[:100]
    match error:
        case web.HTTPNotFound():
            cure = "see /openapi.json for the paths that there are"
            return Refused(NOT_FOUND, f"there is no path {path!r}", value=path, cure=cure)
        case web.HTTPMethodNotAllowed():
            allowed = ", ".join(sorted({*error.allowed_methods, "OPTIONS"}))
            detail = f"{path!r} does not offer {error.method[:20]}"
            cure = f"use one of {allowed}"
            headers = {"Allow": allowed}
            return Refused(METHOD, detail, value=error.method, cure=cure, headers=headers)
        case _:
            kind = Kind(error.status, HTTP, HTTPStatus(error.status).phrase)
            return Refused(kind, error.reason)


def _incident(request: web.Request, error: Exception) -> Refused:
    """Tell the log everything and the client nothing, but where in the log it stands."""
    incident = secrets.token_hex(6)
    asked = f"{request.method} {request.rel_url.raw_path[:200]}"
    logger.error("incident %s: %s failed", incident, asked, exc_info=error)
    detail = f"the cause is in the log of this worker, as incident {incident}"
    cure = "try again; if it stays, tell those who run this worker the incident"
    return Refused(INTERNAL, detail, cure=cure, incident=incident)
