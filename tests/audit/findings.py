"""What an audit says: its findings, each a sentence, and the numbers that it added up."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

_OF_ORDERS = {"views", "skipped"}


@dataclass
class Audit:
    """The outcome of an audit.

    `finished`: everything has come to rest, so that what is missing will never come. Otherwise
    topics were read at different moments, and only what is there is judged.
    """

    finished: bool
    findings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # what humans have taken upon themselves
    skipped: dict[tuple[str, str], str] = field(default_factory=dict)  # who, by order and matter
    records: Counter[str] = field(default_factory=Counter)  # by topic
    repeats: Counter[str] = field(default_factory=Counter)  # by topic: published twice, harmless
    dead_letters: list[str] = field(default_factory=list)
    orders: Counter[str] = field(default_factory=Counter)  # accepted ones by how they ended
    statuses: Counter[str] = field(default_factory=Counter)  # created ones by their status
    rejected: Counter[str] = field(default_factory=Counter)  # by reason
    money: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    stock: dict[str, dict[str, int]] = field(default_factory=dict)  # by SKU
    sagas: Counter[str] = field(default_factory=Counter)
    notifications: Counter[str] = field(default_factory=Counter)
    views: dict[str, dict[str, Any]] = field(default_factory=dict)  # what orders should look like
    compared: Counter[str] = field(default_factory=Counter)  # answers of the read side

    def find(self, rule: str, what: str) -> None:
        """Note what is wrong. `rule` is the invariant of `domain.md`, or a word for it."""
        self.findings.append(f"{rule}: {what}")

    def unsettled(self, order_id: str, matter: str, rule: str, what: str) -> None:
        """Note what is wrong, or who answers for it: whoever skipped that matter of this order."""
        if who := self.skipped.get((order_id, matter)):
            self.notes.append(f"{who}; {rule}: {what}")
        else:
            self.find(rule, what)

    def as_json(self) -> dict[str, Any]:
        """All of it but single orders, for machines."""
        return {name: each for name, each in vars(self).items() if name not in _OF_ORDERS}
