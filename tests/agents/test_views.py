"""The projecting agents: which topics they read, and what happens to what does not belong there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from agents import order_views, stock_views
from agents.publishing import CODEC
from models.messages import Message
from streams.batches import Piece
from streams.ledger import Ledger
from streams.topics import Topic
from streams.unit import Unit
from tables import order_views as order_tables
from tables import stock_views as stock_tables
from tests.streams.world import Disk, LogRecord
from tests.tables.journeys import happy
from tests.tables.stock_events import TEA, received
from tests.tables.told import ADA, message

Agent = Callable[[Any], Awaitable[None]]


class FakeWorker:
    """An app with one agent, its runtime, and one partition of the agent's table."""

    def __init__(self, module: ModuleType) -> None:
        self.runtime = self
        self.store = Disk()
        self.sealed: list[Unit[Message]] = []
        self.attached: Any = None
        self.name = ""
        self.topics: list[str] = []
        self._agent: Agent
        module.register(self)

    def state_table(self, name: str, _: str = "") -> Any:
        return SimpleNamespace(name=name)

    def source(self, *topics: Topic) -> list[str]:
        return [topic.name for topic in topics]

    def agent(self, source: list[str], *, name: str) -> Callable[[Agent], None]:
        self.topics, self.name = source, name
        return lambda agent: setattr(self, "_agent", agent)

    def attach(self, attachment: Any) -> None:
        self.attached = attachment

    def begin(self, records: list[LogRecord]) -> Unit[Message]:
        return Unit(
            writer="w",
            partition=0,
            partitions=1,
            pieces=[Piece(self.topics[0], 0, len(records), records)],
            ledger=Ledger(),
            store=self.store,
            decode=self.attached.decode,
        )

    def seal(self, unit: Unit[Message], *_: object) -> None:
        self.store.write(unit.commit(0).states)
        self.sealed.append(unit)

    def after_unit(self, _: object) -> None:
        """Nothing waits."""

    def on_error(self) -> None:
        """Nothing goes wrong."""

    async def hand_over(self, *messages: Message) -> Unit[Message]:
        """Let the agent work on one batch."""
        values = [CODEC.encode(each) for each in messages]
        records = [LogRecord(at, 0, b"k", value, ()) for at, value in enumerate(values)]
        await self._agent(FakeStream(self, records))
        return self.sealed[-1]


class FakeStream:
    """A stream of one batch."""

    def __init__(self, app: FakeWorker, records: list[LogRecord]) -> None:
        self.app = app
        self.channel = SimpleNamespace(topics=app.topics)
        self._records = records

    async def __aiter__(self) -> AsyncIterator[Any]:
        lane = SimpleNamespace(
            begin=lambda _: self.app.begin(self._records), seal=self.app.seal, writer="w"
        )
        yield SimpleNamespace(lane=lane, epoch=0)


HAPPY = [each for events in happy().values() for each in events]


async def test_order_views_come_from_the_four_topics_of_a_journey() -> None:
    worker = FakeWorker(order_views)
    unit = await worker.hand_over(*HAPPY)
    view = order_tables.order(worker.store, ADA)

    assert worker.topics == ["orders", "payments", "sagas", "notifications"]
    assert (worker.name, worker.attached.table.name) == ("order_views", "order_views")
    assert unit.handled == len(HAPPY)
    assert view is not None
    assert view.status == "DELIVERED"


async def test_stock_views_come_from_the_topic_of_stock() -> None:
    worker = FakeWorker(stock_views)
    await worker.hand_over(message(received(10), 1, source="/stock"))
    view = stock_tables.stock(worker.store, TEA)

    assert worker.topics == ["stock"]
    assert (worker.name, worker.attached.table.name) == ("stock_views", "stock_views")
    assert view is not None
    assert view.on_hand == 10


@pytest.mark.parametrize(
    ("module", "stray"),
    [(order_views, message(received(10), 1)), (stock_views, HAPPY[0])],
    ids=["orders", "stock"],
)
async def test_an_event_on_a_topic_where_it_does_not_belong_is_a_dead_letter(
    module: ModuleType, stray: Message
) -> None:
    worker = FakeWorker(module)
    unit = await worker.hand_over(stray)

    assert (unit.poisoned, unit.writes) == (1, {})
    assert [output.topic for output in unit.outputs] == [f"{worker.topics[0]}.dlq"]
