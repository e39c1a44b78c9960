"""A server that says, byte for byte, what a test wants, to everybody who connects."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager


class Strange:
    """What it was told, and where it listens."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[bytes] = []


def reply(status: int, body: bytes = b"{}", kind: str = "application/json", *more: str) -> bytes:
    """Return a complete HTTP answer."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Type: {kind}", *more]
    lines += [f"Content-Length: {len(body)}", "Connection: close"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@asynccontextmanager
async def strange_server(*replies: bytes, hang: bool = False) -> AsyncIterator[Strange]:
    """Say one of `replies` to each request, the last to all that follow, and hang up.

    `hang` keeps connections open instead, and says no more.
    """
    strange, open_connections = Strange(), set[asyncio.StreamWriter]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_connections.add(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            strange.requests.append(await _request(reader))
            writer.write(_nth(replies, len(strange.requests) - 1))
            await writer.drain()
            if hang:
                await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    strange.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield strange
    finally:
        server.close()
        for writer in open_connections:
            writer.close()
        await server.wait_closed()


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return head + await reader.readexactly(length)


def _nth(replies: Sequence[bytes], number: int) -> bytes:
    return replies[min(number, len(replies) - 1)] if replies else b""
