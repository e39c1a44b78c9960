"""Topics become as declared, or the worker says what differs and how to cure it."""

import asyncio
from dataclasses import replace

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from models.errors import BrokerUnavailable, PermanentError, TopicMismatch
from streams import topics
from streams.provision import Report, provision
from streams.topics import Topic


@pytest.fixture
def declared(unique: str) -> list[Topic]:
    """One topic of each kind, under names of this test's own."""
    kinds = [topics.orders, topics.order_commands, topics.dead_letters(topics.orders)]
    return [replace(topic, name=unique + topic.name) for topic in (*kinds, topics.changelog("t"))]


def names(declared: list[Topic]) -> tuple[str, ...]:
    return tuple(topic.name for topic in declared)


async def test_missing_topics_are_created_and_then_found(
    broker: str, declared: list[Topic]
) -> None:
    first = await provision(broker, declared, partitions=3, replication=1)
    second = await provision(broker, declared, partitions=3, replication=1)

    assert first == Report(created=names(declared), found=())
    assert second == Report(created=(), found=names(declared))


async def test_a_created_topic_has_the_partitions_asked_for(
    broker: str, declared: list[Topic]
) -> None:
    await provision(broker, declared, partitions=5, replication=1)

    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        described = await admin.describe_topics(list(names(declared)))
    finally:
        await admin.close()
    assert {len(topic["partitions"]) for topic in described} == {5}


async def test_workers_that_provision_at_once_do_not_disturb_each_other(
    broker: str, declared: list[Topic]
) -> None:
    workers = [provision(broker, declared, partitions=2, replication=1) for _ in range(4)]
    reports = await asyncio.gather(*workers)

    created = [name for report in reports for name in report.created]
    assert sorted(created) == sorted(names(declared))
    for report in reports:
        assert sorted(report.created + report.found) == sorted(names(declared))


async def test_all_differences_are_told_with_both_values_and_the_cure(
    broker: str, declared: list[Topic]
) -> None:
    orders, commands = declared[:2]
    await provision(broker, [orders, commands], partitions=2, replication=1)

    changed = replace(orders, retention=topics.WEEK, largest_message=2 * topics.MIB)
    with pytest.raises(TopicMismatch) as raised:
        await provision(broker, [changed, commands], partitions=4, replication=2)

    said = str(raised.value)
    alter = f"kafka-configs.sh --bootstrap-server {broker} --alter --entity-type topics"
    for expected in (
        f"{orders.name}: partitions is 2, declared 4; set ORDERFLOW_PARTITIONS=2",
        f"{commands.name}: partitions is 2, declared 4; set ORDERFLOW_PARTITIONS=2",
        f"{orders.name}: replication factor is 1, declared 2; set ORDERFLOW_REPLICATION=1",
        f"{orders.name}: retention.ms is -1, declared 604800000; {alter}",
        f"--entity-name {orders.name} --add-config retention.ms=604800000",
        f"{orders.name}: max.message.bytes is 1048576, declared 2097152; {alter}",
    ):
        assert expected in said
    assert f"{commands.name}: retention.ms" not in said


async def test_a_differing_topic_is_left_as_it_is(broker: str, declared: list[Topic]) -> None:
    orders = declared[0]
    await provision(broker, [orders], partitions=2, replication=1)

    with pytest.raises(TopicMismatch):
        await provision(broker, [orders], partitions=3, replication=1)

    assert await provision(broker, [orders], partitions=2, replication=1) == Report(
        created=(), found=(orders.name,)
    )


async def test_a_topic_that_kafka_will_not_create_is_told_with_its_reason(
    broker: str, declared: list[Topic]
) -> None:
    nonsense = replace(declared[0], settings={"no.such.setting": "1"})

    with pytest.raises(PermanentError, match=r"Unknown topic config name: no\.such\.setting"):
        await provision(broker, [nonsense], partitions=2, replication=1)


async def test_a_broker_that_is_away_is_named(unused_tcp_port: int) -> None:
    address = f"127.0.0.1:{unused_tcp_port}"

    with pytest.raises(BrokerUnavailable, match=f"Kafka at {address} does not answer"):
        await provision(address, topics.ALL, partitions=2, replication=1)
