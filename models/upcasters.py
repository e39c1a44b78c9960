"""Upcasters: how messages of the past are read as if they had been written today.

Holds the structs that older versions were written with, the plain envelope that came before
CloudEvents, and the catalog of all that the application reads and writes. Nothing here is ever
removed: the events it reads are kept for ever.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal, get_args

import msgspec

from models import (
    notification_messages,
    order_messages,
    payment_messages,
    saga_messages,
    stock_messages,
)
from models.errors import UnknownVersion
from models.messages import (
    Catalog,
    Envelope,
    Instant,
    MessageType,
    Name,
    Payload,
    Upcaster,
    Version,
)
from models.money import MAX_AMOUNT, Amount, Currency
from models.notification_messages import Kind
from models.order_messages import (
    MOST_LINES,
    CreateOrder,
    Customer,
    OrderCreated,
    OrderLine,
    Quantity,
)
from models.saga_messages import SagaStepStarted, StepName

LEGACY_SOURCE = "/legacy"  # the plain envelope does not say who wrote it
LEGACY_VERSIONS = 2  # 2 added `currency` to 1; the structs of our version 1 read both

# Ids were written as numbers or as text, and are text from here on.
LegacyId = Annotated[int, msgspec.Meta(ge=0, le=MAX_AMOUNT)] | Name


class OrderItemV1(Payload, frozen=True, kw_only=True):
    """An order line of version 1; the article's have no SKU, so that the name stands for it."""

    sku: Name | None = None
    name: Name
    qty: Quantity
    price: Amount


class OrderCreatedV1(Payload, frozen=True, kw_only=True):
    """Version 1 in all its shapes: the producer's, the aggregate's, and the minimal one."""

    order_id: LegacyId
    user_id: LegacyId | None = None
    items: tuple[OrderItemV1, ...] = ()
    total: Amount | None = None
    total_amount: Amount | None = None
    currency: Currency | None = None

    def __post_init__(self) -> None:
        if (self.total is None) == (self.total_amount is None):
            raise ValueError("give either `total` or `total_amount`")


class OrderCreatedV2(Payload, frozen=True, kw_only=True):
    """Version 2, which has no method of payment."""

    order_id: Name
    user_id: Name | None
    customer: Customer | None = None
    lines: tuple[OrderLine, ...]
    total: Amount
    currency: Currency
    currency_source: Literal["given", "upcast"]


class OrderCreatedV3(OrderCreatedV2, frozen=True, kw_only=True):
    """Version 3: today's, but for the style of the checkout."""

    method: Name | None = None


class CreateOrderV1(Payload, frozen=True, kw_only=True):
    """Version 1: today's, but for the style of the checkout."""

    order_id: Name
    user_id: Name
    customer: Customer | None = None
    lines: Annotated[tuple[OrderLine, ...], msgspec.Meta(min_length=1, max_length=MOST_LINES)]
    currency: Currency
    method: Name


class SagaStepStartedV1(Payload, frozen=True, kw_only=True):
    """Version 1: today's, but for the line, and for when the answers are missed."""

    order_id: Name
    step: StepName
    until: Instant | None = None
    kind: Kind | None = None


def upcast_order_created_v1(old: OrderCreatedV1) -> OrderCreatedV2:
    """Version 1 had no currency. The first shop sold in won: KRW, marked as a guess."""
    return OrderCreatedV2(
        order_id=str(old.order_id),
        user_id=None if old.user_id is None else str(old.user_id),
        lines=tuple(
            OrderLine(
                sku=item.sku or item.name, name=item.name, quantity=item.qty, unit_price=item.price
            )
            for item in old.items
        ),
        total=old.total or old.total_amount or 0,  # exactly one of them is given
        currency=old.currency or "KRW",
        currency_source="given" if old.currency else "upcast",
    )


def upcast_order_created_v2(old: OrderCreatedV2) -> OrderCreatedV3:
    """Version 2 did not say how the customer pays, and nobody can guess it: None."""
    return OrderCreatedV3(**msgspec.structs.asdict(old), method=None)


def upcast_order_created_v3(old: OrderCreatedV3) -> OrderCreated:
    """Until version 3 there was one style of checkout."""
    return OrderCreated(**msgspec.structs.asdict(old), saga="orchestration")


