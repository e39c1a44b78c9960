"""Everything that can be wrong with one record, ledger line or mail of a good log.

Each mutant is a log in which one thing is not as it was. What changes nothing that matters is
left out, by these rules:

- a record that stands twice is a repeat: of two, one may be missing, or stand elsewhere;
- a customer may ask the same of an order again, and a provider's answer may be heard again, each
  under another id;
- the clock may say what nobody listens to any more, or may not have said it yet;
- nothing hangs on when a message was written, on who a customer's program says it is, on the words
  of a refusal, on what a refused command had asked for beside its aggregate, or on the gateway's
  own words in answers that nobody repeats (`reference`, `expires_at`);
- the order of two messages matters if they are about the same aggregate or, where they are no
  events of one, about the same order, and something followed from both.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from tests.audit.good_log import Document
from tests.audit.originals import (
    Mutant,
    Original,
    Path,
    Place,
    leaves,
    other,
    replace_at,
    with_values,
    written,
)


def dropped(original: Original) -> Iterator[Mutant]:
    """A record was never written."""
    for place in original.places:
        document = place.document
        unheard = document["source"] == "/clock" and document["id"] not in original.heard
        if original.single(place) and not unheard:
            yield original.instead("dropped", place)


def repeated(original: Original) -> Iterator[Mutant]:
    """A message comes again: under another id, or with another number, or with both."""
    for place in original.places:
        document = place.document
        again = {"id": document["id"][::-1]}
        if not _may_come_again(place):
            yield original.instead("id", place, place.record, with_values(place, **again))
        if "sequence" in document:
            number = document["sequence"] + 1
            last = _last_number(original, place) + 1
            for what, values in (
                ("number", {"sequence": number}),
                ("id and number", {**again, "sequence": number}),
                ("id and next number", {**again, "sequence": last}),
            ):
                records = [*original.log.topics[place.topic], with_values(place, **values)]
                yield original.mutant(f"repeated with another {what}", place, records)


def _may_come_again(place: Place) -> bool:
    source = place.document["source"]
    customer = source == "/api" and place.topic == "orders.commands"
    return customer or source in {"/gateway", "/mail"}


def _last_number(original: Original, place: Place) -> int:
    numbers: Iterator[int] = (
        each.document.get("sequence", 0)
        for each in original.places
        if each.topic == place.topic and each.document["subject"] == place.document["subject"]
    )
    return max(numbers)


def swapped(original: Original) -> Iterator[Mutant]:
    """Two neighbours in a partition stand the other way round."""
    for place, after in _neighbours(original):
        about = "subject" if "sequence" in place.document else "correlationid"
        same = place.document[about] == after.document[about]
        heard = {place.document["id"], after.document["id"]} <= original.heard
        matters = same and (heard or about == "subject")
        if matters and original.single(place) and original.single(after):
            records = list(original.log.topics[place.topic])
            records[place.at], records[after.at] = after.record, place.record
            yield original.mutant("swapped", place, records)


def _neighbours(original: Original) -> Iterator[tuple[Place, Place]]:
    last: dict[tuple[str, int], Place] = {}
    for place in original.places:
        where = place.topic, place.record.partition
        if where in last:
            yield last[where], place
        last[where] = place


def moved(original: Original) -> Iterator[Mutant]:
    """A record has another key, or stands in another partition."""
    partitions = original.log.partitions
    for place in original.places:
        record = place.record
        elsewhere = record._replace(partition=(record.partition + 1) % partitions)
        yield original.instead("partition", place, elsewhere)
        yield original.instead("key", place, record._replace(key=b"x" + (record.key or b"")))
        yield original.instead("no key", place, record._replace(key=None))


def recaused(original: Original) -> Iterator[Mutant]:
    """A message names another cause: one that stands before it, one that never was, or none."""
    before = original.places[0].document["id"]
    for place in original.places:
        if "causationid" in place.document:
            for cause in {before, "0" * 32} - {place.document["causationid"]}:
                changed = with_values(place, causationid=cause)
                yield original.instead(f"cause {cause}", place, changed)
            if place.document["source"] not in ("/gateway", "/mail"):
                yield original.instead("no cause", place, with_values(place, causationid=None))
        before = place.document["id"]


def altered(original: Original) -> Iterator[Mutant]:
    """A single value of a message is another one."""
    for place in original.places:
        for path, value in leaves(place.document):
            if _matters(original, place, path):
                document = json.loads(place.record.value or b"")
                replace_at(document, path, other(value))
                yield original.instead(f"altered {path}", place, written(place, document))


def _matters(original: Original, place: Place, path: Path) -> bool:
    document, name = place.document, str(path[-1])
    data, kind, customer = document["data"], document["type"], document["source"] == "/api"
    if path[0] != "data":
        heard_twice = _may_come_again(place) and not original.single(place)
        return name not in {
            "time", "specversion", "source" if customer else "", "id" if heard_twice else "",
        }  # fmt: skip
    if kind.endswith("CommandRefused"):
        return name != "reason"
    if customer and document["id"] in original.refused:
        return name in {"order_id", "sku"}
    if kind == "GatewayAnswered" and name in {"reference", "expires_at"}:
        return bool(data["operation"] == "authorize" and data["amount"])
    return True


def falsified(original: Original) -> Iterator[Mutant]:
    """A line of the gateway's ledger, or a mail, is missing, there twice, or another one."""
    log = original.log
    for name, lines in (("gateway", log.gateway), ("mails", log.mails)):
        for index, line in enumerate(lines):
            for what, instead in _other_lines(line):
                changed = [*lines[:index], *instead, *lines[index + 1 :]]
                ledgers = {"gateway": log.gateway, "mails": log.mails, name: changed}
                yield Mutant(f"{name} line {index} {what}", log.topics, **ledgers)


def _other_lines(line: Document) -> Iterator[tuple[str, list[Document]]]:
    yield "dropped", []
    yield "repeated", [line, line]
    yield "repeated with another key", [line, {**line, "key": f"{line['key']}x"}]
    for name in line.keys() - {"time"}:
        yield f"altered {name}", [{**line, name: other(line[name])}]


Mutation = Callable[[Original], Iterator[Mutant]]
MUTATIONS: tuple[Mutation, ...] = (
    dropped,
    repeated,
    swapped,
    moved,
    recaused,
    altered,
    falsified,
)
