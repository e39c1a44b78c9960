"""What every test may ask for: a Kafka to talk to, and topic names that nobody else uses."""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Iterator

import pytest

from deploy.kafka.broker import LocalBroker

# What is started in the background inherits a Ctrl-C that is ignored, and so would our processes.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def broker() -> Iterator[str]:
    """Address of a Kafka: the one that ORDERFLOW_BROKER names, else one started for these tests."""
    named = os.environ.get("ORDERFLOW_BROKER")
    if named:
        yield named.removeprefix("kafka://")
        return
    local = LocalBroker("test")
    ours = local.start()
    yield local.address
    if ours:
        local.discard()


@pytest.fixture
def unique() -> str:
    """Prefix for names of topics and groups, so that no test reads what another wrote."""
    return f"t{uuid.uuid4().hex[:12]}."
