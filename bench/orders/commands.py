"""What is asked of the system: orders, and stock for them, spread evenly over users and SKUs.

An order follows from its number alone. Written here as records, by librdkafka, as fast as it goes;
`bench/orders/placing.py` asks for the same orders over HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from confluent_kafka import Producer

from models.messages import Message, Payload
from models.order_ids import order_id_at
from models.requests import CustomerRequest, LineRequest, OrderRequest, create_order
from models.stock_messages import ReceiveStock
from models.upcasters import catalog
from streams import topics
from streams.codec import CONTENT_TYPE, Codec
from streams.partitioner import partition_of
from streams.topics import Topic

USERS = 200
SKUS = 30
_STOCKED = 1_000_000  # of each SKU: more than any run sells
_APART = 7  # between the SKUs of two lines of an order, so that no two are the same

_CATALOG = catalog()
_encode = Codec(_CATALOG).encode

Row = tuple[str, bytes, bytes, int]  # topic, key, value, partition


def order(number: int, lines: int) -> OrderRequest:
    """The order of this number, with so many lines."""
    user = f"user-{number % USERS:03d}"
    return OrderRequest(
        user_id=user,
        customer=CustomerRequest(name=f"Customer {user}", email=f"{user}@example.com"),
        lines=tuple(
            LineRequest(
                sku=f"SKU-{(number + _APART * line) % SKUS:02d}",
                name=f"Article {line}",
                quantity=1 + number % 3,
                unit_price=500 + number % 5_000,
            )
            for line in range(lines)
        ),
        currency="EUR",
    )


def orders(numbers: Iterable[int], lines: int, partitions: int) -> list[Row]:
    """Commands that place these orders."""
    now = datetime.now(UTC)
    rows = []
    for number in numbers:
        asked = order(number, lines)
        order_id = order_id_at(asked.user_id, int(now.timestamp() * 1000), number)
        command = create_order(order_id, asked)
        rows.append(_row(topics.order_commands, command, order_id, asked.user_id, now, partitions))
    return rows


def stock(partitions: int) -> list[Row]:
    """Commands that receive plenty of every SKU."""
    now = datetime.now(UTC)
    return [
        _row(
            topics.stock_commands,
            ReceiveStock(sku=sku, quantity=_STOCKED),
            sku,
            sku,
            now,
            partitions,
        )
        for sku in (f"SKU-{number:02d}" for number in range(SKUS))
    ]


def write(bootstrap: str, rows: Iterable[Row]) -> None:
    """Write records, and return when all are acknowledged."""
    producer = Producer({"bootstrap.servers": bootstrap, "queue.buffering.max.messages": 1_000_000})
    for topic, key, value, partition in rows:
        producer.produce(topic, value, key, partition, headers=[CONTENT_TYPE])
    producer.flush()


def _row(  # noqa: PLR0913, PLR0917 - what a record needs to be a command
    topic: Topic, data: Payload, subject: str, home: str, time: datetime, partitions: int
) -> Row:
    key = home.encode()
    command = Message(
        id=f"bench:{subject}",
        source="/bench",
        type=type(data).__name__,
        subject=subject,
        time=time,
        dataversion=_CATALOG.version_of(data),
        correlationid=subject,
        partitionkey=home,
        data=data,
    )
    return topic.name, key, _encode(command), partition_of(key, partitions)
