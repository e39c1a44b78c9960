"""Operators: what a human has skipped is on record, with a name and a reason.

A skipped step is the one way by which money or stock may rightly stay unsettled: what would be a
finding otherwise is then a note, which says who answers for it.
"""

from __future__ import annotations

from typing import Final

from tests.audit.envelopes import Log
from tests.audit.findings import Audit

_MATTER: Final = {
    "authorize": "money",
    "capture": "money",
    "reserve": "stock",
    "deduct": "stock",
    "confirm": "end",
    "notify": "mail",
}


def check(log: Log, audit: Audit) -> None:
    """Note every step that somebody skipped; the first in everything, others ask who it was."""
    for event in log["sagas"]:
        data = event.data
        if event.type == "SagaIntervened" and data["action"] == "skip":
            who = f"{data['by']} skipped {data.get('step')} of order {event.subject}"
            audit.notes.append(f"{who}: {data['reason']}")
            matter = _MATTER.get(str(data.get("step")), "")
            audit.skipped.setdefault((event.subject, matter), who)
