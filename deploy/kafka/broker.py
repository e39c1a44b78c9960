"""A Kafka broker on this machine, by name: started, found again, stopped; for tests also broken.

Everything of it lies under `.kafka/<name>/`. It outlives the command that starts it,
and only the process it started itself is ever sent a signal.
"""

from __future__ import annotations

import base64
import shutil
import signal
import subprocess
import uuid
from dataclasses import replace
from pathlib import Path

from deploy.kafka import jars, ports
from deploy.kafka.errors import LocalKafkaError
from deploy.kafka.instance import FILE, Instance, reserved_ports
from deploy.kafka.locks import exclusive
from deploy.kafka.metadata import cluster_id
from deploy.kafka.processes import Process, eventually
from deploy.kafka.properties import server_properties

ROOT = Path(__file__).parents[2] / ".kafka"
LOG_SETTINGS = Path(__file__).with_name("log4j2.properties")
# Only the quick compiler: 400 000 records in and out cost 2.4 s of CPU instead of 5.9 s at first
# and 1.2 s instead of 1.0 s once warm, and the broker is up half a second earlier.
JVM = ("-Xms256m", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError")
SECONDS_TO_START = 60  # 2 s on two idle cores, 5 s after a kill
SECONDS_TO_STOP = 30  # 0.3 s with little to flush
TAIL = 15  # lines of each log that an error shows


class LocalBroker:
    """A broker named `name`; `start` makes it, or finds it."""

    def __init__(self, name: str = "local", *, root: Path = ROOT) -> None:
        self.name = name
        self.root = root
        self.directory = root / name
        self.log = self.directory / "server.log"
        self._cure = f"start it with `python -m deploy.kafka start {name}`"

    @property
    def instance(self) -> Instance:
        """What is known of it; an error if it was never started."""
        found = Instance.load(self.directory)
        if found is None:
            raise LocalKafkaError(f"Kafka '{self.name}' was never started; {self._cure}")
        return found

    @property
    def address(self) -> str:
        """`host:port` for clients; it stays the same from start to start while the port is free."""
        return self.instance.address

    @property
    def running(self) -> bool:
        """Whether its process is there, answering or not."""
        found = Instance.load(self.directory)
        return bool(found and found.process and found.process.alive)

    @property
    def answers(self) -> bool:
        """Whether a metadata request is answered, and by this broker, not another on its port."""
        found = self.instance
        return cluster_id(ports.HOST, found.port) == found.cluster_id

    def start(self, seconds: float = SECONDS_TO_START) -> bool:
        """Start it and wait until it answers; false if it was running already."""
        with exclusive(self.directory / "lock"):
            if self.running:
                self._await_answer(seconds)
                return False
            try:
                while not self._launched(seconds):
                    pass
            except BaseException:
                self._end()
                raise
            return True

    def stop(self) -> str:
        """End it if it runs, and say what was done."""
        with exclusive(self.directory / "lock"):
            return self._end()

    def discard(self) -> None:
        """End it and forget its data and ports; the logs stay."""
        with exclusive(self.directory / "lock"):
            self._end()
            shutil.rmtree(self.directory / "data", ignore_errors=True)
            (self.directory / FILE).unlink(missing_ok=True)

    def kill(self) -> None:
        """End it the way a power cut does; `start` brings it back with its data, on its ports."""
        self._signal(signal.SIGKILL).ends_within(SECONDS_TO_STOP)

    def freeze(self) -> None:
        """Hold it, connections and all, as a stalled machine does."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen broker go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> Process:
        process = self.instance.process
        if process is None or not process.signal(number):
            raise LocalKafkaError(f"Kafka '{self.name}' is not running; {self._cure}")
        return process

    def _end(self) -> str:
        found = Instance.load(self.directory)
        process = found and found.process
        if not process or not process.signal(signal.SIGTERM):
            return f"Kafka '{self.name}' is not running"
        process.signal(signal.SIGCONT)  # a frozen process would never see the first signal
        if process.ends_within(SECONDS_TO_STOP):
            return f"Kafka '{self.name}' stopped (process {process.pid})"
        process.signal(signal.SIGKILL)
        process.ends_within(SECONDS_TO_STOP)
        return f"Kafka '{self.name}' killed after {SECONDS_TO_STOP} s (process {process.pid})"

    def _launched(self, seconds: float) -> bool:
        """Whether it came to answer; false if somebody was quicker to one of its ports."""
        self._launch()
        try:
            self._await_answer(seconds)
        except LocalKafkaError:
            if self.running or all(map(ports.is_free, self.instance.ports)):
                raise
            return False
        return True

    def _launch(self) -> None:
        java, library = jars.java(), jars.library(self.root)
        command = [
            java,
            *JVM,
            f"-Dlog4j2.configurationFile={LOG_SETTINGS}",
            f"-Dorderflow.kafka.log={self.log}",
            *("-cp", f"{library}/*"),
        ]
        settings = self._configure()
        instance = replace(self.instance, cluster_id=self._format(command, settings))
        process = Process.spawn(
            [*command, "kafka.Kafka", str(settings)], self.directory / "console.log"
        )
        replace(instance, process=process).save(self.directory)

    def _configure(self) -> Path:
        """Settle on two ports before anybody else can, and write the settings that name them."""
        with exclusive(self.root / "ports.lock"):
            last = Instance.load(self.directory)
            wanted = last.ports if last else ports.USUAL
            reserved = reserved_ports(self.root, but=self.name)
            port, controller_port = ports.choose(wanted, reserved)
            Instance(port, controller_port).save(self.directory)
        settings = self.directory / "server.properties"
        data = self.directory / "data"
        settings.write_text(server_properties(ports.HOST, port, controller_port, data))
        return settings

    def _format(self, command: list[str], settings: Path) -> str:
        """Make the data directory a cluster of its own, once, and return the cluster's id."""
        written = self.directory / "data" / "meta.properties"
        if not written.exists():
            new_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
            format_storage = ["kafka.tools.StorageTool", "format", f"--cluster-id={new_id}"]
            done = subprocess.run(
                [*command, *format_storage, f"--config={settings}"],
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                said = f"{done.stdout}{done.stderr}".rstrip()
                raise LocalKafkaError(f"Kafka '{self.name}' cannot format its storage:\n{said}")
        entries = dict(
            line.split("=", 1) for line in written.read_text().splitlines() if "=" in line
        )
        return entries["cluster.id"]

    def _await_answer(self, seconds: float) -> None:
        if eventually(lambda: self.answers or not self.running, seconds) and self.running:
            return
        what = f"does not answer after {seconds} s" if self.running else "ended while starting"
        raise LocalKafkaError(f"Kafka '{self.name}' {what}; {self.log} ends:\n{self._log_tail()}")

    def _log_tail(self) -> str:
        """Last lines of what Java printed and of what Kafka logged."""
        files = (self.directory / "console.log", self.log)
        texts = (file.read_text(errors="replace") for file in files if file.exists())
        return "\n".join(line for text in texts for line in text.splitlines()[-TAIL:])