def upcast_create_order_v1(old: CreateOrderV1) -> CreateOrder:
    """Until version 1 there was one style of checkout."""
    return CreateOrder(**msgspec.structs.asdict(old), saga="orchestration")


def upcast_saga_step_started_v1(old: SagaStepStartedV1) -> SagaStepStarted:
    """Version 1 was waited for without a deadline, and always began all of a step."""
    return SagaStepStarted(**msgspec.structs.asdict(old))


class _LegacyKeys(msgspec.Struct):
    order_id: LegacyId | None = None
    user_id: LegacyId | None = None


class _LegacyEnvelope(msgspec.Struct):
    event_type: Name
    event_id: Name
    timestamp: datetime
    data: _LegacyKeys
    version: Version = 1
    aggregate_id: LegacyId | None = None


class _LegacyData(msgspec.Struct):
    data: dict[str, msgspec.Raw]


class _Marks(msgspec.Struct):
    event_type: object = msgspec.UNSET
    specversion: object = msgspec.UNSET


_read_marks = msgspec.json.Decoder(_Marks).decode
_read_envelope = msgspec.json.Decoder(_LegacyEnvelope).decode
_read_data = msgspec.json.Decoder(_LegacyData).decode


def from_legacy(record: bytes) -> Envelope | None:
    """Read the plain envelope as a CloudEvents one; None if it is not the plain envelope.

    A row of the article's event store names its `aggregate_id`, and its `version` counts the
    aggregate's events; without one, `version` is that of the schema. Raises what msgspec raises.
    """
    marks = _read_marks(record)
    if marks.event_type is msgspec.UNSET or marks.specversion is not msgspec.UNSET:
        return None
    old = _read_envelope(record)
    row = old.aggregate_id is not None
    order_id = old.data.order_id if old.data.order_id is not None else old.aggregate_id
    if order_id is None:
        raise msgspec.ValidationError("Object missing required field `order_id` - at `$.data`")
    if not row and old.version > LEGACY_VERSIONS:
        raise UnknownVersion(
            "$.version",
            f"{old.version} is above {LEGACY_VERSIONS}, the last one of the plain envelope",
            "write CloudEvents instead",
        )
    data = _read_data(record).data | {"order_id": msgspec.Raw(msgspec.json.encode(order_id))}
    return Envelope(
        specversion="1.0",
        id=old.event_id,
        source=LEGACY_SOURCE,
        type=old.event_type,
        subject=str(order_id),
        time=old.timestamp if old.timestamp.tzinfo else old.timestamp.replace(tzinfo=UTC),
        dataversion=1,
        sequence=old.version if row else None,
        correlationid=str(order_id),
        partitionkey=str(order_id if old.data.user_id is None else old.data.user_id),
        data=msgspec.Raw(msgspec.json.encode(data)),
    )


def catalog() -> Catalog:
    """Return the register of every message that the application reads and writes."""
    changed = (
        MessageType(
            OrderCreated,
            version=4,
            upcasters={
                1: Upcaster(OrderCreatedV1, upcast_order_created_v1),
                2: Upcaster(OrderCreatedV2, upcast_order_created_v2),
                3: Upcaster(OrderCreatedV3, upcast_order_created_v3),
            },
        ),
        MessageType(
            CreateOrder, version=2, upcasters={1: Upcaster(CreateOrderV1, upcast_create_order_v1)}
        ),
        MessageType(
            SagaStepStarted,
            version=2,
            upcasters={1: Upcaster(SagaStepStartedV1, upcast_saga_step_started_v1)},
        ),
    )
    families = (
        order_messages.OrderCommand,
        order_messages.OrderEvent,
        payment_messages.PaymentCommand,
        payment_messages.PaymentEvent,
        stock_messages.StockCommand,
        stock_messages.StockEvent,
        notification_messages.NotificationCommand,
        notification_messages.NotificationEvent,
        saga_messages.SagaCommand,
        saga_messages.SagaEvent,
    )
    schemas = {schema for family in families for schema in get_args(family)}
    schemas.add(order_messages.OrderTimedOut)
    unchanged = schemas.difference(each.schema for each in changed)
    return Catalog([*changed, *map(MessageType, sorted(unchanged, key=lambda each: each.__name__))])
