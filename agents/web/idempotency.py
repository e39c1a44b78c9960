"""Idempotency keys: the same key with another body is refused before it is sent.

The last keys are remembered here, for this worker's life; what it has forgotten, or another
worker took in, shows in the history of the aggregate. What neither knows is refused by the
aggregate itself, which recognises the id of the command.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from models.messages import Payload
from models.projections import HistoryEntry

MOST_KEYS: Final = 10_000  # about 2 MB

REFUSALS: Final = frozenset({"OrderCommandRefused", "SagaCommandRefused", "StockCommandRefused"})


class RecentKeys:
    """Command ids that came of keys, each with the fingerprint of its body."""

    def __init__(self, most: int = MOST_KEYS) -> None:
        self._fingerprints: OrderedDict[str, str] = OrderedDict()
        self._most = most

    def claim(self, command_id: str, fingerprint: str) -> bool:
        """Whether the id is new, or was used with this very body; it is remembered."""
        known = self._fingerprints.setdefault(command_id, fingerprint)
        self._fingerprints.move_to_end(command_id)
        if len(self._fingerprints) > self._most:
            self._fingerprints.popitem(last=False)
        return known == fingerprint


class Outcome(NamedTuple):
    """What became of a command: it was `done`, or refused for a `reason`, or neither as yet.

    `reused` says that another body was done under its id.
    """

    done: bool
    reused: bool
    reason: str | None


def outcome(entries: Sequence[HistoryEntry], command: Payload) -> Outcome:
    """Read from the events that were caused under its id what became of a command."""
    wanted = _plain(command)
    # What was written before a field existed says what it is by default.
    missing = {field.name: field.default for field in msgspec.structs.fields(command)}
    facts = [_plain(entry.data) for entry in entries if entry.type not in REFUSALS]
    refusals = [_plain(entry.data) for entry in entries if entry.type in REFUSALS]
    done = any(all((missing | fact).get(name) == wanted[name] for name in wanted) for fact in facts)
    return Outcome(done, bool(facts) and not done, refusals[-1]["reason"] if refusals else None)


def _plain(data: Payload | msgspec.Raw) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(data))
    return found
