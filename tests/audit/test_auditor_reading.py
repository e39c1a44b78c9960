"""The auditor reads a real Kafka, the ledgers and the read side, and says so if it cannot."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tests.audit import views
from tests.audit.catalogue import STORIES, told
from tests.audit.findings import Audit
from tests.audit.good_log import Log
from tests.audit.logs import Unreadable, read_ledger, read_topics
from tests.audit.records import Record
from tests.audit.verdict import audit
from tests.faults.workers import ROOT, free_port

PARTITIONS = 3


def everything() -> Log:
    return told(*STORIES.values(), partitions=PARTITIONS)


async def create(broker: str, prefix: str, topics: Sequence[str]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(prefix + each, PARTITIONS, 1) for each in topics])
    finally:
        await admin.close()


async def produce(broker: str, prefix: str, records: Sequence[Record]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=broker, enable_idempotence=True)
    await producer.start()
    try:
        for each in records:
            await producer.send(
                prefix + each.topic,
                each.value,
                each.key,
                each.partition,
                headers=list(each.headers),
            )
        await producer.flush()
    finally:
        await producer.stop()


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.audit", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def save(lines: Sequence[dict[str, Any]], path: Path) -> None:
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))


def test_the_command_judges_what_is_in_kafka(broker: str, unique: str, tmp_path: Path) -> None:
    log = everything()
    save(log.gateway, tmp_path / "ledger.ndjson")
    save(log.mails, tmp_path / "mails.ndjson")
    records = [each for topic in log.topics.values() for each in topic]
    asyncio.run(create(broker, unique, [*log.topics, "orders.dlq"]))
    asyncio.run(produce(broker, unique, records))
    asked = ("--broker", broker, "--prefix", unique, "--gateway", str(tmp_path))

    good = command(*asked)

    assert (good.returncode, good.stderr) == (0, ""), good.stdout
    assert f"{len(records):,} records, at rest" in good.stdout
    assert good.stdout.endswith("nothing found wrong\n")

    asyncio.run(produce(broker, unique, [log.topics["orders"][0]._replace(value=b"{}")]))
    bad = command(*asked, "--json")

    assert bad.returncode == 1
    verdict = json.loads(bad.stdout)
    assert "holds no message" in verdict["findings"][0]
    assert verdict["money"]["KRW"]["kept"] == 10_000


async def test_records_are_read_as_they_are(broker: str, unique: str) -> None:
    log = everything()
    await create(broker, unique, list(log.topics))
    await produce(broker, unique, [each for topic in log.topics.values() for each in topic])

    read = await read_topics(broker, unique)

    assert read.partitions == PARTITIONS
    for topic, records in log.topics.items():
        found = sorted(each._replace(timestamp=0) for each in read.records[topic])
        assert found == sorted(records)


def test_a_kafka_that_does_not_answer_is_named_with_the_cure() -> None:
    found = command("--broker", f"127.0.0.1:{free_port()}")

    assert found.returncode == 2
    assert "start it (`make kafka`)" in found.stderr


async def test_missing_topics_are_named_with_the_cure(broker: str, unique: str) -> None:
    with pytest.raises(Unreadable, match=r"has no topic .*start the write side once"):
        await read_topics(broker, unique)


async def test_a_gateway_that_does_not_answer_is_named_with_the_cure(tmp_path: Path) -> None:
    for source in (f"http://127.0.0.1:{free_port()}", str(tmp_path)):
        with pytest.raises(Unreadable, match=r"python -m deploy\.gateway"):
            await read_ledger(source, "ledger")


class Shop:
    """A gateway and a read side that say what they are told to say."""

    def __init__(self) -> None:
        log = everything()
        self.audit: Audit = audit(
            log.topics, log.gateway, log.mails, finished=True, partitions=PARTITIONS
        )
        self.answers: dict[str, Any] = {"/totals": views.expected_totals(self.audit)}
        for sku, each in self.audit.stock.items():
            available = each["on_hand"] - each["reserved"]
            self.answers[f"/stock/{sku}"] = {**each, "available": available}
        for order_id, expected in self.audit.views.items():
            self.answers[f"/orders/{order_id}"] = {"order_id": order_id, **expected}
        self.asked = asyncio.Event()

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.set()
        if request.path == "/ledger":
            return web.Response(text='{"key": "a"}\n\n{"key": "b"}\n')
        said = self.answers.get(request.path)
        return web.json_response(said, status=200 if said else 404)


@pytest.fixture
async def shop() -> AsyncIterator[tuple[Shop, str]]:
    """A shop, and where it listens."""
    ours, application = Shop(), web.Application()
    application.router.add_get("/{path:.*}", ours.answer)
    async with TestServer(application, host="127.0.0.1") as server:
        yield ours, f"http://127.0.0.1:{server.port}"


async def test_a_ledger_is_read_over_http(shop: tuple[Shop, str]) -> None:
    assert await read_ledger(shop[1], "ledger") == [{"key": "a"}, {"key": "b"}]


async def test_a_read_side_that_says_the_same_is_right(shop: tuple[Shop, str]) -> None:
    ours, url = shop

    await views.check(url, ours.audit)

    assert ours.audit.findings == []
    assert ours.audit.compared == {"totals": 1, "stock": 3, "orders": 25}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/totals", "placed"),
        ("/totals", "money"),
        ("/stock/TEA-1", "on_hand"),
        ("/orders/mina:1", "status"),
    ],
)
async def test_a_read_side_that_says_otherwise_is_found(
    shop: tuple[Shop, str], path: str, name: str
) -> None:
    ours, url = shop
    ours.answers[path] = {**ours.answers[path], name: "other"}

    await views.check(url, ours.audit, patience=0)

    (finding,) = ours.audit.findings
    assert finding.startswith("G5: ")
    assert f"{name} other" in finding


async def test_an_order_that_the_read_side_does_not_know_is_found(shop: tuple[Shop, str]) -> None:
    ours, url = shop
    del ours.answers["/orders/mina:1"]

    await views.check(url, ours.audit)

    assert "says 404" in ours.audit.findings[0]


async def test_a_read_side_that_is_behind_is_given_time(shop: tuple[Shop, str]) -> None:
    ours, url = shop
    now = ours.answers["/totals"]
    ours.answers["/totals"] = {**now, "placed": 0}
    checking = asyncio.create_task(views.check(url, ours.audit))
    await ours.asked.wait()
    ours.answers["/totals"] = now
    await checking

    assert ours.audit.findings == []


async def test_a_read_side_that_does_not_answer_is_named_with_the_cure() -> None:
    with pytest.raises(Unreadable, match="leave --views out"):
        await views.check(f"http://127.0.0.1:{free_port()}", Audit(finished=True))


def test_the_auditor_uses_nothing_of_the_application() -> None:
    script = (
        "import sys, tests.audit.__main__\n"
        "ours = {'models', 'streams', 'tables', 'agents'}\n"
        "sys.exit(sorted(each for each in sys.modules if each.split('.')[0] in ours) or None)"
    )

    found = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False)

    assert found.returncode == 0
