"""The gateway as a process: killed while it writes, it has forgotten nothing that it answered."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.deploy.gateway.process import GatewayProcess
from tests.faults.workers import eventually

FAULTLESS = ("--decline=0", "--silence=0", "--lost=0", "--errors=0", "--latency=0s")
ROUNDS, ASKING, ANSWERS = 4, 8, 60  # kills; clients at once; answers before a kill


Starting = Callable[..., Awaitable[GatewayProcess]]


@pytest.fixture
async def started() -> AsyncIterator[Starting]:
    """Start gateways; none outlives the test."""
    gateways: list[GatewayProcess] = []

    async def start(directory: Path, *options: str) -> GatewayProcess:
        gateways.append(GatewayProcess(directory, *options))
        return await gateways[-1].start()

    yield start
    for gateway in gateways:
        await gateway.kill()


class Asking:
    """Clients who authorize payment after payment, and remember what they were told."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, Any] = {}

    def has(self, enough: int) -> bool:
        """Whether so many were answered."""
        return len(self.answers) >= enough

    async def go_on(self, url: str) -> None:
        """Ask until nobody answers any more."""
        async with aiohttp.ClientSession(url) as http:
            with contextlib.suppress(aiohttp.ClientError):
                while True:
                    self.asked.append(f"key/{len(self.asked)}")
                    await self.ask(http, self.asked[-1])

    async def ask(self, http: aiohttp.ClientSession, key: str) -> None:
        """Authorize a payment of its own under a key."""
        body = {"payment_id": key, "amount": 7, "currency": "KRW", "method": "card"}
        headers = {"Idempotency-Key": key}
        async with http.post("/v1/authorize", json=body, headers=headers) as answer:
            assert answer.status == 200
            said = await answer.json()
        assert self.answers.setdefault(key, said) == said

    async def check(self, url: str) -> None:
        """Whatever was answered is found; whatever was not is answered now, and has one effect."""
        async with aiohttp.ClientSession(url) as http:
            for key in self.asked:
                async with http.get(f"/v1/operations/{key}") as found:
                    assert found.status == 200 or key not in self.answers
                await self.ask(http, key)
            async with http.get("/ledger") as ledger:
                entries = [json.loads(line) for line in (await ledger.read()).splitlines()]
        assert sorted(entry["key"] for entry in entries) == sorted(self.asked)
        assert all(entry["outcome"] == "succeeded" for entry in entries)


async def test_killed_while_writing_it_loses_no_answered_effect(
    started: Starting, tmp_path: Path
) -> None:
    chance, asking = random.Random(4), Asking()
    for _ in range(ROUNDS):
        gateway = await started(tmp_path, *FAULTLESS)
        await asking.check(gateway.url)
        enough = len(asking.answers) + ANSWERS + chance.randrange(20)
        clients = [asyncio.create_task(asking.go_on(gateway.url)) for _ in range(ASKING)]
        await eventually(partial(asking.has, enough), f"{enough} answers")
        code, _, _ = await gateway.end(signal.SIGKILL)
        assert code == -signal.SIGKILL
        await asyncio.gather(*clients)
    gateway = await started(tmp_path, *FAULTLESS)

    await asking.check(gateway.url)

    assert len(asking.answers) > ROUNDS * ANSWERS
    await gateway.end(signal.SIGTERM)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_cleanly_even_in_the_middle_of_a_silence(
    started: Starting, tmp_path: Path, number: signal.Signals
) -> None:
    gateway = await started(tmp_path, *FAULTLESS, "--patience=1h")
    async with aiohttp.ClientSession(gateway.url) as http:
        silence = asyncio.create_task(authorize_slowly(http))

        async def charged() -> bool:
            async with http.get("/v1/operations/slow") as answer:
                return answer.status == 200

        await eventually(charged, "the charge")
        ended = await gateway.end(number)
        with pytest.raises(aiohttp.ClientError):
            await silence

    assert ended == (0, "", "")


async def authorize_slowly(http: aiohttp.ClientSession) -> int:
    """Use a card whose first answer comes late."""
    body = {"payment_id": "p", "amount": 7, "currency": "KRW", "method": "card-slow"}
    headers = {"Idempotency-Key": "slow"}
    async with http.post("/v1/authorize", json=body, headers=headers) as answer:
        return answer.status


async def test_it_says_in_one_line_where_it_listens_and_what_it_remembers(
    started: Starting, tmp_path: Path
) -> None:
    first = await started(tmp_path, *FAULTLESS)
    asking = Asking()
    async with aiohttp.ClientSession(first.url) as http:
        await asking.ask(http, "k")
    await first.end(signal.SIGTERM)
    second = await started(tmp_path)
    ended = await second.end(signal.SIGTERM)

    assert "(0 operations, 0 mails)" in first.said
    assert "(1 operations, 0 mails)" in second.said
    assert ended == (0, "", "")


async def test_a_port_in_use_is_said_with_the_cure(started: Starting, tmp_path: Path) -> None:
    first = await started(tmp_path / "one")
    port = first.url.rpartition(":")[2]
    second = await started(tmp_path / "two", "--port", port)
    code, said, complained = await second.end()
    await first.end(signal.SIGTERM)

    assert (code, second.said, said) == (1, "", "")
    assert complained == (
        f"port {port} of 127.0.0.1 is in use: end what listens there, or give another with --port"
        " (0 takes a free one) and set ORDERFLOW_GATEWAY to it\n"
    )


async def test_an_address_of_another_machine_is_said(started: Starting, tmp_path: Path) -> None:
    gateway = await started(tmp_path, "--bind", "192.0.2.1")
    code, _, complained = await gateway.end()

    assert code == 1
    assert complained.startswith("cannot listen on 192.0.2.1 port 0: ")
    assert complained.endswith("; see --bind\n")


async def test_a_directory_without_a_ledger_in_it_is_said(
    started: Starting, tmp_path: Path
) -> None:
    (tmp_path / "ledger.sqlite3").write_text("somebody's notes, which are no database")
    code, said, complained = await (await started(tmp_path)).end()

    assert (code, said) == (1, "")
    assert "file is not a database" in complained
    assert complained.count("\n") == 1


async def test_two_processes_on_one_ledger_have_one_effect_per_key(
    started: Starting, tmp_path: Path
) -> None:
    one = await started(tmp_path, *FAULTLESS)
    two = await started(tmp_path, *FAULTLESS)
    asking = Asking()
    async with aiohttp.ClientSession(one.url) as first, aiohttp.ClientSession(two.url) as second:
        keys = [f"k{number}" for number in range(50)]
        await asyncio.gather(*(asking.ask(http, key) for key in keys for http in (first, second)))
        async with first.get("/ledger") as ledger:
            assert len((await ledger.read()).splitlines()) == len(keys)
    await one.end(signal.SIGTERM)
    await two.end(signal.SIGTERM)
