"""What is asked of the system: orders, and stock for them.

An order follows from its number alone, spread evenly over users and SKUs; or it is one of the
simulation's, by a seed. Written here as records, by librdkafka, as fast as it goes;
`bench/orders/placing.py` asks for the same orders over HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import msgspec
from confluent_kafka import Producer

from agents.cli.simulation.catalogue import CATALOGUE
from agents.cli.simulation.plan import plans
from models.messages import Message, Payload
from models.order_ids import order_id_at
from models.order_messages import Style
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
_SIMULATED = tuple(product.sku for product in CATALOGUE)

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


def simulated(seed: int, style: Style) -> Iterator[OrderRequest]:
    """Orders without end that nothing stands in the way of: the same in whichever style."""
    for plan in plans(seed, USERS, run="bench", styles=[style]):
        if plan.cancel is None and not plan.declined:
            yield msgspec.convert(plan.body, OrderRequest)


def orders(asked: Iterable[OrderRequest], partitions: int) -> dict[str, Row]:
    """Commands that place these orders, by the ids that they give them."""
    now = datetime.now(UTC)
    rows = {}
    for number, each in enumerate(asked):
        order_id = order_id_at(each.user_id, int(now.timestamp() * 1000), number)
        command = create_order(order_id, each)
        rows[order_id] = _row(
            topics.order_commands, command, order_id, each.user_id, now, partitions
        )
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
        for sku in (*(f"SKU-{number:02d}" for number in range(SKUS)), *_SIMULATED)
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
