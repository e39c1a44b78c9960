"""Places orders over HTTP at a steady rate: `python -m bench.orders.placing --url … --rate …`.

The load is open: orders leave by the clock, however slow the answers, and a wait counts from the
moment an order was due. One process with one session, so that the clients' CPU stays small and
beside that of the system. Prints one line of JSON: for each order its id, when it was due
(milliseconds since the epoch), and how long it waited until it was confirmed, or null.
"""

from __future__ import annotations

import argparse
import asyncio
import http
import json
import sys
import time
from collections.abc import Iterator
from itertools import count
from typing import Any, get_args

import aiohttp
import msgspec
import uvloop

from bench.orders.commands import order, simulated
from models.order_messages import Style
from models.requests import OrderRequest

WAIT_SECONDS = 30
_PATIENCE = aiohttp.ClientTimeout(total=WAIT_SECONDS + 10)


class Client:
    """Places one order after the other."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = f"{url}/orders?wait={WAIT_SECONDS}s"
        self.placed: list[tuple[str | None, float, float | None]] = []

    async def place(self, asked: OrderRequest, due: float) -> None:
        """Place an order, and wait until it is confirmed."""
        body = msgspec.json.encode(asked)
        due_at = 1000 * (time.time() - time.perf_counter() + due)
        try:
            answer = await self._post(body)
        except (aiohttp.ClientError, TimeoutError):
            answer = {}
        confirmed = answer.get("status") == "CONFIRMED"
        waited = 1000 * (time.perf_counter() - due) if confirmed else None
        self.placed.append((answer.get("order_id"), due_at, waited))

    async def _post(self, body: bytes) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        async with self._session.post(self._url, data=body, headers=headers) as response:
            said: dict[str, Any] = json.loads(await response.read())
            return said if response.status == http.HTTPStatus.OK else {}


def orders(asked: argparse.Namespace) -> Iterator[OrderRequest]:
    """Orders by their numbers; with a seed those of the simulation, in a style."""
    if asked.seed is None:
        return (order(number, asked.lines) for number in count())
    return simulated(asked.seed, asked.saga)


async def main(asked: argparse.Namespace) -> None:
    """Place all orders by the clock, and print what became of them."""
    source = orders(asked)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=_PATIENCE) as session:
        client = Client(session, asked.url)
        start = time.perf_counter() + 0.1
        late = 0.0
        async with asyncio.TaskGroup() as group:
            for number in range(int(asked.rate * asked.seconds)):
                due = start + number / asked.rate
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                late = max(late, time.perf_counter() - due)
                group.create_task(client.place(next(source), due))
    report = {"placed": client.placed, "late_ms": 1000 * late, "cpu_seconds": time.process_time()}
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.orders.placing", description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--lines", type=int, default=1)
    parser.add_argument("--seed", type=int, help="of simulated orders")
    parser.add_argument("--saga", choices=get_args(Style), help="style of simulated orders")
    uvloop.run(main(parser.parse_args()))
