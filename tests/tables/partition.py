"""One partition of a read model: a real store, written by real units, read as queries read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

from models.messages import Message
from models.upcasters import catalog
from streams.batches import Intake, Piece
from streams.codec import Codec
from streams.lane import State
from streams.ledger import Ledger
from streams.reading import Reader
from streams.store import PartitionStore
from streams.unit import Unit
from tables.order_projector import project
from tables.order_views import TABLE
from tests.streams.world import LogRecord

CODEC = Codec(catalog())
TOPIC = "in"


class FakeApp:
    """A worker that has some partitions of one table."""

    def __init__(self, table: str, partitions: int) -> None:
        self.table = table
        self.partitions = partitions
        self.runtime = SimpleNamespace(lanes={})
        self.group_consumer = SimpleNamespace(highwater=lambda _: 0)


class Partition:
    """A partition that is open in a worker."""

    def __init__(
        self,
        app: Any,
        directory: Path,
        project: Callable[[Unit[Message], Message], None],
        number: int = 0,
    ) -> None:
        self.store = PartitionStore(directory / f"{app.table}-{number}.db")
        self._project = project
        self._ledger = Ledger()
        self._intake = Intake({TOPIC: 0})
        app.runtime.lanes[app.table, number] = SimpleNamespace(
            table=app.table,
            partition=number,
            store=self.store,
            state=State.OPEN,
            topics=(TOPIC,),
            intake=self._intake,
            ledger=self._ledger,
        )
        self.reader = Reader(app, app.table, number)

    def tell(self, *messages: Message) -> dict[bytes, bytes | None]:
        """Project messages in one unit of work; returns the states that its commit wrote."""
        start = self._intake.expected[TOPIC]
        end = self._intake.expected[TOPIC] = start + len(messages)
        records = [
            LogRecord(start + at, 0, b"k", CODEC.encode(each), ())
            for at, each in enumerate(messages)
        ]
        unit: Unit[Message] = Unit(
            writer="w",
            partition=self.reader.partition,
            partitions=1,
            pieces=[Piece(TOPIC, start, end, records)],
            ledger=self._ledger,
            store=self.store,
            decode=CODEC.decode,
        )
        unit.each(self._project)
        assert unit.failure is None
        assert unit.rest == []
        commit = unit.commit(0)
        self._ledger.acknowledge(commit, self._ledger.end)
        self.store.write(commit.states)
        return dict(commit.states)


@contextmanager
def partition_of_orders() -> Iterator[Partition]:
    """An empty partition of orders, one for each example of a property."""
    with TemporaryDirectory() as directory:
        partition = Partition(FakeApp(TABLE, 1), Path(directory), project)
        try:
            yield partition
        finally:
            partition.store.close()
