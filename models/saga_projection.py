"""The view of a saga: how far each step of an order's journey is, line by line, and why.

From it follows how far the stock of the order is: the saga hears of every line.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal

import msgspec

from models.checkout import STEPS
from models.messages import Message
from models.order_messages import MOST_LINES, Style
from models.saga_messages import (
    Goal,
    Outcome,
    SagaCompensationStarted,
    SagaCompleted,
    SagaEvent,
    SagaStarted,
    SagaStepCompensated,
    SagaStepRefused,
    SagaStepStarted,
    SagaStepSucceeded,
    SagaStuck,
    StepName,
)

SagaState = Literal["running", "compensating", "completed", "stuck"]
PartStatus = Literal["waiting", "succeeded", "refused", "compensated", "stuck"]
StockStatus = Literal["none", "reserving", "reserved", "refused", "deducted", "released"]

_PER_LINE: Final = frozenset(step.name for step in STEPS if step.per_line)
_COVERED: Final = {step.name: step.covers for step in STEPS}
_Answer = SagaStepSucceeded | SagaStepRefused | SagaStepCompensated | SagaStuck
_STATUS: Final[dict[type[_Answer], PartStatus]] = {
    SagaStepSucceeded: "succeeded",
    SagaStepRefused: "refused",
    SagaStepCompensated: "compensated",
    SagaStuck: "stuck",
}
# Of several lines the first of these counts: what is still to come, what failed, what is left.
_FOREMOST: Final[tuple[PartStatus, ...]] = ("waiting", "refused", "succeeded", "compensated")
_MATTERS: Final[tuple[StockStatus, ...]] = (
    "reserving",
    "refused",
    "reserved",
    "deducted",
    "released",
)
_RESERVED: Final[dict[PartStatus, StockStatus]] = {
    "waiting": "reserving",
    "succeeded": "reserved",
    "refused": "refused",
    "compensated": "released",
}
_DEDUCTED: Final[dict[PartStatus, StockStatus]] = {
    "succeeded": "deducted",
    "refused": "refused",
    "compensated": "released",
}


class LinePart(msgspec.Struct, frozen=True, kw_only=True):
    """A step's part for one line of the order; lines count from 1."""

    line: int
    status: PartStatus
    since: datetime
    reason: str | None = None


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """One step: when its commands were sent last, and since when its status is what it is.

    `lines` is empty for steps that are not taken line by line.
    """

    step: StepName
    status: PartStatus
    started_at: datetime
    since: datetime
    reason: str | None = None
    lines: tuple[LinePart, ...] = ()


class SagaSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A saga in short, for the order's view; `step` is the one started last."""

    state: SagaState
    step: StepName | None
    outcome: Outcome | None


class SagaView(msgspec.Struct, frozen=True, kw_only=True):
    """One saga. Steps stand in the order in which they were first started.

    `waiting_for` is the step whose answers are out, or the compensation; None when nothing is.
    `cause` is the id of the message that started it. `goal` and `reason` say how and why it is,
    or was, undone; `stuck` which step could not be.
    """

    order_id: str
    style: Style | None = None
    state: SagaState = "running"
    step: StepName | None = None
    steps: tuple[StepView, ...] = ()
    lines: int = 0
    waiting_for: StepName | Literal["compensation"] | None = None
    waiting_since: datetime | None = None
    cause: str | None = None
    goal: Goal | None = None
    reason: str | None = None
    stuck: StepName | None = None
    outcome: Outcome | None = None
    started_at: datetime
    updated_at: datetime
    ended_at: datetime | None = None
    version: int = 0


def project_saga(view: SagaView | None, event: SagaEvent, message: Message) -> SagaView:
    """Return the view after an event of the saga, which is news and has a sequence."""
    time = message.time
    if view is None:
        view = SagaView(order_id=event.order_id, started_at=time, updated_at=time)
    return msgspec.structs.replace(
        view,
        **_changes(view, event, message),
        updated_at=max(view.updated_at, time),
        version=message.sequence or 0,
    )


