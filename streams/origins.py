"""Origins: how a consumer of ours recognises a repeat (exactly once from agent to agent).

Every output carries the header `origin`: the writing agent's table and partition, the
sequence of the commit that decided it, and its place in that commit's outbox.
A partition's outputs appear in that order and repeat only from the last outbox, so the
greatest origin applied so far, kept per writer in the reader's own commit record,
separates what is new from what is a repeat.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from models.errors import UndecodableRecord

HEADER = "origin"

Headers: TypeAlias = Sequence[tuple[str, bytes]]
Seen: TypeAlias = dict[str, tuple[int, int]]


class Origin(NamedTuple):
    """Who wrote an output: `writer` is `table/partition`; `number` only grows.

    A number is the commit's sequence and the place in its outbox.
    """

    writer: str
    number: tuple[int, int]


def header(writer: str, sequence: int, index: int) -> tuple[str, bytes]:
    """The Kafka header that marks output `index` of commit `sequence` of `writer`."""
    return (HEADER, b"%b/%d/%d" % (writer.encode(), sequence, index))


def origin_of(headers: Headers) -> Origin | None:
    """The origin of a record, or None when it comes from outside (HTTP, CLI, foreign producers).

    The last header of that name counts: a dead letter carries its record's own origin
    before the one of the agent that put it there.

    Raises:
        UndecodableRecord: the header is there but is not an origin.
    """
    for name, value in reversed(headers):
        if name == HEADER:
            return _parse(value)
    return None


def is_repeat(origin: Origin, seen: Seen) -> bool:
    """Whether this output was applied before."""
    last = seen.get(origin.writer)
    return last is not None and origin.number <= last


def _parse(value: bytes) -> Origin:
    try:
        writer, sequence, index = value.rsplit(b"/", 2)
        return Origin(writer.decode(), (int(sequence), int(index)))
    except (ValueError, AttributeError) as error:
        raise UndecodableRecord(
            field="header origin",
            reason=f"{value[:60]!r} is not an origin" if value else "it is empty",
            cure="leave it out; only outputs of agents have one: table/partition/sequence/index",
        ) from error
