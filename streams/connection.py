"""A connection to Kafka that notices its end on uvloop too.

Where asyncio lets one write to a transport that has closed, uvloop raises RuntimeError, which
aiokafka does not expect (its issue 1038): whatever task was writing ends unseen. Without its
metadata task a client finds no coordinator again, and its group goes on without it.
"""

from __future__ import annotations

from typing import Any

from aiokafka import AIOKafkaConsumer, conn
from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError

from models.errors import WorkerMustStop


class Connection(AIOKafkaConnection):  # type: ignore[misc]  # aiokafka has no types
    """As aiokafka's; a send on what has closed is an error that aiokafka handles."""

    def send(self, request: Any, expect_response: bool = True) -> Any:  # noqa: FBT001, FBT002
        """Send a request.

        Raises:
            KafkaConnectionError: the connection has ended; the next request opens another.
        """
        try:
            return super().send(request, expect_response)
        except RuntimeError as error:
            self.close(reason=CloseReason.CONNECTION_BROKEN)
            raise KafkaConnectionError(f"the connection to {self.host} has ended") from error


def install() -> None:
    """Have every Kafka client of this process use it."""
    conn.AIOKafkaConnection = Connection  # where `create_conn` looks it up


def check_tasks(consumer: AIOKafkaConsumer) -> None:
    """See that the tasks which keep a group member alive are running.

    Raises:
        WorkerMustStop: one has ended; its group would go on without this worker, unseen.
    """
    tasks = {
        "metadata": consumer._client._sync_task,
        "group": consumer._coordinator._coordination_task,
    }
    for name, task in tasks.items():
        if task is not None and task.done():
            reason = "it was cancelled" if task.cancelled() else repr(task.exception())
            raise WorkerMustStop(
                f"the {name} task of the Kafka client has ended ({reason}); start the worker again"
            )
