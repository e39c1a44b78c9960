"""G1: the events of an aggregate are numbered 1, 2, 3… in the order of the log.

A gap is an event lost, a number used twice a fork: two decisions from one state.
"""

from __future__ import annotations

from tests.audit.envelopes import Log
from tests.audit.findings import Audit
from tests.audit.grammar import EVENTS, UNNUMBERED
from tests.audit.records import Message


def check(log: Log, audit: Audit) -> None:
    """Judge the numbers of all aggregates."""
    for topic in EVENTS:
        last: dict[str, int] = {}
        for event in log[topic]:
            number, before = event.sequence, last.get(event.subject, 0)
            if number == before + 1:
                last[event.subject] = number
            elif number is None:
                _unnumbered(event, before, audit)
            else:
                after = f"after number {before}" if before else "as its first"
                audit.find("G1", f"{event} has number {number} {after}: a gap or a fork")
                last[event.subject] = max(number, before) if type(number) is int else before


def _unnumbered(event: Message, before: int, audit: Audit) -> None:
    # Of a saga that has ended nothing is known any more to whoever refuses.
    forgotten = event.source == "/legacy" or event.type == "SagaCommandRefused"
    if not forgotten and (before or event.type not in UNNUMBERED):
        audit.find("G1", f"{event} has no number, and {before} events of it stand before")
