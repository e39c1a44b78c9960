"""The one broker of a run, and the topics on it.

`ORDERFLOW_BROKER` names one that is there; otherwise a local one is started, and discarded with
all its data at the end. Topics are made through librdkafka.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from deploy.kafka.broker import LocalBroker


@contextmanager
def broker() -> Iterator[str]:
    """Give the address of a broker for as long as the run takes."""
    if named := os.environ.get("ORDERFLOW_BROKER"):
        yield named.removeprefix("kafka://")
        return
    local = LocalBroker("bench")
    if not local.start():
        sys.exit(
            "another benchmark is running, and figures of two at once mean nothing; "
            "if none is: `python -m deploy.kafka stop bench`"
        )
    try:
        yield local.address
    finally:
        local.discard()


def create(bootstrap: str, name: str, partitions: int) -> str:
    """Create a topic, wait until it is there, and give its name."""
    topic = NewTopic(name, num_partitions=partitions, replication_factor=1)
    admin = _admin(bootstrap)
    admin.create_topics([topic], operation_timeout=30)[name].result()
    return name


def delete(bootstrap: str, prefix: str) -> None:
    """Delete what one participant wrote: a run must not slow the broker down for the next."""
    admin = _admin(bootstrap)
    doomed = [name for name in admin.list_topics(timeout=30).topics if prefix in name]
    for deletion in admin.delete_topics(doomed).values() if doomed else ():
        try:
            deletion.result()
        except KafkaException as error:
            if error.args[0].name() != "UNKNOWN_TOPIC_OR_PART":
                raise


def _admin(bootstrap: str) -> AdminClient:
    # It reports every client that ends with an event unread; only errors are worth a line.
    return AdminClient({"bootstrap.servers": bootstrap, "log_level": 3})
