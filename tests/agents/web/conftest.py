"""The API in this process: its routes as Faust serves them, over a shop without Kafka."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
from aiohttp.test_utils import TestClient, TestServer

from agents import web
from agents.web.site import Site
from streams.application import Orderflow
from streams.settings import Settings
from tests.agents.web.world import Shop


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    shop = Shop(tmp_path / "tables")
    yield shop
    shop.close()


@pytest.fixture
def site(shop: Shop) -> Site:
    site = web.site_of(cast("Orderflow", shop))
    web.listen(cast("Orderflow", shop), site)
    return site


@pytest.fixture
async def http(site: Site, tmp_path: Path) -> AsyncIterator[TestClient[Any, Any]]:
    app = Orderflow("web", Settings(datadir=tmp_path / "faust"), [])
    web.serve(app, site, frozenset({"127.0.0.1", "localhost", "[::1]"}))
    served: Any = app.web
    async with TestClient(TestServer(served.web_app)) as client:
        yield client
