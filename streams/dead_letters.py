"""Dead letters: where a record goes that is not a message of ours.

It keeps its bytes, key and headers untouched, and gains headers that say what is wrong with it
and where it stood. It leaves in the same commit record that moves past it.
"""

from __future__ import annotations

from models.errors import UndecodableRecord
from streams.batches import Record
from streams.commit import Output

SUFFIX = ".dlq"
PREFIX = "dead-letter-"


def dead_letter(topic: str, partition: int, record: Record, error: UndecodableRecord) -> Output:
    """The dead letter of `record`, on the same partition number of `<topic>.dlq`."""
    why = {
        "error": type(error).__name__,
        "field": error.field,
        "reason": error.reason,
        "cure": error.cure,
        "topic": topic,
        "partition": str(partition),
        "offset": str(record.offset),
    }
    added = ((PREFIX + name, text.encode(errors="backslashreplace")) for name, text in why.items())
    return Output(topic + SUFFIX, partition, record.key, record.value, (*record.headers, *added))
