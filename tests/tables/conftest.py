"""Partitions of the read models, in a directory of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tables import order_views, stock_views
from tables.order_projector import project as project_order
from tests.tables.partition import FakeApp, Partition

PARTITIONS = 2


@pytest.fixture
def app() -> Any:
    return FakeApp(order_views.TABLE, PARTITIONS)


@pytest.fixture
def open_partition(app: Any, tmp_path: Path) -> Iterator[Callable[[int], Partition]]:
    """Makes partitions of orders, and closes them in the end."""
    found: list[Partition] = []

    def make(number: int = 0) -> Partition:
        found.append(Partition(app, tmp_path, project_order, number))
        return found[-1]

    yield make
    for each in found:
        each.store.close()


@pytest.fixture
def orders(open_partition: Callable[[int], Partition]) -> Partition:
    """A partition of orders."""
    return open_partition(0)


@pytest.fixture
def stock(tmp_path: Path) -> Iterator[Partition]:
    """A partition of stock."""
    partition = Partition(FakeApp(stock_views.TABLE, 1), tmp_path, stock_views.project)
    yield partition
    partition.store.close()
