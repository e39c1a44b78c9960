"""Dead letters: where a record goes that is not a message of ours.

It keeps its bytes, key and headers untouched, and gains headers that say what is wrong with it
and where it stood; of one that no topic would take, the beginnings of key and value are kept.
It leaves in the same commit record that moves past it.
"""

from __future__ import annotations

from typing import Final

from models.errors import UndecodableRecord
from streams.batches import Record
from streams.commit import Output
from streams.origins import header_bytes

SUFFIX = ".dlq"
PREFIX = "dead-letter-"
# Bytes of key, value and headers that a dead letter has room for: a compressed batch of 1 MiB may
# hold a record of many times that.
LARGEST: Final = 1 << 20
_EXCERPT: Final = 64 << 10
_LONGEST_REASON: Final = 4 << 10


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
    key, value, headers = record.key, record.value, tuple(record.headers)
    size = len(key or b"") + len(value or b"") + header_bytes(headers)
    if size > LARGEST:
        why["cut"] = f"it had {size} bytes, {LARGEST} fit: read it where it stands"
        key, value, headers = key and key[:_EXCERPT], value and value[:_EXCERPT], ()
    added = ((PREFIX + name, _bytes(text)) for name, text in why.items())
    return Output(topic + SUFFIX, partition, key, value, (*headers, *added))


def _bytes(text: str) -> bytes:
    return text.encode(errors="backslashreplace")[:_LONGEST_REASON]
