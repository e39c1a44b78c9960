"""What the auditor reads: records as Kafka holds them, and the messages in them.

Decides whether bytes are a message; what a message has to say is in `grammar.py`.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

Headers = tuple[tuple[str, bytes | None], ...]


class Record(NamedTuple):
    """One record of one partition, untouched."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    timestamp: int = 0

    @property
    def place(self) -> str:
        """Where it stands, for people."""
        return f"{self.topic}[{self.partition}]@{self.offset}"


class Message(NamedTuple):
    """A record that holds a message. `journey` is its correlation id, `cause` its causation id."""

    record: Record
    id: str
    source: str
    type: str
    subject: str
    sequence: int | None
    journey: str
    cause: str | None
    key: str
    version: int
    data: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.type} of {self.subject} at {self.record.place}"


class NoMessage(ValueError):
    """These bytes are no message."""


def _refuse_float(text: str) -> float:
    raise NoMessage(f"the number {text[:20]} is not whole")


_read = json.JSONDecoder(parse_float=_refuse_float, parse_constant=_refuse_float).decode
# Names that messages are found and grouped by, what is added up, and what is compared in time.
_SHAPES: dict[str, type] = {
    **dict.fromkeys(
        ("order_id", "payment_id", "sku", "reservation_id", "key", "command", "step", "kind"), str
    ),
    **dict.fromkeys(
        ("amount", "quantity", "total", "captured", "authorized", "change", "available", "attempt"),
        int,
    ),
    **dict.fromkeys(("at", "deadline", "until", "expires_at"), datetime),
}
_LINE = {"sku": str, "quantity": int, "unit_price": int}.items()


def decode(record: Record) -> Message:
    """Read a CloudEvents event, or the plain envelope that came before it.

    Raises:
        NoMessage: it is neither.
    """
    try:
        document = _read((record.value or b"").decode())
        found = (
            _cloud_event(record, document)
            if "specversion" in document
            else _plain(record, document)
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NoMessage(f"{type(error).__name__}: {error}") from error
    _check_types(found)
    return found


def _cloud_event(record: Record, document: dict[str, Any]) -> Message:
    get = document.get
    first = document["type"] == "OrderCreated" and document["dataversion"] == 1
    return Message(
        record,
        document["id"],
        document["source"],
        document["type"],
        document["subject"],
        get("sequence"),
        document["correlationid"],
        get("causationid"),
        document["partitionkey"],
        document["dataversion"],
        _of_version_1(document["data"], document["subject"]) if first else document["data"],
    )


def _plain(record: Record, document: dict[str, Any]) -> Message:
    """An event from before CloudEvents: a row of an event store counts its aggregate's events."""
    data = document["data"]
    row = "aggregate_id" in document
    order_id = str(data.get("order_id", document.get("aggregate_id")))
    key = str(data.get("user_id", order_id))
    sequence = document.get("version", 1) if row else None
    return Message(
        record, document["event_id"], "/legacy", document["event_type"], order_id, sequence,
        order_id, None, key, 1, _of_version_1(data, order_id),
    )  # fmt: skip


def _of_version_1(data: dict[str, Any], order_id: str) -> dict[str, Any]:
    """An OrderCreated of version 1, whose lines were items, and whose currency was won."""
    return {
        "order_id": order_id,
        "lines": [
            {
                "sku": item.get("sku") or item["name"],
                "name": item["name"],
                "quantity": item["qty"],
                "unit_price": item["price"],
            }
            for item in data.get("items", ())
        ],
        "total": data.get("total") or data.get("total_amount") or 0,
        "currency": data.get("currency") or "KRW",
    }


def _check_types(found: Message) -> None:
    """Only what passes here is compared, looked up and added up later."""
    data = found.data
    if not isinstance(data, dict):
        raise NoMessage("its data is no object")
    texts = (found.id, found.source, found.type, found.subject, found.journey, found.key)
    if any(type(each) is not str for each in texts):
        raise NoMessage("an attribute of its envelope is no text")
    _check_values(data)
    if "lines" in data:
        _check_lines(data["lines"])
    if any(type(each) is not str for each in data.get("waiting_for") or ()):
        raise NoMessage("what it waits for is no list of texts")
    if not isinstance(data.get("customer") or {}, dict):
        raise NoMessage("its customer is no object")


def _check_values(data: dict[str, Any]) -> None:
    for name, value in data.items():
        shape = _SHAPES.get(name)
        if shape is None or value is None:
            continue
        if shape is datetime:
            moment(value)
        elif type(value) is not shape:
            raise NoMessage(f"its {name} is no {'text' if shape is str else 'whole number'}")


def moment(text: Any) -> datetime:
    """Read an instant.

    Raises:
        NoMessage: it is none.
    """
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise NoMessage(f"{text!r} is no instant") from error
    if found.tzinfo is None:
        raise NoMessage(f"{text!r} does not say its offset from UTC")
    return found


def comes_before(data: dict[str, Any], name: str, other: str | None) -> bool:
    """Whether the moment of that name is earlier than another one; never, if either is missing."""
    text = data.get(name)
    return bool(text and other) and moment(text) < moment(other)


def _check_lines(lines: Any) -> None:
    if not isinstance(lines, list):
        raise NoMessage("its lines are no list")
    for line in lines:
        shape = {name: type(each) for name, each in line.items()} if type(line) is dict else {}
        if not shape.items() >= _LINE:
            raise NoMessage(f"{line!r} is no line of an order")
