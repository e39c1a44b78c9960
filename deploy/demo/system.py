"""What a demo starts: Kafka unless there is one, the gateway, a write worker, a views worker."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NoReturn

import aiohttp

from deploy.demo.children import Child, Children
from deploy.demo.errors import DemoError
from deploy.demo.place import Ports
from deploy.kafka.broker import LocalBroker
from deploy.kafka.ports import HOST
from streams.settings import CONTEXTS

PARTITIONS: Final = 4  # enough to see partitions at work on two cores
_SECONDS_TO_START: Final = 120  # of each; on two idle cores 2 s for Kafka and 4 s for the workers
_MOST_RESTARTS: Final = 20  # in one demo; somebody may want to kill a few
_PAUSE: Final = 0.2
_PATIENCE: Final = aiohttp.ClientTimeout(total=2)


class System:
    """All processes of a demo. Started one after the other, ended in the other direction."""

    def __init__(
        self,
        directory: Path,
        ports: Ports,
        broker: LocalBroker,
        *,
        environment: Mapping[str, str],
        say: Callable[[str], None],
    ) -> None:
        self._directory = directory
        self._ports = ports
        self._broker = broker
        self._say = say
        self._given_broker = environment.get("ORDERFLOW_BROKER")
        self._partitions = environment.get("ORDERFLOW_PARTITIONS", str(PARTITIONS))
        self._children = Children(directory)
        self._restarts = 0

    @property
    def page(self) -> str:
        """Where to look."""
        return f"http://{HOST}:{self._ports.page}"

    async def start(self) -> None:
        """Start everything, and return when it is ready.

        Raises:
            DemoError: something is in the way, or does not become ready.
        """
        self._children.end_leftovers(self._say)
        self._ports.check()
        broker = self._given_broker or await self._start_kafka()
        data = self._directory / broker.replace("://", "-").replace(":", "-").replace(",", "-")
        gateway = f"http://{HOST}:{self._ports.gateway}"
        shared = {
            "ORDERFLOW_BROKER": broker,
            "ORDERFLOW_PARTITIONS": self._partitions,
            "ORDERFLOW_GATEWAY": gateway,
            "ORDERFLOW_CONTEXTS": ",".join(CONTEXTS),
            "ORDERFLOW_WEB_BIND": HOST,
            # Who kills a worker here wants to see its partitions taken over soon.
            "ORDERFLOW_BROKER_SESSION_TIMEOUT": "8",
        }
        await self._ready(self._start_gateway(data / "gateway"), gateway)
        write = self._start_worker("write worker", "app", data, self._ports.write_side, shared)
        views = self._start_worker("views worker", "views", data, self._ports.page, shared)
        await self._ready(write, f"http://{HOST}:{self._ports.write_side}/health/ready")
        await self._ready(views, f"{self.page}/health/ready")

    async def watch(self) -> NoReturn:
        """Start again what ends by itself, as any supervisor would.

        Raises:
            DemoError: it was Kafka, or it happens over and over.
        """
        while True:
            fallen = self._children.fallen()
            if fallen is not None:
                self._start_again(fallen)
            await asyncio.sleep(_PAUSE)

    def _start_again(self, fallen: Child) -> None:
        self._restarts += 1
        if not fallen.command or self._restarts > _MOST_RESTARTS:
            self._check()
        self._say(f"{fallen.name:13} process {fallen.process.pid} has gone; starting it again")
        child = self._children.start_again(fallen)
        self._say(f"{child.name:13} process {child.process.pid}, log {child.log}")

    def end(self) -> None:
        """End all that was started, and nothing else."""
        self._children.end(self._say)

    async def _start_kafka(self) -> str:
        starting = asyncio.create_task(asyncio.to_thread(self._broker.start))
        try:
            await asyncio.shield(starting)
        finally:  # a start cannot be stopped half way; what it comes to is ended with the rest
            await asyncio.wait([starting])
            self._adopt(started=starting.exception() is None and starting.result())
        self._say(f"{'Kafka':13} {self._broker.address}, log {self._broker.log}")
        if not starting.result():
            self._say(f"{'':13} it was running before, and stays when the demo ends")
        return self._broker.address

    def _adopt(self, *, started: bool) -> None:
        process = self._broker.instance.process if started else None
        if process is not None:
            self._children.adopt(Child("Kafka", 0, process, self._broker.log))

    def _start_gateway(self, data: Path) -> Child:
        port = str(self._ports.gateway)
        command = ["-m", "deploy.gateway", "--port", port, "--data", str(data), "--decline", "0"]
        return self._start("gateway", 1, command, {})

    def _start_worker(
        self, name: str, app: str, data: Path, port: int, shared: dict[str, str]
    ) -> Child:
        own = {"ORDERFLOW_DATADIR": str(data / app), "ORDERFLOW_WEB_PORT": str(port)}
        command = ["-m", "faust", "-A", f"streams.{app}", "worker", "--loglevel", "info"]
        return self._start(name, 2, command, {**shared, **own})

    def _start(
        self, name: str, rank: int, command: list[str], environment: dict[str, str]
    ) -> Child:
        child = self._children.start(name, rank, [sys.executable, *command], environment)
        self._say(f"{name:13} process {child.process.pid}, log {child.log}")
        return child

    async def _ready(self, child: Child, url: str) -> None:
        """Wait until it answers that it is ready."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + _SECONDS_TO_START
        async with aiohttp.ClientSession(timeout=_PATIENCE) as http:
            while not await _answers(http, url):
                self._check()
                if clock() > deadline:
                    raise DemoError(
                        f"the {child.name} is not ready after {_SECONDS_TO_START} s ({url}); "
                        f"its log {child.log} ends:\n{child.last_words()}"
                    )
                await asyncio.sleep(_PAUSE)

    def _check(self) -> None:
        fallen = self._children.fallen()
        if fallen is not None:
            raise DemoError(
                f"the {fallen.name} has ended by itself (process {fallen.process.pid}); "
                f"its log {fallen.log} ends:\n{fallen.last_words()}"
            )


async def _answers(http: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with http.get(url) as response:
            return response.ok
    except (aiohttp.ClientError, TimeoutError, OSError):
        return False
