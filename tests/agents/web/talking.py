"""What is said to the API in tests, and what it says back."""

from __future__ import annotations

from typing import Any, TypeAlias

import orjson
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient

Http: TypeAlias = TestClient[Any, Any]

JSON = {"Content-Type": "application/json"}
LINE: dict[str, Any] = {"sku": "KB-1", "name": "Keyboard", "quantity": 2, "unit_price": 4950}
ORDER: dict[str, Any] = {
    "user_id": "mina",
    "customer": {"name": "Mina", "email": "mina@example.org"},
    "lines": [LINE],
    "currency": "USD",
}


async def said(answer: ClientResponse, status: int = 200) -> dict[str, Any]:
    """The body of an answer that has this status."""
    body = await answer.read()
    assert answer.status == status, body
    found: dict[str, Any] = orjson.loads(body)
    return found


async def problem(answer: ClientResponse, status: int) -> dict[str, Any]:
    """The problem that an answer with this status is, complete as RFC 9457 wants it."""
    found = await said(answer, status)
    assert answer.content_type == "application/problem+json"
    assert found["status"] == status
    assert found["type"].startswith("urn:orderflow:problem:")
    assert found["title"]
    assert found["detail"]
    return found


def kind(found: dict[str, Any]) -> str:
    """The last part of a problem's type."""
    return str(found["type"]).rpartition(":")[2]


async def placed(http: Http, key: str = "k", **changes: Any) -> str:
    """The id of an order that was just placed."""
    answer = await http.post("/orders", json=ORDER | changes, headers={"Idempotency-Key": key})
    return str((await said(answer, 202))["order_id"])
