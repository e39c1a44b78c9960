"""A view worker without Kafka: real read models in real stores, and the real aggregates behind.

What the API puts on a topic is decided at once, unless the write side sleeps; what is decided is
projected at once. So a test sees what a client sees, and nothing has to be waited for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from aiokafka.errors import KafkaConnectionError

from agents.orders import ORDERS
from agents.publishing import CODEC, reading
from agents.stock import STOCK
from models.messages import Message, Payload
from models.order_messages import OrderCommand
from models.saga_messages import (
    Action,
    CompensateSaga,
    RetrySagaStep,
    SagaCommandRefused,
    SagaIntervened,
    SkipSagaStep,
)
from models.stock_messages import StockCommand, StockEvent
from streams.following import Follower
from streams.partitioner import partition_of
from tables import order_projector, order_views, stock_views
from tests.agents.stage import PARTITIONS, Stage, message, messages
from tests.tables.partition import Partition

_ACTIONS: dict[type[Payload], Action] = {
    RetrySagaStep: "retry",
    SkipSagaStep: "skip",
    CompensateSaga: "compensate",
}


class Log:
    """Where commands go; `broken` and `deaf` say how it fails."""

    def __init__(self, decide: Callable[[str, Message], None]) -> None:
        self.commands: list[tuple[str, bytes, Message]] = []
        self.headers: list[Any] = []
        self.broken = self.deaf = False
        self._decide = decide

    async def accept(self, topic: str, key: bytes, value: bytes, headers: Any) -> None:
        if self.broken:
            raise KafkaConnectionError
        if self.deaf:
            await asyncio.Event().wait()
        command = CODEC.decode(value)
        self.commands.append((topic, key, command))
        self.headers.append(headers)
        self._decide(topic, command)


class Shop:
    """What the web needs of an app, and the write side behind it."""

    partitions = PARTITIONS

    def __init__(self, directory: Path) -> None:
        self.log_of_commits = Log(self._command)
        self.gate = SimpleNamespace(passed=True)
        self.watch = SimpleNamespace(away_since=None, stalled=list)
        self.settings = SimpleNamespace(bootstrap=["127.0.0.1:1"], style="orchestration")
        self.rebalancing = self.should_stop = False
        completed = asyncio.Event()
        completed.set()
        self.lane_tables = SimpleNamespace(recovery=SimpleNamespace(completed=completed))
        self.followers: dict[str, list[Follower]] = {}
        self.group_consumer = SimpleNamespace(highwater=lambda _: 0)
        self.lanes: dict[tuple[str, int], Any] = {}
        self.runtime = SimpleNamespace(lanes=self.lanes)
        self.views = {
            (table, number): Partition(
                SimpleNamespace(table=table, runtime=self.runtime), directory, project, number
            )
            for table, project in (
                (order_views.TABLE, order_projector.project),
                (stock_views.TABLE, stock_views.project),
            )
            for number in range(PARTITIONS)
        }
        for (table, number), lane in self.lanes.items():
            lane.writer = f"{table}/{number}"
        self._stages: dict[tuple[str, str], Stage] = {}
        self._asleep: list[tuple[str, Message]] | None = None
        self._interventions = 0
        self.refuses = ""  # why operators' commands are refused, if they are

    @property
    def log(self) -> Log:
        return self.log_of_commits

    def follow(self, table: str, follower: Follower) -> None:
        self.followers.setdefault(table, []).append(follower)

    def lane_of(self, table: str, key: str) -> Any:
        """The lane of a key."""
        return self.lanes[table, partition_of(key.encode(), PARTITIONS)]

    def sleep(self) -> None:
        """Let the write side leave what comes from now on where it is."""
        self._asleep = []

    def awake(self) -> None:
        """Let it decide what was left, and what comes."""
        left, self._asleep = self._asleep or [], None
        for topic, command in left:
            self._command(topic, command)

    def asked(self, data: Any, home: str) -> None:
        """Let a saga ask something of an order or a SKU."""
        stocked = isinstance(data, StockCommand)
        name = f"{type(data).__name__}-{data.order_id}"
        command = message(data, subject=home if stocked else data.order_id, home=home, id=name)
        self._command("stock.commands" if stocked else "orders.commands", command)

    def happens(self, event: Message) -> None:
        """Project an event."""
        table = stock_views.TABLE if isinstance(event.data, StockEvent) else order_views.TABLE
        lane = self.lane_of(table, event.partitionkey)
        states = self.views[table, lane.partition].tell(event)
        for follower in self.followers.get(table, ()):
            follower.committed(lane, states)

    def close(self) -> None:
        """Give the stores free."""
        for partition in self.views.values():
            partition.store.close()

    def _command(self, topic: str, command: Message) -> None:
        if self._asleep is not None:
            self._asleep.append((topic, command))
            return
        if topic == "sagas.commands":
            self.happens(self._intervened(command))
            return
        home = command.partitionkey
        stage = self._stages.get((topic, home))
        if stage is None:
            stocked = topic == "stock.commands"
            aggregate: Any = STOCK if stocked else ORDERS
            decode = reading(StockCommand if stocked else OrderCommand)
            stage = self._stages[topic, home] = Stage(aggregate.handle, decode, home)
        for event in messages(stage.say(command), topic.removesuffix(".commands")):
            self.happens(event)

    def _intervened(self, command: Message) -> Message:
        """What the saga makes of an operator's command: nobody needs telling twice."""
        self._interventions += 1
        data: Any = command.data
        event: Payload = SagaIntervened(
            order_id=data.order_id,
            action=_ACTIONS[type(data)],
            step=getattr(data, "step", None),
            by=data.by,
            reason=data.reason,
        )
        if self.refuses:
            event = SagaCommandRefused(
                order_id=data.order_id, command=type(data).__name__, reason=self.refuses
            )
        return message(
            event,
            subject=data.order_id,
            home=command.partitionkey,
            id=f"intervention-{self._interventions}",
            source="/sagas",
            sequence=self._interventions,
            causationid=command.id,
        )
