"""Where a demo plays: its directory, which one demo has at a time, and its ports."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.demo.errors import DemoError
from deploy.kafka.ports import HOST, is_free


@dataclass(frozen=True)
class Ports:
    """What listens where, on loopback."""

    page: int
    write_side: int
    gateway: int

    def check(self) -> None:
        """See that they are free.

        Raises:
            DemoError: one is not.
        """
        wanted = {
            "--port": (self.page, "the page and the HTTP API"),
            "--write-port": (self.write_side, "the write worker's health and metrics"),
            "--gateway-port": (self.gateway, "the payment gateway"),
        }
        for option, (port, purpose) in wanted.items():
            if not is_free(port):
                raise DemoError(
                    f"port {port} of {HOST} is in use, and the demo wants it for {purpose}; "
                    f"end what listens there, or choose another port: "
                    f"make demo ARGS='{option} {port + 100}'"
                )


@contextmanager
def only_demo(directory: Path) -> Iterator[None]:
    """Have the directory for the block.

    Raises:
        DemoError: another demo has it.
    """
    directory.mkdir(exist_ok=True)
    # What is in here is made and no source; git is told by the directory itself.
    (directory / ".gitignore").write_text("*\n")
    with (directory / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoError(
                f"a demo is running already in {directory}; look at its terminal, and end it "
                "there with Ctrl-C before you start another"
            ) from None
        yield
