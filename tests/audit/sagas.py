"""G3: every saga ends or is stuck, and its events say what really happened.

A step that was begun has sent its commands, and is answered; an answer tells what its cause tells,
of the same line. In which order a saga does things is its own affair.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from tests.audit.envelopes import Log
from tests.audit.findings import Audit
from tests.audit.grammar import COMMANDS
from tests.audit.records import Message
from tests.audit.steps import COMMAND, COVERED_BY, PER_LINE, REASON, SAYS

_OUTCOME: Final = {"reject": "rejected", "cancel": "cancelled"}
Part = tuple[str, int | None]


@dataclass(slots=True)
class Saga:
    """A saga as its events tell it: which parts of which steps wait for an answer, how it ends."""

    lines: int = 0
    asked: set[Part] = field(default_factory=set)
    waiting: set[Part] = field(default_factory=set)
    undone: set[Part] = field(default_factory=set)
    refused: set[Part] = field(default_factory=set)
    telling: str | None = None
    goal: str | None = None
    reasons: set[str] = field(default_factory=set)
    outcome: str | None = None
    stuck: str | None = None  # the step that cannot be undone


Sagas = dict[str, Saga]
Sent = dict[tuple[str | None, str], list[Message]]


def check(log: Log, audit: Audit) -> Sagas:
    """Fold the sagas topic, by order id."""
    sent: Sent = {}
    for topic in COMMANDS:
        for command in log[topic]:
            if command.source == "/sagas":
                sent.setdefault((command.cause, command.type), []).append(command)
    sagas: Sagas = {}
    for event in log["sagas"]:
        saga = sagas.setdefault(event.subject, Saga())
        if event.type == "SagaStepStarted":
            _begin(saga, event, sent, audit)
        else:
            _judge(saga, event, log.by_id.get(event.cause or ""), audit)
            _apply(saga, event, audit)
    if audit.finished:
        _check_reasons(log, sagas, audit)
        for order_id, saga in sagas.items():
            _ended(order_id, saga, audit)
    for saga in sagas.values():
        audit.sagas["stuck" if saga.stuck else saga.outcome or "running"] += 1
    return sagas


def _begin(saga: Saga, event: Message, sent: Sent, audit: Audit) -> None:
    data, step = event.data, event.data["step"]
    commands = sent.get((event.cause, COMMAND.get(step, "")), [])
    lines = range(1, saga.lines + 1)
    parts: set[Part] = {(step, n) for n in lines} if step in PER_LINE else {(step, None)}
    if audit.finished and len(commands) != len(parts):
        audit.find("G3", f"{event} begins {step} with {len(commands)} commands of {len(parts)}")
    for command in commands:
        expected = (data.get("until"), data.get("kind"))
        said = (command.data.get("expires_at"), command.data.get("kind"))
        if said != expected:
            audit.find("G3", f"{event} says {expected}, its {command} says {said}")
    if step == "notify":
        saga.telling = data.get("kind")
    elif parts & saga.asked:
        audit.find("G3", f"{event} begins {step} a second time")
    saga.asked |= parts
    saga.waiting |= parts


def _judge(saga: Saga, event: Message, cause: Message | None, audit: Audit) -> None:
    """An event says what its cause says."""
    if cause is None:
        return
    data = event.data
    if "step" in data:
        _judge_step(saga, event, cause, audit)
    if event.type in ("SagaStepRefused", "SagaStuck") and data["reason"] != _why(cause):
        audit.find("G3", f"{event} gives the reason {data['reason']!r}, {cause} {_why(cause)!r}")
    if event.type == "SagaStarted":
        given = (data.get("method"), data.get("home"))
        if given != (cause.data.get("method") or "card", cause.key):
            audit.find("G3", f"{event} pays by {given[0]} at home in {given[1]}, not as {cause}")
        if data.get("style") not in ("orchestration", "choreography"):
            audit.find("G3", f"{event} has the style {data.get('style')}")
    if event.type == "SagaCompensationStarted":
        asked = cause.type == "OrderCancellationRequested"
        reason = REASON.get(cause.type) or _why(cause)
        if data["reason"] != reason or (asked and data["goal"] != "cancel"):
            audit.find("G3", f"{event} says {data}, and follows from {cause}")


def _judge_step(saga: Saga, event: Message, cause: Message, audit: Audit) -> None:
    data, step = event.data, event.data["step"]
    line = _line(cause) if step in PER_LINE else None
    if cause.type not in SAYS.get((event.type, step), ()) or data.get("line") != line:
        audit.find("G3", f"{event} says {data}, and follows from {cause}")
    if step == "notify" and cause.data.get("kind") != saga.telling:
        audit.find("G3", f"{event} tells of {saga.telling}, {cause} of another kind")


def _apply(saga: Saga, event: Message, audit: Audit) -> None:
    data = event.data
    match event.type:
        case "SagaStarted":
            saga.lines = len(data["lines"])
        case "SagaStepSucceeded" | "SagaStepRefused" | "SagaStepCompensated":
            _answer(saga, event, (data["step"], data.get("line")), audit)
        case "SagaCompensationStarted":
            saga.goal, saga.outcome = data["goal"], None
            saga.reasons.add(data["reason"])
            saga.waiting.discard(("notify", None))
        case "SagaStuck":
            saga.stuck = data["step"]
        case _:
            _complete(saga, event, audit)


def _answer(saga: Saga, event: Message, part: Part, audit: Audit) -> None:
    if event.type == "SagaStepCompensated":
        if part not in saga.asked or part in saga.undone:
            audit.find("G3", f"{event} undoes {part}, which was never done, or is undone already")
        saga.undone.add(part)
    elif part not in saga.waiting:
        audit.find("G3", f"{event} answers {part}, which waits for no answer")
    if event.type == "SagaStepRefused":
        saga.refused.add(part)
    saga.waiting.discard(part)
    if part[0] in (saga.stuck, COVERED_BY.get(saga.stuck or "")):
        saga.stuck = None


def _complete(saga: Saga, event: Message, audit: Audit) -> None:
    outcome, reason = event.data["outcome"], event.data.get("reason")
    expected = _OUTCOME.get(saga.goal or "", "confirmed")
    if outcome != expected:
        audit.find("G3", f"{event} ends {outcome}, it was to be {expected}")
    if (reason is None) == bool(saga.reasons) or (saga.reasons and reason not in saga.reasons):
        audit.find("G3", f"{event} gives the reason {reason!r}, of {sorted(saga.reasons)}")
    if saga.outcome is not None:
        audit.find("G3", f"{event} ends what has ended {saga.outcome}")
    saga.outcome, saga.stuck = outcome, None


def _check_reasons(log: Log, sagas: Sagas, audit: Audit) -> None:
    for command in log["orders.commands"]:
        if command.source == "/sagas" and "reason" in command.data:
            saga = sagas.get(command.journey)
            if saga is None or command.data["reason"] not in saga.reasons:
                audit.find("G3", f"{command} gives a reason that its saga never had")


def _ended(order_id: str, saga: Saga, audit: Audit) -> None:
    if saga.outcome is None and not saga.stuck:
        audit.find("G3", f"the saga of {order_id} neither ended nor is it stuck")
    if owed := _owed(saga):
        audit.find("G3", f"the saga of {order_id} turned back, and has not undone {owed}")
    if saga.waiting and not saga.stuck:
        audit.find("G3", f"the saga of {order_id} still waits for {sorted(map(str, saga.waiting))}")


def _owed(saga: Saga) -> list[str]:
    """What a saga that turned back did and has not undone; a later step covers an earlier one."""
    done = saga.asked - saga.refused if saga.goal else set()
    return sorted(
        f"{step} {line or ''}"
        for step, line in done - saga.undone
        if step in COVERED_BY and (COVERED_BY[step], line) not in done and step != saga.stuck
    )


def _line(cause: Message) -> int | None:
    number = str(cause.data.get("reservation_id", "")).rpartition("/")[2]
    return int(number) if number.isdecimal() else None


def _why(cause: Message) -> Any:
    return cause.data.get("code") or cause.data.get("reason")
