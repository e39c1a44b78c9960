"""A connection that has ended is an error that the Kafka client handles, on uvloop too."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
import uvloop
from aiokafka import conn
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest

from models.errors import WorkerMustStop
from streams.connection import Connection, check_tasks, install

THEIRS: type[Any] = Connection.__mro__[1]  # whatever stands in its place by now


async def _ask_on_a_closed_transport(kind: type[Any]) -> Any:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    connection = kind(host, port)
    connection._versions = {MetadataRequest.API_KEY: (0, 1)}
    connection._reader, connection._writer = await asyncio.open_connection(host, port)
    connection._read_task = asyncio.ensure_future(asyncio.Event().wait())
    connection._writer.close()
    await connection._writer.wait_closed()
    try:
        with pytest.raises(KafkaConnectionError, match="has ended"):
            await connection.send(MetadataRequest([]))
    finally:
        connection._read_task = None
        server.close()
    return connection


def _on_uvloop(main: Any) -> Any:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


def test_a_send_on_a_closed_transport_closes_the_connection() -> None:
    connection = _on_uvloop(_ask_on_a_closed_transport(Connection))

    assert not connection.connected()


def test_aiokafkas_own_still_needs_this() -> None:
    with pytest.raises(RuntimeError, match="the handler is closed"):
        _on_uvloop(_ask_on_a_closed_transport(THEIRS))


def test_every_client_of_the_process_uses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conn, "AIOKafkaConnection", THEIRS)
    install()

    assert conn.create_conn.__globals__["AIOKafkaConnection"] is Connection


async def _fails() -> None:
    raise OSError("no more")


async def _lasts() -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize("ended", ["metadata", "group"])
async def test_a_client_without_one_of_its_tasks_is_not_trusted(ended: str) -> None:
    tasks = {name: asyncio.ensure_future(_lasts()) for name in ("metadata", "group")}
    consumer: Any = SimpleNamespace(
        _client=SimpleNamespace(_sync_task=tasks["metadata"]),
        _coordinator=SimpleNamespace(_coordination_task=tasks["group"]),
    )
    check_tasks(consumer)
    tasks[ended].cancel()
    await asyncio.wait([tasks[ended]])
    with pytest.raises(WorkerMustStop, match=rf"the {ended} task .*\(it was cancelled\); start"):
        check_tasks(consumer)

    failed = asyncio.ensure_future(_fails())
    await asyncio.wait([failed])
    consumer._client._sync_task = failed
    with pytest.raises(WorkerMustStop, match="no more"):
        check_tasks(consumer)
    for task in tasks.values():
        task.cancel()
