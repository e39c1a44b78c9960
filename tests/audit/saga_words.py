"""What a saga says, compared with what it heard.

An orchestrating saga speaks of its cause. One that observes may speak of a fact that came earlier,
and fits only now that another has come: so for it every fact counts that it can have heard.
"""

from __future__ import annotations

from typing import Final

from tests.audit.envelopes import Log
from tests.audit.facts import Facts
from tests.audit.findings import Audit
from tests.audit.grammar import CHOREOGRAPHY, KINDS, ORCHESTRATION
from tests.audit.records import Message, comes_before
from tests.audit.steps import COMMAND, LET_GO, OBSERVED, PER_LINE, SAYS, said, silence, why

_ACTION: Final = {"RetrySagaStep": "retry", "SkipSagaStep": "skip", "CompensateSaga": "compensate"}
_OF_A_STEP: Final = frozenset(kind for kind, _ in SAYS)
_TURNING: Final = frozenset(
    {
        "CompensateSaga",
        "OrderCancellationRequested",
        "OrderExpired",
        "PaymentAuthorized",
        "PaymentCompleted",
    }
).union(*(facts for (kind, _), facts in SAYS.items() if kind == "SagaStepRefused"))
_GOALS: Final = {
    "OrderCancellationRequested": {"cancel"},
    "OrderExpired": {"expire"},
    "SagaTimedOut": {"expire", "cancel"},
}
_BACK: Final = frozenset({"reject", "cancel"})
_COMMANDS: Final = frozenset(kind for topic, kind in KINDS if topic.endswith(".commands"))


class Words:
    """Judges one saga event after the other."""

    def __init__(self, log: Log, facts: Facts, audit: Audit) -> None:
        self._log = log
        self._audit = audit
        self._facts = facts

    def judge(self, event: Message, cause: Message, telling: str | None) -> None:
        """Find what an event says and has not heard. `telling` is what the customer is told."""
        if event.type == "SagaStarted":
            self._started(event, cause)
        elif event.type == "SagaIntervened":
            said_of_it = (event.data["action"], event.data.get("step"))
            if said_of_it != (_ACTION.get(cause.type), cause.data.get("step")):
                self._audit.find("G3", f"{event} says {said_of_it}, and follows from {cause}")
        elif event.type == "SagaAskedAgain":
            if not set(event.data["waiting_for"]) <= _COMMANDS:
                self._audit.find("G3", f"{event} waits for {event.data['waiting_for']}")
            if not comes_before(cause.data, "at", event.data["deadline"]):
                self._audit.find("G3", f"{event} waits until {event.data['deadline']}: no time")
        elif event.type in _OF_A_STEP or event.type == "SagaCompensationStarted":
            self._heard(event, cause, telling)

    def _heard(self, event: Message, cause: Message, telling: str | None) -> None:
        observes = self._log.may_be(CHOREOGRAPHY, event.journey)
        heard = [cause]
        if observes:
            if not self._audit.finished:  # it may have heard what was not read here
                return
            heard += self._facts.heard(cause)
        turns = event.type == "SagaCompensationStarted"
        if not any(
            _turns(event, fact) if turns else _tells(event, fact, telling, observes=observes)
            for fact in heard
        ):
            self._audit.find("G3", f"{event} says {event.data}, and follows from {cause}")

    def _started(self, event: Message, cause: Message) -> None:
        data = event.data
        expected = {
            "method": cause.data.get("method") or "card",
            "home": cause.key,
            "style": cause.data.get("saga") or ORCHESTRATION,
        }
        for name, value in expected.items():
            if data.get(name) != value:
                self._audit.find("G3", f"{event} says {name} {data.get(name)}, {cause} {value}")


def _tells(event: Message, fact: Message, telling: str | None, *, observes: bool) -> bool:
    """Whether a fact says of a step what an event does."""
    data, kind, step = event.data, event.type, event.data["step"]
    if fact.type == "SkipSagaStep":
        taken_as_done = kind in ("SagaStepSucceeded", "SagaStepCompensated")
        return taken_as_done and fact.data["step"] == step
    if kind == "SagaStuck" and data.get("silent"):
        return fact.type == "SagaTimedOut" and data["reason"] == silence(step)
    if data.get("line") != (_line(fact) if step in PER_LINE else None):
        return False
    if observes and fact.type in OBSERVED.get((kind, step), ()):
        return kind == "SagaStepCompensated" or data["reason"] in (LET_GO, why(fact))
    spoken = data["reason"] == said(fact) if kind in ("SagaStepRefused", "SagaStuck") else True
    told = step != "notify" or fact.data.get("kind") == telling
    return fact.type in SAYS.get((kind, step), ()) and spoken and told


def _turns(event: Message, fact: Message) -> bool:
    """Whether an order turns back because of a fact, towards this end, and for this reason."""
    goal, reason = event.data["goal"], event.data["reason"]
    if goal not in _GOALS.get(fact.type, _BACK):
        return False
    if fact.type == "SagaTimedOut":
        return any(reason == silence(step) for step in COMMAND)
    return fact.type in _TURNING and bool(reason == why(fact))


def _line(fact: Message) -> int | None:
    number = str(fact.data.get("reservation_id", "")).rpartition("/")[2]
    return int(number) if number.isdecimal() else None
