"""A stage for one agent without Kafka: records in, a unit of work, what it wrote and published."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from agents.publishing import CODEC
from models.messages import Message, Payload
from models.upcasters import catalog
from streams.batches import Piece
from streams.codec import CONTENT_TYPE
from streams.commit import Output
from streams.ledger import Ledger
from streams.origins import HEADER
from streams.partitioner import partition_of
from streams.unit import Unit
from tests.streams.world import Disk, LogRecord

CATALOG = catalog()
PARTITIONS = 4
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MILLISECONDS = int(NOON.timestamp() * 1000)


def message(data: Payload, *, subject: str, home: str, **changes: Any) -> Message:
    """A message about `subject`, at home under the partition key `home`."""
    attributes: dict[str, Any] = {
        "id": f"{type(data).__name__}-1",
        "source": "/test",
        "type": type(data).__name__,
        "subject": subject,
        "time": NOON,
        "dataversion": CATALOG.version_of(data),
        "correlationid": "journey",
        "partitionkey": home,
        "data": data,
    }
    return Message(**(attributes | changes))


class Stage:
    """One partition of one agent; what a unit has written is there for the next."""

    def __init__(
        self,
        handle: Callable[[Unit[Message], Message], object],
        decode: Callable[[bytes | None], Message],
        home: str,
    ) -> None:
        self.handle = handle
        self.decode = decode
        self.partition = partition_of(home.encode(), PARTITIONS)
        self.store = Disk()
        self.units = 0

    def say(
        self, *messages: Message, foreign: bool = True, key: bytes | None = None
    ) -> list[Output]:
        """Let the agent handle messages in one unit; returns what it publishes."""
        records = [self._record(n, each, foreign, key) for n, each in enumerate(messages)]
        unit: Unit[Message] = Unit(
            writer="w",
            partition=self.partition,
            partitions=PARTITIONS,
            pieces=[Piece("in", 0, len(records), records)],
            ledger=Ledger(),
            store=self.store,
            decode=self.decode,
        )
        unit.each(self._handle)
        self.units += 1
        assert unit.failure is None, unit.failure
        commit = unit.commit(0)
        self.store.write(commit.states)
        return list(commit.marker.outbox)

    def _handle(self, unit: Unit[Message], said: Message) -> None:
        self.handle(unit, said)

    def _record(self, offset: int, said: Message, foreign: bool, key: bytes | None) -> LogRecord:  # noqa: FBT001 - as the caller says it
        origin = f"sagas/{self.partition}/{self.units + 1}/{offset}".encode()
        headers = (CONTENT_TYPE,) if foreign else (CONTENT_TYPE, (HEADER, origin))
        key = said.partitionkey.encode() if key is None else key
        return LogRecord(offset, MILLISECONDS, key, CODEC.encode(said), headers)


def messages(outputs: list[Output], topic: str) -> list[Message]:
    """What was published to a topic."""
    return [CODEC.decode(output.value) for output in outputs if output.topic == topic]


def kinds(outputs: list[Output]) -> list[tuple[str, str]]:
    """Topic and type of what was published, in order; a dead letter has its reason for a type."""
    return [
        (output.topic, _reason(output) if output.topic.endswith(".dlq") else _type(output))
        for output in outputs
    ]


def _type(output: Output) -> str:
    return CODEC.decode(output.value).type


def _reason(output: Output) -> str:
    return " ".join(
        value.decode() for name, value in output.headers if value and name.endswith("field")
    )
