"""Records for tests: valid ones in each shape, and the same with one thing changed."""

from __future__ import annotations

import copy
import json
from typing import Any

from models.errors import UndecodableRecord
from models.messages import Catalog, Message, MessageType, Payload, Upcaster
from streams.codec import Codec

Path = tuple[str | int, ...]

CURRENT: dict[str, Any] = {
    "specversion": "1.0",
    "datacontenttype": "application/json",
    "id": "m-1",
    "source": "/orders",
    "type": "OrderCreated",
    "subject": "mina:1",
    "time": "2026-03-02T10:00:00Z",
    "dataversion": 4,
    "sequence": 1,
    "correlationid": "mina:1",
    "causationid": "c-1",
    "partitionkey": "mina",
    "data": {
        "order_id": "mina:1",
        "user_id": "mina",
        "customer": {"name": "Mina", "email": "mina@example.org"},
        "lines": [{"sku": "KB-1", "name": "Keyboard", "quantity": 2, "unit_price": 4950}],
        "total": 9900,
        "currency": "USD",
        "currency_source": "given",
        "method": "card",
        "saga": "orchestration",
    },
}
FIRST: dict[str, Any] = CURRENT | {
    "dataversion": 1,
    "data": {"order_id": 1, "items": [{"name": "Pen", "qty": 2, "price": 50}], "total_amount": 100},
}
PLAIN: dict[str, Any] = {
    "event_type": "OrderCreated",
    "event_id": "e-1",
    "timestamp": "2026-03-02T10:00:00",
    "version": 1,
    "aggregate_id": 1,
    "data": {"user_id": 100, "items": [{"name": "Pen", "qty": 2, "price": 50}], "total": 100},
}


def written(document: object) -> bytes:
    """JSON as a careless producer writes it: NaN and lone surrogates go through."""
    return json.dumps(document).encode()


def changed(document: dict[str, Any], path: Path, value: object) -> bytes:
    """The document with another value at `path`, or without it where the value is Ellipsis."""
    root = copy.deepcopy(document)
    holder: Any = root
    for step in path[:-1]:
        holder = holder[step]
    if value is ...:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return written(root)


def paths_of(node: object) -> list[Path]:
    """Every place in a JSON document, its root excluded."""
    steps: list[tuple[Any, Any]] = []
    if isinstance(node, dict):
        steps = list(node.items())
    elif isinstance(node, list):
        steps = list(enumerate(node))
    return [(step, *rest) for step, below in steps for rest in ((), *paths_of(below))]


def outcome(codec: Codec, value: bytes | None) -> Message | UndecodableRecord:
    """Read a record; anything but a message or this one error is raised."""
    try:
        return codec.decode(value)
    except UndecodableRecord as error:
        return error


class Weighed(Payload, frozen=True, kw_only=True):
    """Version 2 of a message made for these tests."""

    grams: dict[str, int]


class WeighedV1(Payload, frozen=True, kw_only=True):
    """Version 1: whatever somebody typed."""

    text: str


def by_name(old: WeighedV1) -> Weighed:
    """Upcast text such as `a5`; anything else raises one error or another."""
    return Weighed(grams={old.text[0]: int(old.text[1:])})


WEIGHING = Codec(
    Catalog([MessageType(Weighed, version=2, upcasters={1: Upcaster(WeighedV1, by_name)})])
)


def weighed(data: dict[str, Any], version: int) -> bytes:
    """Write a `Weighed` of this version."""
    return written(CURRENT | {"type": "Weighed", "dataversion": version, "data": data})
