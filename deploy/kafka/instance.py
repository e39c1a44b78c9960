"""What is remembered of a local broker between commands: its ports, its cluster and its process."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from deploy.kafka.ports import HOST
from deploy.kafka.processes import Process

FILE = "state.json"


@dataclass(frozen=True)
class Instance:
    """One local broker as its state file tells it; the process may long have ended."""

    port: int
    controller_port: int
    cluster_id: str = ""
    process: Process | None = None

    @property
    def address(self) -> str:
        """Where its clients connect."""
        return f"{HOST}:{self.port}"

    @property
    def ports(self) -> tuple[int, int]:
        """The ports for clients and for the controller."""
        return self.port, self.controller_port

    def save(self, directory: Path) -> Self:
        """Write the state file, whole or not at all."""
        scratch = directory / f"{FILE}.new"
        scratch.write_text(json.dumps(asdict(self), indent=2))
        scratch.replace(directory / FILE)
        return self

    @classmethod
    def load(cls, directory: Path) -> Self | None:
        """Read the state file, if there is one."""
        try:
            state = json.loads((directory / FILE).read_text())
        except FileNotFoundError:
            return None
        process = state.pop("process")
        return cls(**state, process=process and Process(**process))


def reserved_ports(root: Path, but: str) -> set[int]:
    """Ports of all instances under `root` except `but`, running or not: each keeps its own."""
    others = (
        Instance.load(file.parent) for file in root.glob(f"*/{FILE}") if file.parent.name != but
    )
    return {port for other in others if other for port in other.ports}
