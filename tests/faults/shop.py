"""A shop: gateway, write workers, a view worker, customers who order, and the verdict at the end.

Everything is a process of its own, as in production; the customers are `simulate`. The verdict is
the independent auditor's (`tests/audit`), over all topics and the gateway's own ledger.
"""

from __future__ import annotations

import contextlib
import random
import sys
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from tests.audit import views
from tests.audit.findings import Audit
from tests.audit.logs import read_ledger, read_topics
from tests.audit.verdict import audit
from tests.faults.workers import Worker, eventually

PATIENCE = 240.0  # seconds in which every order must end, however many misfortunes it met


class WriteWorker(Worker):
    """Decides."""

    app = "tests.faults.write_side"


class ViewWorker(Worker):
    """Projects, and serves HTTP."""

    app = "streams.views"

    @property
    def url(self) -> str:
        """Where the API is."""
        return f"http://127.0.0.1:{self.port}"


class Gateway(Worker):
    """The simulated payment gateway, with its ledger in its directory."""

    odds = ("--decline", "0.03", "--silence", "0.02", "--lost", "0.02", "--errors", "0.02")

    @property
    def command(self) -> list[str]:
        """What starts it."""
        where = ["--port", str(self.port), "--data", str(self.directory)]
        return [sys.executable, "-m", "deploy.gateway", *where, *self.odds]

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"


class Customers(Worker):
    """`simulate`, with its summary on standard output."""

    def __init__(self, directory: Path, broker: str, options: list[str]) -> None:
        super().__init__(directory, broker)
        self.options = options

    @property
    def command(self) -> list[str]:
        """What starts it."""
        return [sys.executable, "-m", "faust", "-A", "streams.app", "simulate", *self.options]


class Shop:
    """Everything of one shop on one broker; each part has a directory and a log in `directory`."""

    def __init__(self, broker: str, directory: Path, *, seed: int = 1, **settings: str) -> None:
        self.broker = broker
        self.directory = directory
        self.seed = seed
        self.random = random.Random(seed)
        self.settings = settings
        self.gateway = Gateway(directory / "gateway", broker)
        self.settings["ORDERFLOW_GATEWAY"] = self.gateway.url
        self.settings.setdefault("ORDERFLOW_GATEWAY_PATIENCE", "2")
        self.views = ViewWorker(directory / "views", broker, **self.settings)
        self.customers: Customers | None = None
        self.workers: list[Worker] = []
        self.findings: list[str] = []

    async def __aenter__(self) -> Self:
        self.gateway.start()
        self.views.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        everybody = [*self.workers, self.views, self.gateway]
        if self.customers is not None:
            everybody.append(self.customers)
        for each in everybody:
            each.kill()
        if error is not None:
            error.add_note("\n".join(self.findings[:20]))
            for each in everybody:
                error.add_note(f"--- {each.log}\n{each.text()[-6000:]}")

    def worker(self, **environment: str) -> Worker:
        """Start one more write worker."""
        directory = self.directory / f"w{len(self.workers)}"
        worker = WriteWorker(directory, self.broker, **self.settings, **environment)
        self.workers.append(worker)
        return worker.start()

    async def open(self) -> None:
        """Wait until everybody is at work."""
        for worker in [*self.workers, self.views]:
            await worker.until_ready()

    def order(self, count: int, rate: float, *more: str) -> None:
        """Let customers come; `more` are options of `simulate`."""
        options = [
            *("--count", str(count), "--rate", f"{rate}/s", "--seed", str(self.seed)),
            *("--url", self.views.url, "--patience", f"{PATIENCE:.0f}s", "--wait", "--json"),
            *more,
        ]
        self.customers = Customers(self.directory / "customers", self.broker, options)
        self.customers.start()

    @property
    def served(self) -> bool:
        """Whether the customers have gone, every order of theirs ended."""
        return self.customers is not None and self.customers.ended

    async def after(self, orders: int) -> None:
        """Let so many orders more be placed, or all that there will be."""
        before = (await self._totals())["placed"]
        goal = max(before, 0) + orders
        await eventually(lambda: self._has(goal), f"{goal} orders are placed", PATIENCE)

    async def verdict(self) -> Audit:
        """Wait until the customers are served, let everything come to rest, and audit."""
        customers = self.customers
        assert customers is not None
        await eventually(lambda: customers.ended, "every order has its end", PATIENCE)
        assert await customers.exit_code() == 0, customers.text()[-6000:]
        await eventually(self._at_rest, "everything has come to rest", PATIENCE)
        found = await self.audit()
        await views.check(self.views.url, found)
        everybody = [*self.workers, self.views]
        for worker in everybody:
            worker.terminate()
        codes = [await worker.exit_code() for worker in everybody]
        assert found.findings == []
        assert not any(codes), codes
        return found

    async def pending(self) -> int:
        """How many orders have no end yet."""
        orders = (await self._totals())["orders"]
        return sum(orders.get(status, 0) for status in ("PENDING", "CANCEL_PENDING"))

    async def receive(self, sku: str, quantity: int) -> None:
        """Goods come in; returns when they are counted."""
        async with aiohttp.ClientSession() as http:
            url = f"{self.views.url}/stock/{sku}/receive?wait=30s"
            async with http.post(url, json={"quantity": quantity}) as answer:
                assert answer.status == HTTPStatus.OK, await answer.text()

    async def audit(self) -> Audit:
        """Judge the topics as they are, as if everything had come to rest."""
        topics = await read_topics(self.broker)
        ledger = await read_ledger(self.gateway.url, "ledger")
        mails = await read_ledger(self.gateway.url, "mails")
        return audit(topics.records, ledger, mails, finished=True, partitions=topics.partitions)

    async def _at_rest(self) -> bool:
        self.findings = (await self.audit()).findings
        return not self.findings

    async def _has(self, goal: int) -> bool:
        return self.served or int((await self._totals())["placed"]) >= goal

    async def _totals(self) -> dict[str, Any]:
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with (
                aiohttp.ClientSession(raise_for_status=True) as http,
                http.get(f"{self.views.url}/totals") as answer,
            ):
                found: dict[str, Any] = await answer.json()
                return found
        return {"placed": -1, "orders": {}}
