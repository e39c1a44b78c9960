"""Origins: how a consumer of ours recognises a repeat (exactly once from agent to agent).

Every output carries the header `origin`: the writing agent's table and partition, the
sequence of the commit that decided it, and its place in that commit's outbox.
A partition's outputs appear in that order and repeat only from the last outbox, so the
greatest origin applied so far, kept per writer and topic in the reader's own commit record,
separates what is new from what is a repeat. Not per writer alone: who reads two topics of one
writer may read the later output first.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from models.errors import UndecodableRecord

HEADER = "origin"
MOST_WRITERS = 1_000  # tables times partitions; each takes room in every commit record
_LONGEST = 300  # bytes; the name of a topic has 249 at most
_DIGITS = 18  # what has more may not fit in the 64 bits of a commit record's integers

Headers: TypeAlias = Sequence[tuple[str, bytes | None]]
Seen: TypeAlias = dict[str, tuple[int, int]]


class Origin(NamedTuple):
    """Who wrote an output: `writer` is `table/partition>topic`; `number` only grows.

    A number is the commit's sequence and the place in its outbox.
    """

    writer: str
    number: tuple[int, int]


def origin_of(headers: Headers, topic: str) -> Origin | None:
    """The origin of a record, or None when it comes from outside (HTTP, CLI, foreign producers).

    The last header of that name counts: a dead letter carries its record's own origin
    before the one of the agent that put it there.

    Raises:
        UndecodableRecord: the header is there but is not an origin.
    """
    for name, value in reversed(headers):
        if name == HEADER:
            return _parse(value, topic)
    return None


def is_repeat(origin: Origin, seen: Seen) -> bool:
    """Whether this output was applied before.

    Raises:
        UndecodableRecord: so many writers are known that this one must be made up.
    """
    last = seen.get(origin.writer)
    if last is None:
        if len(seen) >= MOST_WRITERS:
            raise _refusal(f"{origin.writer[:60]} comes after {len(seen)} other writers")
        return False
    return origin.number <= last


@lru_cache(maxsize=64)  # most outputs have the same headers
def header_bytes(headers: tuple[tuple[str, bytes | None], ...]) -> int:
    """Bytes that headers take in a record, framing included."""
    return sum(len(name.encode()) + len(value or b"") + 10 for name, value in headers)


def _parse(value: bytes | None, topic: str) -> Origin:
    if not value or len(value) > _LONGEST:
        raise _refusal("it is too long" if value else "it is empty")
    try:
        writer, sequence, index = value.rsplit(b"/", 2)
        if len(sequence) <= _DIGITS >= len(index) and sequence.isdigit() and index.isdigit():
            return Origin(f"{writer.decode()}>{topic}", (int(sequence), int(index)))
    except ValueError as error:
        raise _refusal(f"{value[:60]!r} is not an origin") from error
    raise _refusal(f"{value[:60]!r} is not an origin")


def _refusal(reason: str) -> UndecodableRecord:
    return UndecodableRecord(
        field="header origin",
        reason=reason,
        cure="leave it out; only outputs of agents have one: table/partition/sequence/index",
    )
