"""A good log taken apart, so that one thing in it may be changed.

Offsets are numbered anew after a change, so that no gap in them gives it away.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tests.audit.good_log import Document, Log
from tests.audit.records import Record

Path = tuple[Any, ...]


class Mutant(NamedTuple):
    """A bad log, and what was done to it."""

    name: str
    topics: Mapping[str, Sequence[Record]]
    gateway: Sequence[Document]
    mails: Sequence[Document]


class Place(NamedTuple):
    """One record of a good log, and what it says."""

    topic: str
    at: int
    record: Record
    document: Document


class Original:
    """A good log, and what the rules above have to know of it."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.places = [
            Place(topic, index, record, json.loads(record.value or b""))
            for topic, records in log.topics.items()
            for index, record in enumerate(records)
        ]
        self.copies = Counter((each.topic, each.record.value) for each in self.places)
        effects = [each.document for each in self.places if "causationid" in each.document]
        self.heard = {each["causationid"] for each in effects}
        self.refused = {
            each["causationid"] for each in effects if each["type"].endswith("CommandRefused")
        }

    def single(self, place: Place) -> bool:
        """Whether the record stands once."""
        return self.copies[place.topic, place.record.value] == 1

    def mutant(self, what: str, place: Place, records: Sequence[Record]) -> Mutant:
        """The log with these records in the place's topic."""
        name = f"{what}: {place.document['type']} at {place.record.place}"
        topics = {**self.log.topics, place.topic: renumbered(records)}
        return Mutant(name, topics, self.log.gateway, self.log.mails)

    def instead(self, what: str, place: Place, *instead: Record) -> Mutant:
        """The log with other records in the place of one."""
        records = self.log.topics[place.topic]
        return self.mutant(what, place, [*records[: place.at], *instead, *records[place.at + 1 :]])


def renumbered(records: Sequence[Record]) -> list[Record]:
    """The records with the offsets that they would have had."""
    ends: Counter[int] = Counter()
    placed = []
    for record in records:
        placed.append(record._replace(offset=ends[record.partition]))
        ends[record.partition] += 1
    return placed


def with_values(place: Place, **values: Any) -> Record:
    """The record with other attributes in its envelope."""
    return written(place, {**place.document, **values})


def written(place: Place, document: Document) -> Record:
    """The record with another document."""
    return place.record._replace(value=json.dumps(document, separators=(",", ":")).encode())


def leaves(node: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every plain value in a document, and where it stands."""
    for step, value in node.items() if isinstance(node, dict) else enumerate(node):
        if isinstance(value, dict | list):
            yield from leaves(value, (*path, step))
        else:
            yield (*path, step), value


def replace_at(document: Any, path: Path, value: Any) -> None:
    """Put another value in a place of a document."""
    for step in path[:-1]:
        document = document[step]
    document[path[-1]] = value


def other(value: Any) -> Any:
    """A value of the same kind that is not this one."""
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int) else f"{value}x"
