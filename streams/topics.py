"""Every topic, declared once: its key, what it carries, who may write it, how long it is kept.

All topics have the same number of partitions, so that one user's orders, payments and sagas
share a partition, and so do a table and the topic it is made from (co-partitioning).
Nothing is created here; `streams/provision.py` creates topics and compares them with this page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal

# Chosen once, when topics are created: keys would move if it changed. Twelve workers at most,
# and it divides evenly among 1, 2, 3, 4, 6 and 12.
PARTITIONS = 12
REPLICATION = 1  # one broker; three in production

MIB = 1024 * 1024
WEEK = timedelta(days=7)
MONTH = timedelta(days=30)
FOR_EVER = None

# A dead letter is the original record, perhaps the largest allowed, and headers.
ROOM_FOR_REASON = 64 * 1024
# A commit record holds one whole unit of work: all its states and all its outputs.
LARGEST_COMMIT = 4 * MIB
# A commit record that was refused may stand in front of the accepted one; it must not be the
# one that compaction keeps before the owner has written the accepted values again.
SAFE_FROM_COMPACTION = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Topic:
    """One Kafka topic.

    `key` and `carries` say what a record is about, `writer` names the only one who may produce it.
    `retention` is how long records stay, `FOR_EVER` where the topic is the truth itself.
    `settings` are Kafka's own, for what the other fields do not cover.
    """

    name: str
    key: str
    carries: str
    writer: str
    retention: timedelta | None = FOR_EVER
    cleanup: Literal["delete", "compact"] = "delete"
    largest_message: int = MIB
    settings: Mapping[str, str] = field(default_factory=dict)

    def config(self) -> dict[str, str]:
        """Kafka's settings for this topic; what is not among them is the cluster's default."""
        kept = -1 if self.retention is None else milliseconds(self.retention)
        return {
            "cleanup.policy": self.cleanup,
            "retention.ms": str(kept),
            "retention.bytes": "-1",
            "max.message.bytes": str(self.largest_message),
            **self.settings,
        }


def dead_letters(topic: Topic) -> Topic:
    """Where records of `topic` go that cannot be handled: original bytes, reason in headers."""
    return replace(
        topic,
        name=f"{topic.name}.dlq",
        carries=f"records of {topic.name} that could not be handled",
        writer="streams (the runtime)",
        retention=MONTH,
        largest_message=topic.largest_message + ROOM_FOR_REASON,
    )


def changelog(table: str) -> Topic:
    """Log of the commits of one agent's table, named after it so that any app may go on with it."""
    return Topic(
        name=f"{table}.changelog",
        key="commit marker, or key of a state",
        carries=f"commit records of the table {table}: its states, its progress, its outbox",
        writer=f"the worker that owns the partition of {table}",
        cleanup="compact",
        largest_message=LARGEST_COMMIT,
        settings={
            "min.compaction.lag.ms": str(milliseconds(SAFE_FROM_COMPACTION)),
            # A restore that takes longer than this could miss a deletion.
            "delete.retention.ms": str(milliseconds(timedelta(hours=24))),
            # Only closed segments are compacted: small and short ones keep restores short.
            "segment.bytes": str(64 * MIB),
            "segment.ms": str(milliseconds(timedelta(hours=6))),
            # Compact when a fifth of the log is outdated, not half: a restore reads what is left.
            "min.cleanable.dirty.ratio": "0.2",
        },
    )


def milliseconds(span: timedelta) -> int:
    """Kafka's unit of time."""
    return span // timedelta(milliseconds=1)


order_commands = Topic(
    name="orders.commands",
    key="user id",
    carries="CreateOrder, CancelOrder, ShipOrder, and what sagas ask of an order",
    writer="HTTP API, command line, agents/sagas",
    retention=WEEK,
)
orders = Topic(
    name="orders",
    key="user id",
    carries="events of the Order aggregate: the event store",
    writer="agents/orders",
)
payment_commands = Topic(
    name="payments.commands",
    key="user id",
    carries="AuthorizePayment, CapturePayment, VoidPayment, RefundPayment, results of the gateway",
    writer="agents/sagas, the gateway executor",
    retention=WEEK,
)
payments = Topic(
    name="payments",
    key="user id",
    carries="payment events: a ledger",
    writer="agents/payments",
)
stock_commands = Topic(
    name="stock.commands",
    key="SKU",
    carries="ReserveStock, ReleaseStock, DeductStock, RestockStock, ReceiveStock, AdjustStock",
    writer="agents/sagas, HTTP API, command line",
    retention=WEEK,
)
stock = Topic(
    name="stock",
    key="SKU",
    carries="stock events: movements",
    writer="agents/stock",
)
saga_commands = Topic(
    name="sagas.commands",
    key="user id",
    carries="what operators ask of a saga, and deadlines that have passed",
    writer="HTTP API, command line, the timers of agents/sagas",
    retention=WEEK,
)
saga_replies = Topic(
    name="sagas.replies",
    key="user id",
    carries="outcomes of work keyed by SKU, sent home to the order's partition",
    writer="agents/stock",
    retention=WEEK,
)
sagas = Topic(
    name="sagas",
    key="user id",
    carries="saga events: started, step succeeded, refused, timed out, compensating, done, stuck",
    writer="agents/sagas",
)
notification_commands = Topic(
    name="notifications.commands",
    key="user id",
    carries="Notify, results of the mail provider",
    writer="agents/sagas, the mail executor",
    retention=WEEK,
)
notifications = Topic(
    name="notifications",
    key="user id",
    carries="what was said to whom, once",
    writer="agents/notifications",
)

ALL = (
    order_commands,
    orders,
    payment_commands,
    payments,
    stock_commands,
    stock,
    saga_commands,
    saga_replies,
    sagas,
    notification_commands,
    notifications,
)


def with_dead_letters(topics: tuple[Topic, ...] = ALL) -> list[Topic]:
    """Return the topics, each followed by where its bad records go."""
    return [each for topic in topics for each in (topic, dead_letters(topic))]
