"""The broker dies or freezes under the two agents, and they wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from deploy.kafka.broker import LocalBroker
from tests.faults.scene import Scene
from tests.faults.workers import Worker, eventually

FROZEN_SECONDS = 20.0


@pytest.fixture(scope="module")
def victim() -> Iterator[LocalBroker]:
    """A broker that no other test depends on."""
    broker = LocalBroker("victim")
    broker.start()
    yield broker
    broker.discard()


async def test_a_broker_killed_and_started_again_is_waited_for(
    victim: LocalBroker, tmp_path: Path, unique: str
) -> None:
    async with Scene(victim.address, tmp_path, unique) as scene:
        workers = [scene.worker(), scene.worker()]
        for worker in workers:
            await worker.until_ready()
        await scene.after(400)
        victim.kill()
        for worker in workers:
            await eventually(
                partial(_says, worker, "does not answer"), "the worker says that it waits"
            )
        await asyncio.to_thread(victim.start)
        await scene.after(400)
        assert not any(worker.ended for worker in workers)
        await scene.verdict()
        for worker in workers:
            assert worker.text().count("does not answer") == 1
            assert worker.text().count("answers again") == 1
            assert "Traceback" not in worker.text()


def _says(worker: Worker, words: str) -> bool:
    return words in worker.text()


async def test_a_broker_frozen_for_20_seconds_is_waited_for(
    victim: LocalBroker, tmp_path: Path, unique: str
) -> None:
    async with Scene(victim.address, tmp_path, unique) as scene:
        workers = [scene.worker(), scene.worker()]
        for worker in workers:
            await worker.until_ready()
        await scene.after(400)
        victim.freeze()
        thaw_at = asyncio.get_running_loop().time() + FROZEN_SECONDS
        await eventually(lambda: asyncio.get_running_loop().time() > thaw_at, "20 s have passed")
        victim.thaw()
        await scene.after(400)
        await scene.verdict()


async def test_a_broker_that_is_away_at_the_start_is_waited_for_and_said_once(
    victim: LocalBroker, tmp_path: Path, unique: str
) -> None:
    victim.stop()
    scene = Scene(victim.address, tmp_path, unique)
    worker = scene.worker()
    said = f"Kafka at {victim.address}: waiting"
    try:
        await eventually(lambda: said in worker.text(), "the worker says that it waits")
        assert await worker.ready() is None
        await asyncio.to_thread(victim.start)
        await worker.until_ready()
        assert worker.text().count(said) == 1
        assert "Traceback" not in worker.text()
    finally:
        worker.kill()
