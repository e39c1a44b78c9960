"""What tests of whole shops may ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deploy.kafka.broker import LocalBroker
from tests.faults.shop import market_of_its_own


@pytest.fixture
def market() -> Iterator[LocalBroker]:
    """A broker of its own for each shop: the topics have the names that they have in production."""
    with market_of_its_own() as broker:
        yield broker
