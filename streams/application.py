"""The Faust application as Orderflow runs it: with our transport, tables and runtime."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

import faust
import uvloop
from aiokafka import AIOKafkaConsumer
from faust.app.base import BootStrategy
from faust.types import ServiceT, TopicT
from mode import CrashingSupervisor, get_logger
from yarl import URL

from models.errors import WorkerMustStop
from streams import connection
from streams.broker import BrokerGate
from streams.effects import Effect, Executor
from streams.fetch import RESTORE_FETCH
from streams.following import Follower
from streams.logs import logging_config
from streams.operations import add_operations
from streams.recovery import LaneTables
from streams.runtime import Runtime
from streams.settings import PREFIX, Settings
from streams.state import StateTable
from streams.timers import Timers
from streams.topics import Topic, changelog
from streams.transport import Consumer, Producer, Transport
from streams.watch import Watch
from streams.worker import Worker

if TYPE_CHECKING:
    from faust.web.base import Web

logger = get_logger(__name__)


def prefer_speed() -> None:
    """Process-wide choices: uvloop, and a garbage collector that runs rarely.

    Messages and states hold no cycles; Python's threshold of 700 objects cost 1.3 µs a record.
    """
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    connection.install()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


class WebFirst(BootStrategy):
    """Start the web server before Kafka is waited for, so that health can be asked about."""

    def server(self) -> Iterable[ServiceT]:
        """Faust's order, with the web server first and the broker gate after it."""
        app = cast("Orderflow", self.app)
        return self._chain(
            self.sensors(),
            self.web_server(),
            [app.gate],
            self.kafka_producer(),
            self.kafka_consumer(),
            self.agents(),
            self.kafka_conductor(),
            self.tables(),
            [app.watch],
        )


class Sources(faust.Topic):
    """The topics of an agent, which may be several; nothing is published through it."""

    def get_topic_name(self) -> str:
        """For `faust agents`, which asks for one name."""
        return ",".join(self.topics)


class Orderflow(faust.App):
    """A Faust app whose agents read partition batches and commit units of work.

    `topics` are those it reads or writes; they and the changelogs of its tables are created or
    compared before anything is consumed. `fetch_pause` is for how many seconds after a delivery
    records are gathered: larger units of work, for that much waiting.
    """

    BootStrategy = WebFirst

    def __init__(
        self,
        name: str,
        settings: Settings,
        topics: Iterable[Topic],
        *,
        fetch_pause: float = 0.0,
        **options: Any,
    ) -> None:
        self.settings = settings
        self.fetch_pause = fetch_pause
        self.partitions = settings.partitions
        self.skip_expired = settings.skip_expired
        self.declared = list(topics)
        self.followers: dict[str, list[Follower]] = {}
        self.executors: list[Executor[Any]] = []
        super().__init__(
            name,
            env_prefix=PREFIX,
            broker=[URL(f"kafka://{server}") for server in settings.bootstrap],
            datadir=settings.datadir.absolute(),
            TableManager=LaneTables,
            Table=StateTable,
            Topic=Sources,
            Worker=Worker,
            agent_supervisor=CrashingSupervisor,
            store="rocksdb://",
            consumer_auto_offset_reset="earliest",
            broker_session_timeout=30.0,
            broker_heartbeat_interval=3.0,
            broker_request_timeout=40.0,
            producer_request_timeout=40.0,
            producer_max_batch_size=4 << 20,
            producer_max_request_size=4 << 20,
            topic_partitions=settings.partitions,
            topic_replication_factor=settings.replication,
            topic_allow_declare=False,
            topic_disable_leader=True,
            web_bind=settings.web_bind,
            web_port=settings.web_port,
            web_tables_enabled=False,
            web_router_enabled=False,
            web_stats_enabled=False,
            web_graph_enabled=False,
            web_metrics_enabled=False,
            logging_config=logging_config(),
            **options,
        )
        prefer_speed()
        self.gate = BrokerGate(self)
        self.watch = Watch(self)
        self.runtime = Runtime(self)

    def source(self, *topics: Topic) -> TopicT:
        """Declared topics as the channel of an agent: raw bytes, decoded by the unit of work."""
        names = [topic.name for topic in topics]
        return self.topic(
            *names, key_type=bytes, value_type=bytes, value_serializer="raw", acks=False
        )

    def follow(self, table: str, follower: Follower) -> None:
        """Tell `follower` of every commit that this worker makes to a table, from its opening."""
        self.followers.setdefault(table, []).append(follower)

    def state_table(self, name: str, holds: str = "") -> StateTable:
        """The table of an agent; `holds` is what `faust tables` says of it."""
        return cast("StateTable", self.Table(name, partitions=self.partitions, help=holds))

    def execute(self, table: str, effect: Effect[Any]) -> None:
        """Make the calls to the outside that stand in a table as pending."""
        executor = Executor(self, effect)
        self.executors.append(executor)
        self.follow(table, executor)

    def fire_timers(self, table: str) -> None:
        """Publish the timers that agents set in a table when they are due."""
        self.follow(table, Timers(self, table))

    @property
    def all_topics(self) -> list[Topic]:
        """What has to exist before this app consumes."""
        return [*self.declared, *(changelog(name) for name in self.tables)]

    @property
    def log_of_commits(self) -> Producer:
        """Where commits are appended and outboxes published."""
        return cast("Producer", self.producer)

    @property
    def lane_tables(self) -> LaneTables:
        """The registry of tables, which also restores them."""
        return cast("LaneTables", self.tables)

    @property
    def group_consumer(self) -> Consumer:
        """The group member that brings the sources' records."""
        return cast("Consumer", self.consumer)

    def changelog_consumer(self) -> AIOKafkaConsumer:
        """A consumer of its own for a restore: no group, nothing committed."""
        return AIOKafkaConsumer(
            bootstrap_servers=self.settings.bootstrap,
            client_id=f"{self.conf.id}-restore",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            **RESTORE_FETCH,
        )

    async def on_first_start(self) -> None:
        """As Faust's, which would not make the parents of the data directory."""
        try:
            self.conf.tabledir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WorkerMustStop(
                f"the data directory {self.conf.datadir} cannot be made ({error.strerror}); set "
                "ORDERFLOW_DATADIR to one that this user may write"
            ) from error
        await super().on_first_start()

    def on_webserver_init(self, web: Web) -> None:
        """Health and metrics beside whatever pages the app has."""
        add_operations(self, web)

    def _new_transport(self) -> Transport:
        return Transport(self.conf.broker_consumer, self)

    def _new_producer_transport(self) -> Transport:
        return Transport(self.conf.broker_producer, self)

    async def on_stop(self) -> None:
        """Finish, then give the local stores free."""
        await super().on_stop()
        self.runtime.release()
        for executor in self.executors:
            await executor.close()
        if self.crash_reason is None:
            logger.info("%s: stopped, with nothing left in hand", self.conf.id)
