"""A scene: a broker, deposits that keep coming, some workers, and the verdict at the end."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaProducer

from streams.provision import provision
from streams.topics import Topic
from tests.faults.audit import Audit, audit
from tests.faults.workers import Worker, eventually

ACCOUNTS, ITEMS = 200, 50
TWICE = 0.02  # part of the deposits that their producer sends twice


class Scene:
    """Workers `w0`, `w1`, … of the relay under `prefix`, and a steady rate of deposits."""

    def __init__(
        self, broker: str, directory: Path, prefix: str, *, seed: int = 1, rate: float = 400
    ) -> None:
        self.broker = broker
        self.directory = directory
        self.prefix = prefix
        self.rate = rate
        self.random = random.Random(seed)
        self.workers: list[Worker] = []
        self.sent = 0
        self._load: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()

    async def __aenter__(self) -> Self:
        topics = [
            Topic(name=self.prefix + name, key="-", carries=name, writer="-")
            for name in ("deposits", "bookings", "counts")
        ]
        await provision(self.broker, topics, partitions=4, replication=1)
        self._load = asyncio.create_task(self._send_deposits())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        if self._load is not None:
            await asyncio.wait([self._load], timeout=30)
            self._load.cancel()
        for worker in self.workers:
            worker.kill()
        if error is not None:
            for worker in self.workers:
                error.add_note(f"--- {worker.log}\n{worker.text()[-6000:]}")

    def worker(self, **environment: str) -> Worker:
        """Start one more worker."""
        directory = self.directory / f"w{len(self.workers)}"
        worker = Worker(directory, self.broker, self.prefix, **environment)
        self.workers.append(worker)
        return worker.start()

    async def after(self, deposits: int) -> None:
        """Let so many more deposits come in."""
        goal = self.sent + deposits
        await eventually(lambda: self.sent >= goal, f"{deposits} more deposits are sent")

    async def verdict(self) -> Audit:
        """Stop the deposits, let the workers finish, and audit the topics."""
        self._stop.set()
        assert self._load is not None
        await self._load
        found = await eventually(self._finished, "every deposit is counted")
        for worker in self.workers:
            if not worker.ended:
                worker.terminate()
        for worker in self.workers:
            await worker.exit_code()
        found = await audit(self.broker, self.prefix)
        assert found.findings == []
        assert len(found.deposits) == self.sent
        assert len(found.counts) == self.sent
        return found

    async def _finished(self) -> bool:
        return (await audit(self.broker, self.prefix)).complete

    async def _send_deposits(self) -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=self.broker, acks="all", enable_idempotence=True
        )
        await producer.start()
        loop = asyncio.get_running_loop()
        begin = loop.time()
        try:
            while not self._stop.is_set():
                account = f"a{self.random.randrange(ACCOUNTS)}"
                item = f"i{self.random.randrange(ITEMS)}"
                value = deposit(f"d{self.sent}", account, item, self.random.randrange(1000))
                for _ in range(2 if self.random.random() < TWICE else 1):
                    await producer.send(self.prefix + "deposits", value, key=account.encode())
                self.sent += 1
                late = begin + self.sent / self.rate - loop.time()
                if late > 0:
                    await _pause(late)
                elif late < -1:
                    begin = (
                        loop.time() - self.sent / self.rate
                    )  # the broker was away: do not make up for it
        finally:
            await producer.stop()


async def _pause(seconds: float) -> None:
    done = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, done.set)
    await done.wait()


def deposit(name: str, account: str, item: str, amount: int, **more: object) -> bytes:
    """A deposit as a foreign producer writes it."""
    event = {
        "specversion": "1.0",
        "id": name,
        "source": "outside",
        "type": "Deposit",
        "subject": account,
        "time": "2026-03-02T10:00:00Z",
        "dataversion": 1,
        "correlationid": name,
        "partitionkey": account,
        "data": {"account": account, "item": item, "amount": amount, **more},
    }
    return json.dumps(event).encode()
