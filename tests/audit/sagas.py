"""G3: every saga ends or is stuck, and its events say what really happened.

A step that was begun has sent its commands, and is answered; an answer tells what its cause tells,
of the same line. In which order a saga does things is its own affair.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from tests.audit.envelopes import Log
from tests.audit.facts import Facts
from tests.audit.findings import Audit
from tests.audit.grammar import CHOREOGRAPHY, COMMANDS
from tests.audit.records import Message
from tests.audit.saga_words import Words
from tests.audit.steps import COMMAND, COVERED_BY, PER_LINE

_OUTCOME: Final = {"reject": "rejected", "cancel": "cancelled", "expire": "expired"}
_KINDS: Final = ("confirmed", "shipped", "delivered", *_OUTCOME.values())
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
    stuck: str | None = None  # the step that needs a human
    attempt: int = 0  # at asking again what is not answered


Sagas = dict[str, Saga]
Sent = dict[str | None, list[Message]]


def check(log: Log, facts: Facts, audit: Audit) -> Sagas:
    """Fold the sagas topic, by order id."""
    by_cause, by_order = _commands(log)
    words = Words(log, facts, audit)
    sagas: Sagas = {}
    for event in log["sagas"]:
        if event.type == "SagaCommandRefused":
            continue
        saga, cause = sagas.setdefault(event.subject, Saga()), log.by_id.get(event.cause or "")
        if cause is not None:
            words.judge(event, cause, saga.telling)
        observes = log.may_be(CHOREOGRAPHY, event.journey)
        sent = None if observes else by_cause.get(event.cause, [])
        if event.type == "SagaStepStarted":
            _begin(saga, event, sent, audit)
            continue
        if event.type == "SagaAskedAgain":
            _ask_again(saga, event, sent, by_order.get(event.journey, []), audit)
        _apply(saga, event, cause, audit)
    if audit.finished:
        _check_reasons(log, sagas, audit)
        for order_id, saga in sagas.items():
            _ended(order_id, saga, audit)
    for saga in sagas.values():
        audit.sagas["stuck" if saga.stuck else saga.outcome or "running"] += 1
    return sagas


def _commands(log: Log) -> tuple[Sent, Sent]:
    """What sagas asked, by cause and by order."""
    by_cause: Sent = {}
    by_order: Sent = {}
    for topic in COMMANDS:
        for command in log[topic]:
            if command.source == "/sagas":
                by_cause.setdefault(command.cause, []).append(command)
                by_order.setdefault(command.journey, []).append(command)
    return by_cause, by_order


def _begin(saga: Saga, event: Message, sent: list[Message] | None, audit: Audit) -> None:
    """A step begins with its commands, unless it is only observed."""
    data, step, line = event.data, event.data["step"], event.data.get("line")
    parts = _parts(saga, step, line)
    commands = [each for each in sent or () if each.type == COMMAND.get(step)]
    if audit.finished and sent is not None and len(commands) != len(parts):
        audit.find("G3", f"{event} begins {step} with {len(commands)} commands of {len(parts)}")
    for command in commands:
        expected = (data.get("until"), data.get("kind"))
        given = (command.data.get("expires_at"), command.data.get("kind"))
        if given != expected:
            audit.find("G3", f"{event} says {expected}, its {command} says {given}")
    _check_beginning(event, audit)
    if step == "notify":
        saga.telling = data.get("kind")
    elif parts & saga.asked and line is None:
        audit.find("G3", f"{event} begins {step} a second time")
    saga.asked |= parts
    saga.waiting |= parts


def _parts(saga: Saga, step: str, line: int | None) -> set[Part]:
    if line is not None:  # its reservation is renewed
        return {(step, line)}
    return {(step, n) for n in range(1, saga.lines + 1)} if step in PER_LINE else {(step, None)}


def _check_beginning(event: Message, audit: Audit) -> None:
    """Stock is held until some time, a customer told something, and nothing else has either."""
    data, step = event.data, event.data["step"]
    held, kind = data.get("until") is not None, data.get("kind")
    kinds = _KINDS if step == "notify" else (None,)
    lines = data.get("line") is None or step == "reserve"
    if step not in COMMAND or held != (step == "reserve") or kind not in kinds or not lines:
        audit.find("G3", f"{event} is no beginning of a step: {data}")


def _ask_again(
    saga: Saga, event: Message, sent: list[Message] | None, asked: list[Message], audit: Audit
) -> None:
    """What is asked again was asked before, in the same words."""
    data = event.data
    if data["attempt"] not in (1, saga.attempt + 1):
        audit.find("G3", f"{event} is attempt {data['attempt']}, the last was {saga.attempt}")
    saga.attempt = data["attempt"]
    if sent is None or not audit.finished:
        return
    if {each.type for each in sent} != set(data["waiting_for"]):
        audit.find("G3", f"{event} waits for {data['waiting_for']}, and asked {sent}")
    for command in sent:
        said = (command.type, command.data)
        if not any((each.type, each.data) == said for each in asked if each is not command):
            audit.find("G3", f"{command} asks again what was never asked in these words")


def _apply(saga: Saga, event: Message, cause: Message | None, audit: Audit) -> None:
    data = event.data
    match event.type:
        case "SagaStarted":
            saga.lines = len(data["lines"])
        case "SagaStepSucceeded" | "SagaStepRefused" | "SagaStepCompensated":
            lapsed = cause is not None and cause.type == "StockReservationExpired"
            _answer(saga, event, audit, lapsed=lapsed)
        case "SagaCompensationStarted":
            saga.goal, saga.outcome = data["goal"], None
            saga.reasons.add(data["reason"])
            saga.waiting.discard(("notify", None))
        case "SagaIntervened" if data["action"] == "retry" and data.get("step") == saga.stuck:
            saga.stuck = None
        case "SagaStuck":
            saga.stuck = data["step"]
        case "SagaCompleted":
            _complete(saga, event, audit)


def _answer(saga: Saga, event: Message, audit: Audit, *, lapsed: bool) -> None:
    part = event.data["step"], event.data.get("line")
    # Money that was taken, or goods that left, before they could be let go.
    overtaken = saga.goal and part not in saga.asked and part[0] in COVERED_BY.values()
    if event.type == "SagaStepCompensated":
        if part not in saga.asked or part in saga.undone:
            audit.find("G3", f"{event} undoes {part}, which was never done, or is undone already")
        saga.undone.add(part)
    elif part not in saga.waiting and not lapsed and not overtaken:
        audit.find("G3", f"{event} answers {part}, which waits for no answer")
    if event.type == "SagaStepRefused":
        saga.refused.add(part)
    saga.asked.add(part)
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
