"""The OpenAPI 3.1 document, made from the table of routes and the structs that they name.

So it cannot say anything else than the handlers do; tests compare it with the routes that are
registered, and with what a running worker answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from itertools import groupby
from typing import Any, Final

import msgspec
from aiohttp import web

from agents.web import problems
from agents.web.calls import Call
from agents.web.problems import Kind, Problem
from agents.web.queries import NoQuery
from agents.web.routing import Route
from agents.web.site import Site
from models.requests import OrderRequest

VERSION: Final = "1.0.0"
_DESCRIPTION: Final = (
    "Orders, payments and stock, decided by events on Kafka. Commands are accepted once Kafka has "
    "acknowledged them (202, with the place to look at in `Location`); `?wait=` holds the answer "
    "until it can be seen what came of them. Queries say how fresh they are. Every error is a "
    "problem (RFC 9457) that names the field, the value and the cure where there is one."
)
_ANYWHERE: Final = (problems.MISDIRECTED, problems.INTERNAL)
_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Repeats with the same key and the same body count once.",
    "schema": {"type": "string", "pattern": "^[!-~]+$", "minLength": 1, "maxLength": 255},
}
_EXAMPLES: Final[dict[type[msgspec.Struct], Any]] = {
    OrderRequest: {
        "user_id": "ada",
        "customer": {"name": "Ada Lovelace", "email": "ada@example.com"},
        "lines": [{"sku": "TEA-1", "name": "Green tea", "quantity": 2, "unit_price": 1250}],
        "currency": "USD",
    }
}
# Served by streams/operations.py, for tools.
_OPERATIONS: Final = {
    "/health/live": ("getLive", "Whether the worker is alive", (200,), "application/json"),
    "/health/ready": ("getReady", "Whether it should get traffic", (200, 503), "application/json"),
    "/metrics": ("getMetrics", "Its figures, for Prometheus", (200,), "text/plain"),
}


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """Return the document; routes of one path stand together."""
    listed = list(routes)
    paths = {
        path: {route.method.lower(): _operation(route) for route in found}
        for path, found in groupby(listed, lambda route: route.path)
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Orderflow", "version": VERSION, "description": _DESCRIPTION},
        "paths": paths | {path: {"get": _of_tools(*said)} for path, said in _OPERATIONS.items()},
        "components": {"schemas": _schemas(listed)},
    }


async def get_document(site: Site, _: Call[NoQuery, None]) -> web.Response:
    """The document."""
    return web.Response(body=site.document, content_type="application/json")


def _schemas(routes: list[Route]) -> dict[str, Any]:
    named = [kind for route in routes for kind in _structs(route)]
    _, found = msgspec.json.schema_components(
        dict.fromkeys([*named, Problem]), ref_template="#/components/schemas/{name}"
    )
    for kind, example in _EXAMPLES.items():
        found[kind.__name__]["examples"] = [example]
    return found


def _structs(route: Route) -> Iterator[type[msgspec.Struct]]:
    if route.body is not None:
        yield route.body
    yield from (kind for kind in route.answers.values() if not isinstance(kind, str))


def _operation(route: Route) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": route.operation,
        "summary": route.summary,
        "tags": [route.tag],
        "parameters": list(_parameters(route)),
        "responses": _responses(route),
    }
    if route.body is not None:
        content = {"application/json": {"schema": _reference(route.body)}}
        said["requestBody"] = {"required": _needed(route.body), "content": content}
    return said


def _parameters(route: Route) -> Iterator[dict[str, Any]]:
    for name, kind in route.parameters.items():
        yield {"name": name, "in": "path", "required": True, "schema": msgspec.json.schema(kind)}
    fields = msgspec.json.schema_components([route.query])[1][route.query.__name__]["properties"]
    for name, schema in fields.items():
        yield {"name": name, "in": "query", "required": False, "schema": schema}
    if route.body is not None:
        yield _KEY


def _responses(route: Route) -> dict[str, Any]:
    answers = {str(status): _answer(route, status, kind) for status, kind in route.answers.items()}
    kinds = sorted({*route.problems, *_ANYWHERE})
    return answers | {
        str(status): _problem(list(found))
        for status, found in groupby(kinds, lambda kind: kind.status)
    }


def _answer(route: Route, status: int, kind: type[msgspec.Struct] | str) -> dict[str, Any]:
    said: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if isinstance(kind, str):
        said["content"] = {kind: {"schema": {"type": "string"}}}
    else:
        said["content"] = {"application/json": {"schema": _reference(kind)}}
    if route.body is not None:
        location = {"description": "Where the view is", "schema": {"type": "string"}}
        said["headers"] = {"Location": {"required": True, **location}}
    return said


def _problem(kinds: list[Kind]) -> dict[str, Any]:
    said: dict[str, Any] = {
        "description": "; or: ".join(kind.title for kind in kinds),
        "content": {problems.CONTENT_TYPE: {"schema": _reference(Problem)}},
    }
    if problems.UNAVAILABLE in kinds:
        said["headers"] = {
            "Retry-After": {
                "description": "Seconds",
                "required": True,
                "schema": {"type": "string"},
            }
        }
    return said


def _of_tools(operation: str, summary: str, statuses: tuple[int, ...], kind: str) -> dict[str, Any]:
    content: dict[str, Any] = {kind: {"schema": {}}}
    return {
        "operationId": operation,
        "summary": summary,
        "tags": ["operations"],
        "responses": {
            str(status): {"description": HTTPStatus(status).phrase, "content": content}
            for status in statuses
        },
    }


def _reference(kind: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


def _needed(body: type[msgspec.Struct]) -> bool:
    return any(field.required for field in msgspec.structs.fields(body))
