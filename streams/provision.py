"""Makes the topics on the broker be as declared: creates the missing ones, refuses differing ones.

Nothing that exists is ever changed: retention, compaction and partition counts decide whether
events survive and where keys live, so a person decides, and is told how.
Any number of workers may provision at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from models.errors import BrokerUnavailable, PermanentError, TopicMismatch
from streams.topics import Topic

PATIENCE = 15.0  # seconds for one answer, and for new topics to be known to the broker asked
PAUSE = 0.05


@dataclass(frozen=True)
class Report:
    """Names of the topics that were created here, and of those that were found as declared."""

    created: tuple[str, ...]
    found: tuple[str, ...]


@dataclass(frozen=True)
class Existing:
    """A topic as the broker has it."""

    partitions: int
    replicas: int
    config: dict[str, str]


async def provision(
    bootstrap: str, topics: Iterable[Topic], *, partitions: int, replication: int
) -> Report:
    """Create what is missing, compare everything; `TopicMismatch` tells all differences at once."""
    declared = tuple(topics)
    async with _admin(bootstrap) as admin:
        known = await _layout(admin)
        missing = [topic for topic in declared if topic.name not in known]
        created = await _create(admin, missing, partitions, replication)
        existing = await _describe(admin, declared)
    wanted = {topic.name: Existing(partitions, replication, topic.config()) for topic in declared}
    lines = [
        line
        for name, want in wanted.items()
        for line in differences(name, existing[name], want, bootstrap)
    ]
    if lines:
        raise TopicMismatch("\n".join(["topics differ from streams/topics.py:", *lines]))
    return Report(created, tuple(name for name in wanted if name not in created))


@asynccontextmanager
async def _admin(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(
        bootstrap_servers=bootstrap, request_timeout_ms=int(PATIENCE * 1000)
    )
    try:
        await admin.start()
        yield admin
    except (KafkaError, TimeoutError, OSError) as error:
        if isinstance(error, KafkaError) and not error.retriable:
            raise PermanentError(
                f"Kafka at {bootstrap} refuses to list or create topics: {error}"
            ) from error
        raise BrokerUnavailable(
            f"Kafka at {bootstrap} does not answer; is it running, and is the address right?"
        ) from error
    finally:
        await admin.close()


async def _layout(admin: AIOKafkaAdminClient) -> dict[str, list[dict[str, Any]]]:
    """Partitions of each topic that the broker knows.

    All are asked for: asking by name creates the topic where the cluster creates topics on its own.
    """
    return {topic["topic"]: topic["partitions"] for topic in await admin.describe_topics()}


async def _create(
    admin: AIOKafkaAdminClient, topics: Sequence[Topic], partitions: int, replication: int
) -> tuple[str, ...]:
    """Create the topics; return those that nobody else created in the meantime."""
    if not topics:
        return ()
    response = await admin.create_topics(
        [NewTopic(t.name, partitions, replication, topic_configs=t.config()) for t in topics]
    )
    codes = {name: (code, reason) for name, code, reason in response.topic_errors}
    raced = {name for name, (code, _) in codes.items() if code == TopicAlreadyExistsError.errno}
    refused = {name: why for name, (code, why) in codes.items() if code and name not in raced}
    if refused:
        reasons = "; ".join(f"{name}: {why}" for name, why in refused.items())
        asked = f"{partitions} partitions, replication factor {replication}"
        raise PermanentError(f"Kafka refuses to create topics with {asked}: {reasons}")
    return tuple(name for name in codes if name not in raced)


async def _describe(admin: AIOKafkaAdminClient, topics: Sequence[Topic]) -> dict[str, Existing]:
    """Describe the topics once the broker knows them all: a new one takes some milliseconds."""
    names = [topic.name for topic in topics]
    async with asyncio.timeout(PATIENCE):
        # Only asking again tells, since Kafka announces nothing.
        while not (layout := await _layout(admin)).keys() >= set(names):  # noqa: ASYNC110
            await asyncio.sleep(PAUSE)
    configs = await _configs(admin, names)
    return {
        name: Existing(
            partitions=len(layout[name]),
            replicas=min(len(partition["replicas"]) for partition in layout[name]),
            config=configs[name],
        )
        for name in names
    }


async def _configs(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, dict[str, str]]:
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    configs = {}
    for answer in await admin.describe_configs(resources):
        for code, reason, _, name, entries in answer.resources:
            if code:
                raise for_code(code)(f"{name}: {reason}")
            configs[name] = {entry[0]: entry[1] for entry in entries}
    return configs


def differences(name: str, found: Existing, declared: Existing, bootstrap: str) -> Iterator[str]:
    """One line for each setting that differs: topic, setting, both values, and the cure."""
    if found.partitions != declared.partitions:
        yield (
            f"{name}: partitions is {found.partitions}, declared {declared.partitions}; "
            f"set ORDERFLOW_PARTITIONS={found.partitions} "
            "(adding partitions would move keys away from their history)"
        )
    if found.replicas < declared.replicas:
        yield (
            f"{name}: replication factor is {found.replicas}, declared {declared.replicas}; "
            f"set ORDERFLOW_REPLICATION={found.replicas}, or add replicas with "
            f"kafka-reassign-partitions.sh --bootstrap-server {bootstrap}"
        )
    for setting, value in declared.config.items():
        if found.config.get(setting) != value:
            yield (
                f"{name}: {setting} is {found.config.get(setting)}, declared {value}; "
                f"kafka-configs.sh --bootstrap-server {bootstrap} --alter --entity-type topics "
                f"--entity-name {name} --add-config {setting}={value}"
            )
