"""The API of a running view worker, with a broker, the write side and the gateway behind it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from deploy.kafka.broker import LocalBroker
from tests.faults.shop import Gateway, ViewWorker, WriteWorker
from tests.faults.workers import Worker, eventually

HERE = Path(__file__).parent
LINE = {"sku": "KB-1", "quantity": 1, "unit_price": 4950}
ORDER: dict[str, Any] = {"user_id": "mina", "lines": [LINE], "currency": "USD"}


class Counter:
    """A broker of its own, for the topics have the names they have in production; and workers."""

    def __init__(self, directory: Path) -> None:
        self.broker = LocalBroker("counter")
        self.broker.start()
        address = self.broker.address
        self.gateway = Gateway(directory / "gateway", address)
        self.gateway.odds = (
            *("--decline", "0", "--silence", "0"),
            *("--lost", "0", "--errors", "0"),
        )
        self.write = WriteWorker(directory / "write", address, ORDERFLOW_GATEWAY=self.gateway.url)
        self.views = ViewWorker(directory / "views", address)

    @property
    def workers(self) -> list[Worker]:
        """Everybody who may be started and ended."""
        return [self.gateway, self.write, self.views]


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    counter = Counter(tmp_path_factory.mktemp("counter"))
    for worker in counter.workers:
        worker.start()
    yield counter
    for worker in counter.workers:
        worker.kill()
    counter.broker.discard()


@pytest.fixture
async def http(counter: Counter) -> AsyncIterator[aiohttp.ClientSession]:
    for worker in (counter.write, counter.views):
        await worker.until_ready()
    async with aiohttp.ClientSession(counter.views.url) as session:
        yield session


async def said(answer: aiohttp.ClientResponse, *statuses: int) -> Any:
    """The body of an answer that has one of these statuses."""
    body = await answer.read()
    assert answer.status in (statuses or (200,)), body
    return orjson.loads(body)


async def stocked(http: aiohttp.ClientSession) -> None:
    """See that there is something to sell."""
    await said(await http.post("/stock/KB-1/receive?wait=30s", json={"quantity": 100}))


async def test_what_it_answers_is_what_its_document_says(
    http: aiohttp.ClientSession, counter: Counter, tmp_path: Path
) -> None:
    await stocked(http)
    command = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml"),
        "run", f"{counter.views.url}/openapi.json", "--no-color",
    ]  # fmt: skip
    with (tmp_path / "schemathesis.log").open("wb") as log:
        run = await asyncio.create_subprocess_exec(
            *command, cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        code = await run.wait()

    assert code == 0, (tmp_path / "schemathesis.log").read_text()[-8000:]
    assert "incident" not in counter.views.text()


async def test_an_order_goes_all_the_way(http: aiohttp.ClientSession) -> None:
    await stocked(http)
    order = await said(await http.post("/orders?wait=30s", json=ORDER))
    path = f"/orders/{order['order_id']}"

    async def paid() -> bool:
        return bool((await said(await http.get(path)))["paid"])

    assert order["status"] == "CONFIRMED"
    await eventually(paid, "it is paid")
    shipped = await said(await http.post(f"{path}/ship?wait=30s", json={"tracking": "J"}))
    delivered = await said(await http.post(f"{path}/deliver?wait=30s", json={}))
    events = await said(await http.get(f"{path}/events"))
    payment = await said(await http.get(f"{path}/payment"))
    saga = await said(await http.get(f"/sagas/{order['order_id']}"))
    assert (shipped["status"], delivered["status"]) == ("SHIPPED", "DELIVERED")
    assert payment["sums"]["captured"] == 4950
    assert saga["outcome"] == "confirmed"
    assert {"OrderCreated", "PaymentCompleted", "OrderDelivered"} <= {
        event["type"] for event in events["events"]
    }


async def test_a_declined_card_is_told_while_the_customer_waits(
    http: aiohttp.ClientSession,
) -> None:
    body = ORDER | {"payment_method": "card-declined"}

    order = await said(await http.post("/orders?wait=30s", json=body))

    assert (order["status"], order["reason"]) == ("REJECTED", "card_declined")


async def test_watchers_hear_of_an_order_as_it_moves(http: aiohttp.ClientSession) -> None:
    await stocked(http)
    async with http.get("/live") as stream, asyncio.timeout(60):
        order = await said(await http.post("/orders?wait=30s", json=ORDER))
        stages: set[str] = set()
        while "paid" not in stages:
            line = await stream.content.readline()
            assert line, "the stream has ended"
            rows = orjson.loads(line[6:])["orders"] if line.startswith(b"data: ") else []
            stages |= {row["stage"] for row in rows if row["order_id"] == order["order_id"]}


async def test_a_key_is_remembered_by_a_worker_that_was_killed(
    http: aiohttp.ClientSession, counter: Counter
) -> None:
    await stocked(http)
    headers = {"Idempotency-Key": "before"}
    first = await said(await http.post("/orders?wait=30s", json=ORDER, headers=headers))
    counter.views.kill()
    counter.views.start()
    await counter.views.until_ready()

    again = await said(await http.post("/orders?wait=30s", json=ORDER, headers=headers))
    other = await http.post("/orders", json=ORDER | {"currency": "EUR"}, headers=headers)

    assert again["order_id"] == first["order_id"]
    problem = await said(other, 422)
    assert problem["type"] == "urn:orderflow:problem:idempotency-key-reused"


async def test_a_broker_that_goes_away_is_said_and_nothing_counts_twice(
    http: aiohttp.ClientSession, counter: Counter
) -> None:
    headers = {"Idempotency-Key": "away"}
    placed = (await said(await http.get("/totals")))["placed"]
    counter.broker.freeze()
    try:
        answer = await http.post("/orders", json=ORDER, headers=headers)
        problem = await said(answer, 503)
        page, totals = await http.get("/"), await said(await http.get("/totals"))
    finally:
        counter.broker.thaw()

    assert answer.headers["Retry-After"]
    assert problem["cure"]
    assert (page.status, totals["placed"]) == (200, placed)
    await eventually(counter.views.ready, "Kafka answers again")
    await said(await http.post("/orders?wait=30s", json=ORDER, headers=headers))
    await said(await http.post("/orders?wait=30s", json=ORDER, headers=headers))
    assert (await said(await http.get("/totals")))["placed"] == placed + 1


async def test_before_kafka_was_reached_the_page_is_there_and_says_so(tmp_path: Path) -> None:
    worker = ViewWorker(tmp_path / "early", "127.0.0.1:9")
    worker.start()
    try:
        async with aiohttp.ClientSession(worker.url) as http:

            async def up() -> bool:
                try:
                    return (await http.get("/")).status == 200
                except aiohttp.ClientError:
                    return False

            await eventually(up, "the page is served")
            command = await said(await http.post("/orders", json=ORDER), 503)
            query = await said(await http.get("/orders/mina:1"), 503)
    finally:
        worker.kill()

    assert "nothing was accepted" in command["detail"]
    assert "waiting for Kafka" in query["detail"]


async def test_a_worker_that_ends_sends_its_watchers_home(
    http: aiohttp.ClientSession, counter: Counter
) -> None:
    async with http.get("/live") as stream:
        await stream.content.readuntil(b"\n\n")
        counter.views.terminate()
        await stream.content.read()

    # Far below the minute for which aiohttp would wait for open streams.
    await eventually(lambda: counter.views.ended, "the worker ends", patience=30)
    assert await counter.views.exit_code() == 0
    counter.views.start()
