"""A shop: gateway, write workers, a view worker, customers who order, and the verdict at the end.

Everything is a process of its own, as in production; the customers are `simulate`, and their orders
take turns in both styles of checkout. The verdict is the independent auditor's (`tests/audit`),
over all topics and the gateway's own ledger.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from deploy.kafka.broker import LocalBroker
from tests.audit import views
from tests.audit.findings import Audit
from tests.audit.logs import read_ledger, read_topics
from tests.audit.verdict import audit
from tests.faults.staff import Command, Gateway, ViewWorker, WriteWorker
from tests.faults.workers import Worker, eventually

__all__ = ["Gateway", "Shop", "ViewWorker", "WriteWorker", "market_of_its_own"]

SKU, PRICE, CURRENCY = "TEA-1", 500, "EUR"  # of an order that a test places itself
PATIENCE = 240.0  # seconds in which every order must end, however many misfortunes it met


@contextlib.contextmanager
def market_of_its_own() -> Iterator[LocalBroker]:
    """A new broker, for one shop at a time: what another run left behind is thrown away."""
    broker = LocalBroker("market")
    assert not broker.running, "another run has the Kafka 'market'; wait for it, or `make clean`"
    broker.discard()
    broker.start()
    try:
        yield broker
    finally:
        broker.discard()


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
        self.customers: Command | None = None
        self.operators: list[Command] = []
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
        everybody = [*self.workers, self.views, self.gateway, *self.operators]
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
        words = [
            *("simulate", "--count", str(count), "--rate", f"{rate}/s", "--seed", str(self.seed)),
            *("--url", self.views.url, "--patience", f"{PATIENCE:.0f}s", "--wait", "--json"),
            *("--saga", "both", *more),
        ]
        self.customers = Command(self.directory / "customers", self.broker, words)
        self.customers.start()

    async def place(self, user: str, saga: str, method: str = "card") -> str:
        """Place an order for one thing, follow it no further, and return its id."""
        order = {
            "user_id": user,
            "customer": {"name": user.capitalize(), "email": f"{user}@example.com"},
            "lines": [{"sku": SKU, "quantity": 1, "unit_price": PRICE}],
            "currency": CURRENCY,
            "payment_method": method,
            "saga": saga,
        }
        return str((await self.post("/orders", order, wait=0))["order_id"])

    async def operate(self, *words: str) -> None:
        """Have an operator type a command."""
        directory = self.directory / f"{len(self.operators)}-{words[0]}"
        operator = Command(directory, self.broker, [*words, "--url", self.views.url])
        self.operators.append(operator)
        operator.start()
        assert await operator.exit_code() == 0, operator.text()

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
        """Wait until customers, if any came, are served, let everything come to rest, and audit."""
        if (customers := self.customers) is not None:
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
        await self.post(f"/stock/{sku}/receive", {"quantity": quantity})

    async def post(self, path: str, body: dict[str, Any], wait: int = 30) -> dict[str, Any]:
        """Ask for something; returns when it is done, or, with 0 seconds to wait, accepted."""
        url = f"{self.views.url}{path}?wait={wait}s"
        async with aiohttp.ClientSession() as http, http.post(url, json=body) as answer:
            expected = HTTPStatus.OK if wait else HTTPStatus.ACCEPTED
            assert answer.status == expected, await answer.text()
            said: dict[str, Any] = await answer.json()
            return said

    async def get(self, path: str) -> dict[str, Any]:
        """What the read side says."""
        async with (
            aiohttp.ClientSession(raise_for_status=True) as http,
            http.get(f"{self.views.url}{path}") as answer,
        ):
            said: dict[str, Any] = await answer.json()
            return said

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
            return await self.get("/totals")
        return {"placed": -1, "orders": {}}
