"""The system that is measured: broker, gateway, write worker and views worker, a process each.

The broker is always one of its own: our topics have fixed names and must be empty at first, so
that `ORDERFLOW_BROKER`, where somebody's orders may lie, is left alone.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.running import ROOT, ParticipantFailed
from deploy.kafka.broker import LocalBroker
from deploy.kafka.ports import HOST

BROKER, GATEWAY, WRITE, VIEWS = "broker", "gateway", "write worker", "views worker"
NO_FAULTS = ("--decline", "0", "--silence", "0", "--lost", "0", "--errors", "0")
_SECONDS_TO_START = 120  # two seconds on an idle machine, half a minute on a crowded one
_SECONDS_TO_END = 30
_SECONDS_TO_SETTLE = 300
_PAUSE = 0.2
_LOOK_SECONDS = 1.0  # of `streams/watch.py`, which tells the lag
_LAG = re.compile(rb"^orderflow_lag_records{.*} (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Member:
    """A process of the system."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path


class System:
    """All processes; any but the broker may be started anew, in other ways."""

    def __init__(self, broker: LocalBroker, directory: Path, partitions: int) -> None:
        self.broker = broker
        self.directory = directory
        self.partitions = partitions
        self.members: dict[str, Member] = {}
        self._gateway_port = _free_port()

    def start(self) -> None:
        """Start everything, without faults and without latency."""
        self.start_gateway()
        self.start_write()
        self.start_views()

    def start_gateway(self, latency: str = "0ms") -> None:
        """Start the gateway; one that runs is ended."""
        data = str(self.directory / "ledger")
        where = ("--port", str(self._gateway_port), "--data", data)
        odds = (*NO_FAULTS, "--latency", latency)
        self._start(GATEWAY, ("-m", "deploy.gateway", *where, *odds), self._gateway_port, "/")

    def start_write(self, module: str = "faust") -> None:
        """Start the write worker, by `module` in place of Faust's own; one that runs is ended."""
        self._start_worker(WRITE, module, "streams.app")

    def start_views(self) -> None:
        """Start the views worker; one that runs is ended."""
        self._start_worker(VIEWS, "faust", "streams.views")

    def stop(self, name: str) -> None:
        """End a process in its own good time."""
        member = self.members.pop(name, None)
        if member is None:
            return
        member.process.terminate()
        try:
            member.process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            member.process.kill()
            member.process.wait()

    def url(self, name: str) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self.members[name].port}"

    def cpu(self) -> dict[str, float]:
        """CPU seconds that each process has used, user and system, with all its threads."""
        return {name: sum(process.cpu_times()[:2]) for name, process in self._processes()}

    def memory(self) -> dict[str, int]:
        """Bytes that each process holds (RSS)."""
        return {name: process.memory_info().rss for name, process in self._processes()}

    def disk(self, name: str) -> int:
        """Bytes of a process's data directory."""
        size = 0
        for path in (self.directory / name).rglob("*"):
            with contextlib.suppress(FileNotFoundError):  # RocksDB has just compacted it away
                size += path.stat().st_size if path.is_file() else 0
        return size

    def last_words(self) -> str:
        """The end of each log."""
        texts = {
            name: member.log.read_text(errors="replace") for name, member in self.members.items()
        }
        return "\n".join(
            f"the log of the {name} ends:\n{text[-1000:]}" for name, text in texts.items()
        )

    def settle(self) -> None:
        """Wait until no record waits in either worker, seen at two looks of its watch."""
        deadline, quiet = time.monotonic() + _SECONDS_TO_SETTLE, False
        while True:
            time.sleep(_LOOK_SECONDS)
            was_quiet, quiet = quiet, not any(map(self._lag, (WRITE, VIEWS)))
            if was_quiet and quiet:
                return
            if time.monotonic() > deadline:
                raise ParticipantFailed(f"records still wait after {_SECONDS_TO_SETTLE} s")

    def _lag(self, name: str) -> float:
        return sum(map(float, _LAG.findall(self._get(name, "/metrics") or b"")))

    def _processes(self) -> Iterator[tuple[str, psutil.Process]]:
        if (found := self.broker.instance.process) is not None:
            yield BROKER, psutil.Process(found.pid)
        for name, member in self.members.items():
            yield name, psutil.Process(member.process.pid)

    def _start_worker(self, name: str, module: str, app: str) -> None:
        command = ("-m", module, "-A", app, "worker", "--loglevel", "info")
        self._start(name, command, _free_port(), "/health/ready")

    def _start(self, name: str, command: Sequence[str], port: int, path: str) -> None:
        self.stop(name)
        data, log = self.directory / name, self.directory / f"{name}.log"
        with log.open("ab") as said:
            process = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=self._environment(data, port),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )
        self.members[name] = Member(process, port, log)
        self._await_answer(name, path)

    def _environment(self, data: Path, port: int) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("ORDERFLOW_")}
        return {
            **inherited,
            "ORDERFLOW_BROKER": self.broker.address,
            "ORDERFLOW_PARTITIONS": str(self.partitions),
            "ORDERFLOW_GATEWAY": f"http://{HOST}:{self._gateway_port}",
            "ORDERFLOW_DATADIR": str(data),
            "ORDERFLOW_WEB_PORT": str(port),
        }

    def _await_answer(self, name: str, path: str) -> None:
        member, deadline = self.members[name], time.monotonic() + _SECONDS_TO_START
        while self._get(name, path) is None:
            if member.process.poll() is not None or time.monotonic() > deadline:
                raise ParticipantFailed(f"the {name} does not become ready")
            time.sleep(_PAUSE)

    def _get(self, name: str, path: str) -> bytes | None:
        connection = http.client.HTTPConnection(HOST, self.members[name].port, timeout=5)
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", path)
            answer = connection.getresponse()
            if answer.status == http.HTTPStatus.OK:
                return answer.read()
        return None


@contextmanager
def running(partitions: int) -> Iterator[System]:
    """Give a system with empty topics; afterwards it is gone, with all that it wrote."""
    broker = LocalBroker("bench-orders")
    if not broker.start():
        sys.exit(
            "another benchmark of orders is running, and figures of two at once mean nothing; "
            "if none is: `python -m deploy.kafka stop bench-orders`"
        )
    try:
        with tempfile.TemporaryDirectory(prefix="bench-orders-") as directory:
            system = System(broker, Path(directory), partitions)
            try:
                system.start()
                yield system
            except ParticipantFailed as failed:
                failed.add_note(system.last_words())
                raise
            finally:
                for name in (VIEWS, WRITE, GATEWAY):
                    system.stop(name)
    finally:
        broker.discard()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
