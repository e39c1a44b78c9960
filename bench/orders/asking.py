"""Asks the read side as fast as it answers: `python -m bench.orders.asking --url … --about …`.

A few questions at a time, each as soon as the one before is answered. Prints one line of JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import aiohttp
import uvloop

from bench.figures import percentile
from bench.orders.commands import USERS

ORDER, LIST = "order", "list"


class Questions:
    """Paths to ask, round and round."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url
        self.waits: list[float] = []

    async def paths(self, about: str) -> list[str]:
        """Lists of users, or orders that are on them."""
        lists = [f"/users/user-{number:03d}/orders" for number in range(USERS)]
        if about == LIST:
            return lists
        pages = [json.loads(await self._get(path)) for path in lists[:20]]
        return [f"/orders/{each['order_id']}" for page in pages for each in page["orders"]]

    async def ask(self, paths: Iterator[str], until: float) -> None:
        """Ask one after the other."""
        while (begun := time.perf_counter()) < until:
            await self._get(next(paths))
            self.waits.append(1000 * (time.perf_counter() - begun))

    async def _get(self, path: str) -> bytes:
        async with self._session.get(self._url + path) as response:
            response.raise_for_status()
            return await response.read()


async def main(asked: argparse.Namespace) -> None:
    """Ask for so many seconds, and print how that went."""
    async with aiohttp.ClientSession() as session:
        questions = Questions(session, asked.url)
        paths = cycle(await questions.paths(asked.about))
        start = time.perf_counter()
        asking = [questions.ask(paths, start + asked.seconds) for _ in range(asked.connections)]
        await asyncio.gather(*asking)
        seconds = time.perf_counter() - start
    report: dict[str, Any] = {
        "queries_per_second": len(questions.waits) / seconds,
        **{f"query_p{percent}": percentile(questions.waits, percent) for percent in (50, 99)},
        "client_cpu_seconds": time.process_time(),
    }
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.orders.asking", description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--about", choices=(ORDER, LIST), required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--connections", type=int, default=4)
    uvloop.run(main(parser.parse_args()))
