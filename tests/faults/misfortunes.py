"""What can happen to workers and their broker; each leaves everything running again."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from random import Random
from typing import Protocol

from deploy.kafka.broker import LocalBroker
from tests.faults.exits import POINTS
from tests.faults.workers import Worker, eventually

SESSION_SECONDS = 6.0  # as in tests/faults/workers.py


class Stage(Protocol):
    """Where workers are at work: `Scene`, `tests.faults.shop.Shop`."""

    random: Random
    workers: list[Worker]

    def worker(self) -> Worker:
        """Start one more."""


Misfortune = Callable[[Stage, Worker], Awaitable[str]]


async def killed(scene: Stage, worker: Worker) -> str:
    """As by kill -9."""
    worker.kill()
    await pause(scene.random.uniform(0, 8))
    worker.start()
    return "killed"


async def robbed(_: Stage, worker: Worker) -> str:
    """As by kill -9, and the disk is gone."""
    worker.kill()
    worker.wipe()
    worker.start()
    return "killed and its disk wiped"


async def corrupted(scene: Stage, worker: Worker) -> str:
    """As by kill -9, and bytes on its disk changed."""
    worker.kill()
    files = [path for path in worker.directory.rglob("*") if path.is_file() and path.stat().st_size]
    for path in scene.random.sample(files, min(3, len(files))):
        with path.open("r+b") as file:
            file.seek(scene.random.randrange(path.stat().st_size))
            file.write(scene.random.randbytes(64))
    worker.start()
    return "killed and its disk corrupted"


async def frozen(scene: Stage, worker: Worker) -> str:
    """Stopped for a moment, or until its session is over, and woken."""
    seconds = scene.random.choice((0.5, 2.0, SESSION_SECONDS + 4))
    worker.signal(signal.SIGSTOP)
    await pause(seconds)
    worker.signal(signal.SIGCONT)
    return f"frozen for {seconds:.1f} s"


async def restarted(_: Stage, worker: Worker) -> str:
    """Asked to end, as in a rolling restart."""
    worker.terminate()
    code = await worker.exit_code()
    worker.start()
    return f"restarted (exit code {code})"


async def exited(scene: Stage, worker: Worker) -> str:
    """Ends at a named point of a commit."""
    point = scene.random.choice(POINTS)
    times = 3 if point == "after-progress" else scene.random.randrange(1, 200)
    worker.kill()
    worker.start(RELAY_EXIT_AT=f"{point}:{times}")
    try:
        await eventually(lambda: worker.ended, "it comes to that point", patience=20)
        said = f"exited {point} (exit code {await worker.exit_code()})"
    except AssertionError:  # it has no partition to work on
        worker.kill()
        said = f"killed before it came to {point}"
    worker.start()
    return said


async def joined(scene: Stage, _: Worker) -> str:
    """A guest joins and leaves: two rebalances, or more."""
    guest = scene.worker()
    await pause(scene.random.uniform(0, 6))
    scene.random.choice((guest.kill, guest.terminate))()
    await guest.exit_code()
    scene.workers.remove(guest)
    return "watched a guest come and go"


def of_broker(broker: LocalBroker) -> list[Misfortune]:
    """What can happen to a broker of our own."""

    async def killed_broker(scene: Stage, _: Worker) -> str:
        broker.kill()
        await pause(scene.random.uniform(0, 10))
        await asyncio.to_thread(broker.start)
        return "lived through a broker killed and started again"

    async def frozen_broker(scene: Stage, _: Worker) -> str:
        seconds = scene.random.choice((2.0, 8.0, 20.0))
        broker.freeze()
        await pause(seconds)
        broker.thaw()
        return f"lived through a broker frozen for {seconds:.0f} s"

    return [killed_broker, frozen_broker]


OF_ANY_PROCESS: list[Misfortune] = [killed, frozen, restarted]
OF_WORKERS: list[Misfortune] = [killed, robbed, corrupted, frozen, restarted, exited, joined]


async def pause(seconds: float) -> None:
    """Let time pass for those who work."""
    over = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, over.set)
    await over.wait()
