"""Addressing: a message from outside must lie in the partition where its aggregate is decided.

In another one it would meet another owner, who knows nothing of that aggregate, and its history
would fork. Outputs of our own agents are addressed by the runtime and need no such check.
"""

from __future__ import annotations

from models.errors import UndecodableRecord
from models.messages import Message
from streams.partitioner import partition_of
from streams.unit import Unit


def check_address(unit: Unit[Message], message: Message, subject: str, home: str | None) -> None:
    """Refuse a message that is not where, or not about what, it says.

    `subject` is the aggregate's id as the data has it; `home` the partition key that this
    aggregate must have, None where any will do.

    Raises:
        UndecodableRecord: it would be decided by the wrong owner, or on the wrong aggregate.
    """
    if message.subject != subject:
        raise UndecodableRecord(
            "$.subject", f"{message.subject!r} is not what the data is about", f"write {subject!r}"
        )
    if home is not None and message.partitionkey != home:
        raise UndecodableRecord(
            "$.partitionkey", f"{message.partitionkey!r} is not its home", f"write {home!r}"
        )
    key = message.partitionkey.encode()
    right = partition_of(key, unit.partitions)
    if unit.record.key != key or unit.partition != right:
        raise UndecodableRecord(
            "$.partitionkey",
            f"the record lies in partition {unit.partition} under the key {unit.record.key!r:.100}",
            f"write it under the key {message.partitionkey!r}, to partition {right} (murmur2)",
        )
