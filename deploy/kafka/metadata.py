"""One metadata request over a plain socket: which cluster answers at a port, if any.

A Kafka client would do, but it keeps trying, logs every attempt and needs an event loop.
The request is version 2, the oldest that tells the cluster id: https://kafka.apache.org/protocol.
"""

from __future__ import annotations

import socket
import struct

METADATA, VERSION = 3, 2
CLIENT = b"orderflow"
# Length-prefixed: key, version, correlation id, client id, and a list of no topics.
BODY = struct.pack(f">hhih{len(CLIENT)}si", METADATA, VERSION, 0, len(CLIENT), CLIENT, 0)
REQUEST = struct.pack(">i", len(BODY)) + BODY
PATIENCE = 2.0  # seconds; a broker on loopback answers in a few milliseconds


def cluster_id(host: str, port: int) -> str | None:
    """Id of the cluster whose broker answers there; none while there is no answer or no broker."""
    try:
        with socket.create_connection((host, port), PATIENCE) as connection:
            connection.settimeout(PATIENCE)
            connection.sendall(REQUEST)
            (size,) = struct.unpack(">i", _read(connection, 4))
            return _cluster_id(_read(connection, size))
    except (OSError, struct.error, UnicodeDecodeError):
        return None


def _read(connection: socket.socket, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        piece = connection.recv(size - len(received))
        if not piece:
            raise ConnectionResetError
        received += piece
    return bytes(received)


def _cluster_id(response: bytes) -> str | None:
    """Read past the correlation id and the brokers (node, host, port, rack) to the cluster id."""
    brokers, at = struct.unpack_from(">i", response, 4)[0], 8
    for _ in range(brokers):
        _, at = _string(response, at + 4)
        _, at = _string(response, at + 4)
    cluster, _ = _string(response, at)
    return cluster if brokers else None


def _string(response: bytes, at: int) -> tuple[str | None, int]:
    (length,) = struct.unpack_from(">h", response, at)
    at += 2
    return (None, at) if length < 0 else (response[at : at + length].decode(), at + length)
