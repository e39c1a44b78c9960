"""Golden histories: what was ever written can still be read, and means what it meant.

`tests/golden/` has one file per family of messages, one record per line: every type in every
schema version and shape that was ever written. Lines are added, those of an older version with
their meaning here. Never edit old lines: records like them are in topics that are kept for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from models import notifications, orders, payments, saga_fold, stock
from models.messages import Message
from models.order_messages import Customer, OrderCreated, OrderLine
from models.upcasters import catalog
from streams.codec import Codec

FOLDER = Path(__file__).parents[1] / "golden"
LINES = {
    f"{path.stem}-{number}": line
    for path in sorted(FOLDER.glob("*.jsonl"))
    for number, line in enumerate(path.read_bytes().splitlines(), 1)
}
CODEC = Codec(catalog())
CURRENT = {(kind.name, kind.version) for kind in catalog()}


def created(identity: str, key: str, time: datetime, data: OrderCreated) -> Message:
    """Build what an `OrderCreated` of the plain envelope is read as."""
    return Message(
        id=identity,
        source="/legacy",
        type="OrderCreated",
        subject=data.order_id,
        time=time,
        dataversion=4,
        correlationid=data.order_id,
        partitionkey=key,
        data=data,
    )


MORNING = datetime(2026, 3, 2, 10, tzinfo=UTC)
MINA = "mina:01JNAFQ3E0"

# The first lines of orders.jsonl, one after the other.
MEANT = {
    "v1, as the article's producer sent it": created(
        "0b6f1a52-6a0e-4c0f-9d4b-3f6c2b1f7a10",
        "100",
        datetime(2026, 3, 2, 10, 0, 0, 123456, tzinfo=UTC),
        OrderCreated(
            order_id="5f0c7c1e-8a54-4a53-b6a0-3a1f2d9d0c77",
            user_id="100",
            lines=(
                OrderLine(sku="Keyboard", name="Keyboard", quantity=1, unit_price=30_000),
                OrderLine(sku="Mouse", name="Mouse", quantity=2, unit_price=10_000),
            ),
            total=50_000,
            currency="KRW",
            currency_source="upcast",
        ),
    ),
    "v1, a number as order id, an SKU, a total that is not the sum": created(
        "9c1d0b53-2f8a-4b6e-8c65-7d0a5e1b2f11",
        "mina",
        MORNING,
        OrderCreated(
            order_id="1",
            user_id="mina",
            lines=(OrderLine(sku="KB-1", name="Keyboard", quantity=1, unit_price=30_000),),
            total=27_000,
            currency="KRW",
            currency_source="upcast",
        ),
    ),
    "v1, a row of the article's event store": msgspec.structs.replace(
        created(
            "d2a4c9b8-77aa-4a1c-9d0e-6a3e5f7b8c12",
            "100",
            datetime(2026, 3, 2, 1, tzinfo=UTC),
            OrderCreated(
                order_id="order-1",
                user_id="100",
                lines=(OrderLine(sku="Keyboard", name="Keyboard", quantity=1, unit_price=50_000),),
                total=50_000,
                currency="KRW",
                currency_source="upcast",
            ),
        ),
        sequence=1,
    ),
    "v1, the minimal one": created(
        "e7b5d0c9-1c2d-4e3f-8a4b-5c6d7e8f9a13",
        "123",
        MORNING,
        OrderCreated(
            order_id="123",
            user_id=None,
            lines=(),
            total=50_000,
            currency="KRW",
            currency_source="upcast",
        ),
    ),
    "the article's v2, which has a currency": created(
        "f8c6e1da-2d3e-4f40-9b5c-6d7e8f9aab14",
        "123",
        MORNING,
        OrderCreated(
            order_id="123",
            user_id=None,
            lines=(),
            total=50_000,
            currency="USD",
            currency_source="given",
        ),
    ),
    "v2": Message(
        id="3f1e5b7c9d2a4f608b1c3d5e7f9a0b1c",
        source="/orders",
        type="OrderCreated",
        subject=MINA,
        time=datetime(2026, 3, 2, 1, tzinfo=UTC),
        dataversion=4,
        sequence=1,
        correlationid=MINA,
        causationid="7a9b0c1d2e3f40516273849506172839",
        partitionkey="mina",
        data=OrderCreated(
            order_id=MINA,
            user_id="mina",
            customer=Customer(name="Mina Kim", email="mina@example.org"),
            lines=(
                OrderLine(sku="KB-1", name="Keyboard", quantity=1, unit_price=4950),
                OrderLine(sku="MS-2", quantity=3, unit_price=1250),
            ),
            total=8700,
            currency="USD",
            currency_source="given",
        ),
    ),
}


def written_as(line: bytes) -> tuple[str, int]:
    """Return the type and the version that a line says it has."""
    fields = msgspec.json.decode(line)
    return fields.get("type") or fields["event_type"], fields.get("dataversion", 1)


@pytest.mark.parametrize(("number", "name"), list(enumerate(MEANT, 1)))
def test_a_line_of_an_older_version_is_read_as_it_always_was(number: int, name: str) -> None:
    assert CODEC.decode(LINES[f"orders-{number}"]) == MEANT[name]


@pytest.mark.parametrize("name", LINES)
def test_a_line_written_again_is_the_same_message(name: str) -> None:
    once = CODEC.encode(CODEC.decode(LINES[name]))

    assert CODEC.decode(once) == CODEC.decode(LINES[name])
    assert CODEC.encode(CODEC.decode(once)) == once


@pytest.mark.parametrize(
    "name", [name for name, line in LINES.items() if written_as(line) in CURRENT]
)
def test_a_line_of_the_current_version_is_written_byte_for_byte(name: str) -> None:
    assert CODEC.encode(CODEC.decode(LINES[name])) == LINES[name]


def test_every_type_and_version_of_the_catalog_has_a_golden_line() -> None:
    assert {written_as(line) for line in LINES.values()} == {
        (kind.name, version) for kind in catalog() for version in range(1, kind.version + 1)
    }


FOLDS: dict[str, Callable[[Any, Any], Any]] = {
    "/legacy": orders.evolve,
    "/orders": orders.evolve,
    "/payments": payments.evolve,
    "/stock": stock.evolve,
    "/notifications": notifications.evolve,
    "/sagas": saga_fold.evolve,
}


@pytest.mark.parametrize("source", FOLDS)
def test_golden_events_fold_to_the_version_that_they_carry(source: str) -> None:
    states: dict[str, Any] = {}
    for message in map(CODEC.decode, LINES.values()):
        if message.source == source and message.sequence:
            state = FOLDS[source](states.get(message.subject), message.data)
            states[message.subject] = state

            assert state.version == message.sequence
    assert states
