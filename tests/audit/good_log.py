"""Writes a log as a faultless system would, by hand: none of the application's code is used.

A `Log` numbers, keys and places messages; what happens to an order is told in `stories.py`.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.audit.murmur2 import partition_of
from tests.audit.records import Record

Document = dict[str, Any]

TOPICS = (
    "orders.commands",
    "orders",
    "payments.commands",
    "payments",
    "stock.commands",
    "stock",
    "sagas.replies",
    "sagas",
    "sagas.commands",
    "notifications.commands",
    "notifications",
)
EPOCH = datetime(2026, 11, 23, tzinfo=UTC)
_VERSIONS = {"OrderCreated": 4, "CreateOrder": 2, "SagaStepStarted": 2}  # of all others the first
_WRITERS = {"commands": "/sagas", "replies": "/stock"}
CONTENT_TYPE = ("content-type", b"application/cloudevents+json; charset=UTF-8")


class Log:
    """Topics that grow, the gateway's ledger and the mails.

    `written` has the topic and place in it of every record, in the order of time.
    """

    def __init__(self, partitions: int = 12) -> None:
        self.partitions = partitions
        self.topics: dict[str, list[Record]] = {name: [] for name in TOPICS}
        self.gateway: list[Document] = []
        self.mails: list[Document] = []
        self.written: list[tuple[str, int]] = []
        self.stock: dict[str, list[int]] = {}  # on hand and reserved, by SKU
        self._ends: Counter[tuple[str, int]] = Counter()
        self._versions: Counter[tuple[str, str]] = Counter()
        self._indices: Counter[tuple[str, str]] = Counter()
        self._outbox: Counter[tuple[str, int]] = Counter()

    @property
    def time(self) -> str:
        """Later with every record."""
        return (EPOCH + timedelta(milliseconds=len(self.written))).isoformat()

    def root(self, topic: str, kind: str, subject: str, data: Document, **more: Any) -> Document:
        """A message from outside."""
        home = more.get("home", subject.split(":", maxsplit=1)[0])
        document = self._document(kind, more.get("source", "/api"), subject, data, home)
        document["correlationid"] = data.get("order_id", subject)
        key = data["key"] if "key" in data else f"{len(self.written)}"
        document["id"] = _hash(key, document["source"], 0)
        if "cause" in more:
            document["causationid"] = more["cause"]
        self.publish(topic, document)
        return document

    def follow(  # noqa: PLR0913 - an envelope has that many attributes
        self,
        topic: str,
        cause: Document,
        kind: str,
        subject: str,
        data: Document,
        *,
        home: str = "",
        source: str = "",
    ) -> Document:
        """A message that follows from another one; events are numbered."""
        source = source or _WRITERS.get(topic.partition(".")[2]) or f"/{topic}"
        document = self._document(kind, source, subject, data, home or cause["partitionkey"])
        self._indices[cause["id"], source] += 1
        index = self._indices[cause["id"], source] - 1
        name = f"{source}:{kind}"
        document["id"] = _hash(cause["id"], name, 1000 if topic == "sagas.replies" else index)
        document["correlationid"] = cause["correlationid"]
        document["causationid"] = cause["id"]
        if "." not in topic and data.get("state") != "NONE":
            self._versions[topic, subject] += 1
            document["sequence"] = self._versions[topic, subject]
        self.publish(topic, document, origin=source)
        return document

    def publish(self, topic: str, document: Document, origin: str = "") -> None:
        """Append a record; one of an agent of ours has an origin."""
        key = document["partitionkey"].encode()
        partition = partition_of(key, self.partitions)
        headers: tuple[tuple[str, bytes | None], ...] = (CONTENT_TYPE,)
        if origin:
            self._outbox[origin, partition] += 1
            number = self._outbox[origin, partition]
            headers += (("origin", f"{origin[1:]}/{partition}/{number}/0".encode()),)
        value = json.dumps(document, separators=(",", ":")).encode()
        self._append(Record(topic, partition, 0, key, value, headers))

    def publish_again(self, topic: str) -> None:
        """Repeat the last output of a topic, as a worker does that died before it was told."""
        self._append(self.topics[topic][-1])

    def move(self, sku: str, on_hand: int, reserved: int) -> None:
        """Change the stock of a SKU."""
        held = self.stock.setdefault(sku, [0, 0])
        held[0] += on_hand
        held[1] += reserved

    def available(self, sku: str) -> int:
        """What is on hand and not reserved."""
        on_hand, reserved = self.stock.get(sku, (0, 0))
        return on_hand - reserved

    def _append(self, record: Record) -> None:
        place = record.topic, record.partition
        self.written.append((record.topic, len(self.topics[record.topic])))
        self.topics[record.topic].append(record._replace(offset=self._ends[place]))
        self._ends[place] += 1

    def _document(
        self, kind: str, source: str, subject: str, data: Document, home: str
    ) -> Document:
        return {
            "specversion": "1.0",
            "id": "",
            "source": source,
            "type": kind,
            "subject": subject,
            "time": self.time,
            "dataversion": _VERSIONS.get(kind, 1),
            "partitionkey": home,
            "data": data,
        }


def _hash(cause: str, name: str, index: int) -> str:
    text = f"{len(cause)}:{cause}{len(name)}:{name}{index}"
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
