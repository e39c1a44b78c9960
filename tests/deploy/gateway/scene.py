"""The simulated gateway in this process, on loopback, and somebody who asks it for things."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import aiohttp
from aiohttp import web

from deploy.gateway.chance import Odds
from deploy.gateway.ledger import Ledger
from deploy.gateway.processor import EXPIRY, Processor
from deploy.gateway.server import Server

KIND = Odds()  # nothing goes wrong
PAYMENT = "mia:01ORDER/payment"


class Reply(NamedTuple):
    """What came back."""

    status: int
    body: dict[str, Any]
    headers: Any


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Customer:
    """Asks the gateway over HTTP. Every key is the operation's name unless another is given."""

    def __init__(self, http: aiohttp.ClientSession, ledger: Ledger, clock: Clock) -> None:
        self.http = http
        self.url = str(http._base_url).rstrip("/")
        self.ledger = ledger
        self.clock = clock

    async def post(self, path: str, body: Any, key: str | None, **options: Any) -> Reply:
        """Ask for something; a body that is not bytes is sent as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {} if key is None else {"Idempotency-Key": quote(key)}
        async with self.http.post(path, data=data, headers=headers, **options) as answer:
            return Reply(answer.status, await answer.json(content_type=None), answer.headers)

    async def authorize(
        self, amount: int = 500, *, key: str = "authorize", method: str = "card", **fields: Any
    ) -> Reply:
        """Hold money."""
        body = {"payment_id": PAYMENT, "amount": amount, "currency": "USD", "method": method}
        return await self.post("/v1/authorize", body | fields, key)

    async def capture(self, amount: int = 500, *, key: str = "capture") -> Reply:
        """Take money."""
        return await self.post("/v1/capture", {"payment_id": PAYMENT, "amount": amount}, key)

    async def void(self, *, key: str = "void") -> Reply:
        """Let go of money."""
        return await self.post("/v1/void", {"payment_id": PAYMENT}, key)

    async def refund(self, amount: int = 500, *, key: str = "refund") -> Reply:
        """Give back money."""
        body = {"payment_id": PAYMENT, "refund_id": "r1", "amount": amount}
        return await self.post("/v1/refund", body, key)

    async def mail(self, to: str = "mia@example.com", *, key: str = "mail") -> Reply:
        """Have something told."""
        body = {"order_id": "mia:1", "kind": "confirmed", "version": 1, "to": to, "name": "Mia"}
        return await self.post("/v1/mails", body, key)

    async def find(self, key: str, book: str = "operations") -> Reply:
        """Look up what was done."""
        async with self.http.get(f"/v1/{book}/{quote(key, safe='')}") as answer:
            return Reply(answer.status, await answer.json(content_type=None), answer.headers)

    async def listing(self, path: str = "/ledger") -> list[dict[str, Any]]:
        """All that was done."""
        async with self.http.get(path) as answer:
            assert answer.content_type == "application/x-ndjson"
            return [json.loads(line) for line in (await answer.read()).splitlines()]


@asynccontextmanager
async def gateway(
    directory: Path, odds: Odds = KIND, expiry: timedelta = EXPIRY
) -> AsyncIterator[Customer]:
    """Run the gateway, by default without any fault of its own."""
    ledger, clock = Ledger(directory), Clock()
    server = Server(Processor(ledger, odds, expiry, clock), odds)
    runner = web.AppRunner(server.application(), shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
            yield Customer(http, ledger, clock)
    finally:
        await runner.cleanup()
        ledger.close()
