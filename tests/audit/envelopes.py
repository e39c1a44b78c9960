"""From records to distinct messages, and whether each stands where it belongs.

Decides what is a harmless repeat (same id, same bytes), what is no message, and whether key,
partition, subject and writer are right. What messages mean for each other comes later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.audit.findings import Audit
from tests.audit.grammar import COMMANDS, CONTEXTS, KINDS, ORCHESTRATION, VERSIONS
from tests.audit.murmur2 import partition_of
from tests.audit.records import Message, NoMessage, Record, decode

Topics = Mapping[str, Sequence[Record]]
Place = tuple[str, int, int]

DEAD = ".dlq"


class Log:
    """The distinct messages of each topic in order, all of them by id, and the style of orders."""

    def __init__(self, topics: Topics, audit: Audit, partitions: int, expected_dead: int) -> None:
        self.by_id: dict[str, Message] = {}
        self.contested: list[Message] = []  # from outside, under an id that says otherwise
        self.contested_ids: set[str] = set()
        self._audit = audit
        self._partitions = partitions
        self._dead = self._read_dead_letters(topics, expected_dead)
        self._topics = {name: self._distinct(name, topics.get(name, ())) for name in _NAMES}
        self._styles = {
            each.journey: each.data.get("saga") or ORCHESTRATION
            for topic in ("orders.commands", "orders")
            for each in self._topics[topic]
            if each.type in ("CreateOrder", "OrderCreated")
        }
        for name in topics:
            if name not in self._topics and not name.endswith(DEAD):
                audit.find("topic", f"{name} is not known to this auditor; teach it")

    def __getitem__(self, topic: str) -> list[Message]:
        return self._topics[topic]

    def may_be(self, style: str, order_id: str) -> bool:
        """Whether an order has a style; any, as long as nothing of it was read that says so."""
        known = self._styles.get(order_id)
        if known is None:
            return style == ORCHESTRATION or not self._audit.finished
        return known == style

    def _read_dead_letters(self, topics: Topics, expected: int) -> dict[Place, Record]:
        letters: dict[Place, Record] = {}
        for name, records in topics.items():
            if name.endswith(DEAD):
                letters.update((_origin(record), record) for record in records)
        audit = self._audit
        for (topic, partition, offset), letter in letters.items():
            why = dict(letter.headers).get("dead-letter-reason") or b"no reason given"
            audit.dead_letters.append(
                f"{topic}[{partition}]@{offset}: {why.decode(errors='replace')}"
            )
        if len(letters) != expected:
            audit.find(
                "dead letters",
                f"{len(letters)}, expected {expected}: {'; '.join(audit.dead_letters[:5])}",
            )
        return letters

    def _distinct(self, topic: str, records: Sequence[Record]) -> list[Message]:
        audit, by_id, messages = self._audit, self.by_id, []
        audit.records[topic] = len(records)
        expected: dict[int, int] = {}
        for record in records:
            if record.offset != expected.get(record.partition, 0):
                audit.find(
                    "offsets",
                    f"{record.place} is where {expected.get(record.partition, 0)} should be:"
                    " records are missing, or were read out of order",
                )
            expected[record.partition] = record.offset + 1
            if self._dead and self._is_dead(record):
                continue
            message = self._read(record)
            if message is None:
                continue
            first = by_id.get(message.id)
            if first is None:
                by_id[message.id] = message
                messages.append(message)
                self._check(message)
            elif first.record.value == record.value and _address(first.record) == _address(record):
                audit.repeats[topic] += 1
            else:
                self._again(first, message)
        return messages

    def _is_dead(self, record: Record) -> bool:
        letter = self._dead.get((record.topic, record.partition, record.offset))
        if letter is not None and (letter.value, letter.key) != (record.value, record.key):
            self._audit.find("dead letters", f"{letter.place} is not the record at {record.place}")
        return letter is not None

    def _read(self, record: Record) -> Message | None:
        """The message in a record; what is none must be a dead letter, at rest at the latest."""
        try:
            message = decode(record)
            check_kind(message)
        except NoMessage as error:
            if self._audit.finished or record.topic not in COMMANDS:
                self._audit.find("messages", f"{record.place} holds no message: {error}")
            return None
        return message

    def _again(self, first: Message, message: Message) -> None:
        """From outside an id may come again; with another body it has to be refused."""
        self._check(message)
        same_place = _address(first.record) == _address(message.record)
        if same_place and first.source == message.source and first.source not in CONTEXTS:
            if _said(first) == _said(message):
                self._audit.repeats[message.record.topic] += 1
            else:
                self.contested.append(message)
                self.contested_ids.add(message.id)
        else:
            self._audit.find(
                "ids", f"{message} has the id {message.id} of {first}, and other bytes"
            )

    def _check(self, message: Message) -> None:
        record, find = message.record, self._audit.find
        kind = KINDS[record.topic, message.type]
        if kind.writers and message.source not in kind.writers | {"/legacy"}:
            writers = " or ".join(sorted(kind.writers))
            find("writers", f"{message} is from {message.source}, only {writers} may write it")
        if message.version not in VERSIONS.get(message.type, (1,)):
            find("versions", f"{message} has version {message.version}, unknown to this auditor")
        if message.data[kind.subject] != message.subject:
            find("subjects", f"{message} is about {kind.subject} {message.data[kind.subject]}")
        key = message.key.encode()
        if record.key != key:
            find("keys", f"{message} has the key {record.key!r}, its partitionkey is {message.key}")
        if record.partition != partition_of(key, self._partitions):
            find("keys", f"{message} belongs to partition {partition_of(key, self._partitions)}")
        if message.key != (expected := _home(message)):
            find("keys", f"{message} is keyed {message.key}, it belongs to {expected}")
        if message.data.get("order_id", message.journey) != message.journey:
            find(
                "journeys", f"{message} says order {message.data['order_id']} in {message.journey}"
            )


def check_kind(message: Message) -> None:
    """Raise NoMessage unless its topic carries such messages, with all that they have to say."""
    kind = KINDS.get((message.record.topic, message.type))
    if kind is None:
        raise NoMessage(f"this topic carries no {message.type}")
    if not kind.needs <= message.data.keys():
        raise NoMessage(f"{message} lacks {', '.join(sorted(kind.needs - message.data.keys()))}")


_NAMES = tuple(dict.fromkeys(topic for topic, _ in KINDS))


def _said(message: Message) -> tuple[object, ...]:
    return message.type, message.data, message.cause, message.journey


def _address(record: Record) -> tuple[str, int, bytes | None]:
    return record.topic, record.partition, record.key


def _home(message: Message) -> str:
    """The partition key that a message must have: the SKU, or the user that its order id names."""
    topic = message.record.topic
    if topic.startswith("stock"):
        return message.subject
    order_id = message.data["order_id"]
    user, colon, _ = order_id.rpartition(":")
    return str(user) if colon else message.key


def _origin(letter: Record) -> Place:
    """The record that a dead letter is of; the last headers count, it may have died twice."""
    said = dict(letter.headers)
    topic = said.get("dead-letter-topic") or letter.topic.removesuffix(DEAD).encode()
    partition = said.get("dead-letter-partition") or b"-1"
    offset = said.get("dead-letter-offset") or str(-1 - letter.offset).encode()
    return topic.decode(), int(partition), int(offset)
