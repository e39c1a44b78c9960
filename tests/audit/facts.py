"""What whoever decided may have known: the facts of its order that it can have read by then.

A decision names one fact as its cause, that by which the last condition became true. The others
stand before it in its partition, or anywhere in the partitions of other topics.
"""

from __future__ import annotations

from tests.audit.envelopes import Log
from tests.audit.grammar import FACTS
from tests.audit.records import Message


class Facts:
    """The facts of every order."""

    def __init__(self, log: Log) -> None:
        self._by_order: dict[str, list[Message]] = {}
        for topic in sorted(FACTS):
            for fact in log[topic]:
                self._by_order.setdefault(fact.journey, []).append(fact)

    def heard(self, cause: Message) -> list[Message]:
        """All that may have been known when this was the last to come."""
        place = cause.record
        return [
            fact
            for fact in self._by_order.get(cause.journey, ())
            if fact.record.offset <= place.offset
            or (fact.record.topic, fact.record.partition) != (place.topic, place.partition)
        ]
