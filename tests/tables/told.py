"""Data as messages: `told` makes those of one aggregate, numbered from 1, a second apart."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from models.messages import Message, Payload
from models.upcasters import catalog

CATALOG = catalog()
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ADA = "ada:01JNAFQ3E0ABCDEFGHJKMNPQRS"
PAID = f"{ADA}/payment"


def after(seconds: float) -> datetime:
    """A time of the tests' day."""
    return NOON + timedelta(seconds=seconds)


def message(  # noqa: PLR0913 - the parts of an envelope that tests vary, by name
    data: Payload,
    sequence: int | None = None,
    *,
    source: str = "/orders",
    identity: str | None = None,
    seconds: float = 0,
    cause: str | None = "cause",
) -> Message:
    """Data as one event of an aggregate."""
    kind = type(data).__name__
    subject: str = getattr(data, "order_id", getattr(data, "sku", ""))
    return Message(
        id=identity or f"{source}:{subject}:{sequence}:{kind}",
        source=source,
        type=kind,
        subject=subject,
        time=after(seconds),
        dataversion=CATALOG.version_of(data),
        sequence=sequence,
        correlationid=subject,
        causationid=cause,
        partitionkey=subject.partition(":")[0],
        data=data,
    )


def told(source: str, events: Iterable[Payload], *, seconds: float = 0) -> list[Message]:
    """Events of one aggregate, in their order."""
    return [
        message(data, number, source=source, seconds=seconds + number)
        for number, data in enumerate(events, 1)
    ]