def summary(view: SagaView) -> SagaSummary:
    """Return the saga in short."""
    return SagaSummary(state=view.state, step=view.step, outcome=view.outcome)


def stock_status(view: SagaView) -> StockStatus:
    """Return how far the stock of the order is: of all its lines, the one that matters most."""
    parts = {step.step: {part.line: part.status for part in step.lines} for step in view.steps}
    reserved, deducted = parts.get("reserve", {}), parts.get("deduct", {})
    lines: set[StockStatus] = {_RESERVED[status] for status in reserved.values()}
    if deducted:
        lines = {
            _DEDUCTED.get(status) or _RESERVED[reserved.get(line, "succeeded")]
            for line, status in deducted.items()
        }
    return next((status for status in _MATTERS if status in lines), "none")


def _changes(view: SagaView, event: SagaEvent, message: Message) -> dict[str, Any]:
    time = message.time
    match event:
        case SagaStarted():
            lines = min(len(event.lines), MOST_LINES)
            return {"style": event.style, "lines": lines, "cause": message.causationid}
        case SagaStepStarted(step=step):
            steps = _with(view, _begun(view, step, time))
            return {"step": step, "steps": steps, "waiting_for": step, "waiting_since": time}
        case SagaCompensationStarted():
            return {
                "state": "stuck" if view.stuck else "compensating",
                "goal": event.goal,
                "reason": event.reason,
                "waiting_for": "compensation",
                "waiting_since": time,
                "ended_at": None,
            }
        case SagaCompleted():
            return {
                "state": "completed",
                "stuck": None,
                "outcome": event.outcome,
                "waiting_for": None,
                "waiting_since": None,
                "ended_at": time,
            }
        case _:
            return _on_answer(view, event, time)


def _on_answer(view: SagaView, event: _Answer, time: datetime) -> dict[str, Any]:
    step = _answered(_step(view, event.step) or _begun(view, event.step, time), event, time)
    changes: dict[str, Any] = {"steps": _with(view, step)}
    if step.status != "waiting" and view.waiting_for == event.step:
        changes |= {"waiting_for": None, "waiting_since": None}
    if isinstance(event, SagaStuck):
        changes |= {"state": "stuck", "stuck": event.step}
    elif view.stuck is not None and view.stuck == _freed_by(event):
        changes |= {"state": "compensating", "stuck": None}
    return changes


def _freed_by(event: _Answer) -> StepName | None:
    """Return the step that is stuck no longer: undone after all, or covered by a later one."""
    if isinstance(event, SagaStepCompensated):
        return event.step
    return _COVERED[event.step] if isinstance(event, SagaStepSucceeded) else None


def _begun(view: SagaView, step: StepName, time: datetime) -> StepView:
    count = view.lines if step in _PER_LINE else 0
    lines = tuple(LinePart(line=n, status="waiting", since=time) for n in range(1, count + 1))
    return StepView(step=step, status="waiting", started_at=time, since=time, lines=lines)


def _answered(step: StepView, event: _Answer, time: datetime) -> StepView:
    status: PartStatus = _STATUS[type(event)]
    reason: str | None = getattr(event, "reason", None)
    line: int | None = getattr(event, "line", None)
    lines = step.lines
    if line is not None and line <= len(lines):
        part = LinePart(line=line, status=status, since=time, reason=reason)
        lines = (*lines[: line - 1], part, *lines[line:])
        status = next(each for each in _FOREMOST if any(part.status == each for part in lines))
    return msgspec.structs.replace(
        step,
        status=status,
        since=step.since if status == step.status else time,
        reason=reason or step.reason,
        lines=lines,
    )


def _step(view: SagaView, name: StepName) -> StepView | None:
    return next((step for step in view.steps if step.step == name), None)


def _with(view: SagaView, step: StepView) -> tuple[StepView, ...]:
    """Put a step in its place, or behind the others."""
    if _step(view, step.step) is None:
        return (*view.steps, step)
    return tuple(step if each.step == step.step else each for each in view.steps)
