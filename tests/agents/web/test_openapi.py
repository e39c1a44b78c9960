"""The OpenAPI document: says what the routes do, all of them and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from agents import web
from agents.web.openapi import document
from agents.web.routes import ROUTES
from agents.web.routing import Route
from agents.web.site import Site
from models.requests import flaw_of
from streams.application import Orderflow
from streams.settings import Settings
from tests.agents.web.talking import Http, said

DOCUMENT = document(ROUTES)
OPERATIONS = [
    (path, method, operation)
    for path, found in DOCUMENT["paths"].items()
    for method, operation in found.items()
]


async def test_it_is_served_as_it_is_made(http: Http) -> None:
    assert await said(await http.get("/openapi.json")) == msgspec.json.decode(
        msgspec.json.encode(DOCUMENT)
    )


def test_every_route_is_in_it_and_it_has_no_other(site: Site, tmp_path: Path) -> None:
    app = Orderflow("web", Settings(datadir=tmp_path), [])
    web.serve(app, site, frozenset({"127.0.0.1", "localhost", "[::1]"}))
    served: Any = app.web
    served.init_server()

    registered = {
        (route.resource.canonical, route.method)
        for route in served.web_app.router.routes()
        if route.method not in {"HEAD", "OPTIONS"}
    }

    assert registered == {(path, method.upper()) for path, method, _ in OPERATIONS}


def test_each_operation_has_a_name_of_its_own() -> None:
    names = [operation["operationId"] for _, _, operation in OPERATIONS]

    assert len(set(names)) == len(names)


def test_every_reference_leads_somewhere() -> None:
    schemas = DOCUMENT["components"]["schemas"]

    for reference in references(DOCUMENT):
        assert reference.removeprefix("#/components/schemas/") in schemas


def references(node: Any) -> list[str]:
    """Every `$ref` below a node."""
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [each for below in node.values() for each in references(below)]
    return [each for below in node for each in references(below)] if isinstance(node, list) else []


@pytest.mark.parametrize("route", [route for route in ROUTES if route.body is not None])
def test_the_examples_of_bodies_are_ones(route: Route) -> None:
    assert route.body is not None
    schema = DOCUMENT["components"]["schemas"][route.body.__name__]

    for example in schema.get("examples", []):
        assert flaw_of(msgspec.convert(example, route.body)) is None


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_every_operation_tells_its_problems_and_parameters(
    path: str, method: str, operation: dict[str, Any]
) -> None:
    named = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
    assert {f"{{{name}}}" for name in named} == {
        part for part in path.split("/") if part.startswith("{")
    }
    problems = {
        status for status, answer in operation["responses"].items()
        if "application/problem+json" in answer["content"]
    }  # fmt: skip
    if operation["tags"] != ["operations"]:
        assert {"421", "500"} <= problems
    if method == "post":
        assert {"400", "403", "408", "409", "413", "415", "422", "503"} <= problems
        assert operation["responses"]["202"]["headers"]["Location"]["required"]
