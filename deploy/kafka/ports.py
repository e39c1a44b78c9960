"""Which two loopback ports a broker takes: the usual ones, or the next ones that are free.

Below the range from which systems pick ports for outgoing connections (from 32768 on Linux),
so that no client can come to sit on the port of a broker that is away for a moment.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable

from deploy.kafka.errors import LocalKafkaError

HOST = "127.0.0.1"
USUAL = (9092, 9093)  # clients, controller
CANDIDATES = range(9092, 9392)


def choose(preferred: Iterable[int], reserved: Iterable[int]) -> list[int]:
    """One free port for each preferred one, that one if possible; none that is `reserved`."""
    taken = set(reserved)
    chosen = []
    for port in preferred:
        free = (p for p in (port, *CANDIDATES) if p not in taken and is_free(p))
        chosen.append(next(free, 0))
        taken.add(chosen[-1])
    if not all(chosen):
        raise LocalKafkaError(
            f"no two free ports from {CANDIDATES[0]} to {CANDIDATES[-1]} on {HOST}"
        )
    return chosen


def is_free(port: int) -> bool:
    """Whether nobody listens on the port; a connection that is winding down does not count."""
    with socket.socket() as listener, socket.socket() as client:
        # Connecting first: on macOS one may bind the loopback side of a port open on all sides.
        client.settimeout(1)
        if client.connect_ex((HOST, port)) == 0:
            return False
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError:
            return False
        return True
