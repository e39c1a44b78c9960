"""The declarations say what Kafka must do with each topic."""

from datetime import timedelta

import pytest

from streams import topics
from streams.topics import Topic

EVENTS = [
    topics.orders,
    topics.payments,
    topics.stock,
    topics.sagas,
    topics.notifications,
]
MESSAGES = [
    topics.order_commands,
    topics.payment_commands,
    topics.stock_commands,
    topics.saga_commands,
    topics.saga_replies,
    topics.notification_commands,
]


def name(topic: Topic) -> str:
    return topic.name


def test_every_declared_topic_is_listed_once() -> None:
    declared = {id(value) for value in vars(topics).values() if isinstance(value, Topic)}

    assert {id(topic) for topic in topics.ALL} == declared
    assert len({topic.name for topic in topics.ALL}) == len(topics.ALL)


@pytest.mark.parametrize("topic", EVENTS, ids=name)
def test_events_are_kept_for_ever_and_never_compacted(topic: Topic) -> None:
    config = topic.config()

    assert config["retention.ms"] == "-1"
    assert config["retention.bytes"] == "-1"
    assert config["cleanup.policy"] == "delete"


@pytest.mark.parametrize("topic", MESSAGES, ids=name)
def test_commands_and_replies_are_kept_for_a_week(topic: Topic) -> None:
    assert topic.config()["retention.ms"] == "604800000"


def test_events_and_messages_are_all_there_is() -> None:
    assert {topic.name for topic in topics.ALL} == {topic.name for topic in EVENTS + MESSAGES}


@pytest.mark.parametrize("topic", topics.ALL, ids=name)
def test_a_dead_letter_keeps_its_key_and_stays_for_a_month(topic: Topic) -> None:
    letters = topics.dead_letters(topic)

    assert letters.name == f"{topic.name}.dlq"
    assert letters.key == topic.key
    assert letters.retention == timedelta(days=30)


@pytest.mark.parametrize("topic", topics.ALL, ids=name)
def test_the_largest_record_with_its_reason_fits_among_the_dead_letters(topic: Topic) -> None:
    assert topics.dead_letters(topic).largest_message > topic.largest_message


def test_a_changelog_is_compacted_but_not_before_a_refused_commit_is_written_over() -> None:
    changelog = topics.changelog("orders")

    assert changelog.name == "orders.changelog"
    assert changelog.config() == {
        "cleanup.policy": "compact",
        "retention.ms": "-1",
        "retention.bytes": "-1",
        "max.message.bytes": "4194304",
        "min.compaction.lag.ms": "3600000",
        "delete.retention.ms": "86400000",
        "segment.bytes": "67108864",
        "segment.ms": "21600000",
        "min.cleanable.dirty.ratio": "0.2",
    }
