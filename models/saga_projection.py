"""The view of a saga: how far each step of an order's journey is, line by line, and why.

How far the stock of the order is follows from it (`models/saga_stock.py`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal

import msgspec

from models.checkout import STEPS
from models.messages import Message
from models.order_messages import MOST_LINES, Style
from models.saga_messages import (
    Action,
    Goal,
    Outcome,
    SagaAskedAgain,
    SagaCompensationStarted,
    SagaCompleted,
    SagaEvent,
    SagaIntervened,
    SagaStarted,
    SagaStepCompensated,
    SagaStepRefused,
    SagaStepStarted,
    SagaStepSucceeded,
    SagaStuck,
    StepName,
)
from models.saga_timeline import (
    Answer,
    StepView,
    answered,
    asked_again,
    awaited,
    freed,
    started,
    stuck,
)

SagaState = Literal["running", "compensating", "completed", "stuck"]

MOST_INTERVENTIONS: Final = 20  # kept in the view; the order's history has them all
_TABLE: Final = {step.name: step for step in STEPS}


class Intervention(msgspec.Struct, frozen=True, kw_only=True):
    """A human took a hand in it: when, how, who, and why; `id` is that of the event."""

    id: str
    at: datetime
    action: Action
    step: StepName | None
    by: str
    reason: str


class SagaSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A saga in short, for the order's view; `step` is the one started last."""

    state: SagaState
    step: StepName | None
    outcome: Outcome | None


class SagaView(msgspec.Struct, frozen=True, kw_only=True):
    """One saga. Steps stand in the order in which they were first started.

    `state_since` is when its `state` became what it is. `waiting_for` is the step whose answers
    are out, or the compensation; None when nothing is. After `deadline` all of it is asked again:
    `attempt` says how often it was since the saga last moved, `asked_again` what that was.
    `cause` is the id of the message that started it. `goal` and `reason` say how and why it is,
    or was, undone; `stuck` which step needs a human, because its undoing was refused or, if
    `silent`, because nobody answers. `interventions` are the last ones.
    """

    order_id: str
    style: Style | None = None
    state: SagaState = "running"
    state_since: datetime | None = None
    step: StepName | None = None
    steps: tuple[StepView, ...] = ()
    lines: int = 0
    waiting_for: StepName | Literal["compensation"] | None = None
    waiting_since: datetime | None = None
    deadline: datetime | None = None
    attempt: int = 0
    asked_again: tuple[str, ...] = ()
    cause: str | None = None
    goal: Goal | None = None
    reason: str | None = None
    stuck: StepName | None = None
    silent: bool = False
    interventions: tuple[Intervention, ...] = ()
    outcome: Outcome | None = None
    started_at: datetime
    updated_at: datetime
    ended_at: datetime | None = None
    version: int = 0


def project_saga(view: SagaView | None, event: SagaEvent, message: Message) -> SagaView:
    """Return the view after an event of the saga, which is news and has a sequence."""
    time = message.time
    if view is None:
        view = SagaView(order_id=event.order_id, started_at=time, updated_at=time, state_since=time)
    changes = _changes(view, event, message)
    if changes.get("state", view.state) != view.state:
        changes["state_since"] = time
    return msgspec.structs.replace(
        view,
        **changes,
        updated_at=max(view.updated_at, time),
        version=message.sequence or 0,
    )


def summary(view: SagaView) -> SagaSummary:
    """Return the saga in short."""
    return SagaSummary(state=view.state, step=view.step, outcome=view.outcome)


def _changes(view: SagaView, event: SagaEvent, message: Message) -> dict[str, Any]:
    changes: dict[str, Any] = {}  # that a command was refused changes nothing
    match event:
        case SagaStarted():
            lines = min(len(event.lines), MOST_LINES)
            changes = {"style": event.style, "lines": lines, "cause": message.causationid}
        case SagaStepStarted():
            step = started(_step(view, event.step), event, message, _lines(view, event.step))
            changes = _waiting(event.step, message.time, event.deadline)
            changes |= {"step": event.step, "steps": _with(view, step)}
        case SagaCompensationStarted():
            changes = _turned(view, event, message.time)
        case SagaCompleted():
            changes = _waiting(None, None)
            changes |= {"state": "completed", "stuck": None, "silent": False}
            changes |= {"outcome": event.outcome, "ended_at": message.time}
        case SagaAskedAgain():
            changes = _on_silence(view, event)
        case SagaIntervened():
            changes = _intervened(view, event, message)
        case SagaStuck():
            changes = _stuck(view, event, message)
        case SagaStepSucceeded() | SagaStepRefused() | SagaStepCompensated():
            changes = _on_answer(view, event, message)
    return changes


def _waiting(
    what: StepName | Literal["compensation"] | None,
    since: datetime | None,
    deadline: datetime | None = None,
) -> dict[str, Any]:
    return {
        "waiting_for": what,
        "waiting_since": since,
        "deadline": deadline,
        "attempt": 0,
        "asked_again": (),
    }


def _turned(view: SagaView, event: SagaCompensationStarted, time: datetime) -> dict[str, Any]:
    changes = _waiting("compensation", time, event.deadline)
    changes |= {"goal": event.goal, "reason": event.reason, "ended_at": None}
    if view.stuck is None or view.silent:  # other answers are waited for now
        return changes | {"state": "compensating", "stuck": None, "silent": False}
    return changes | {"state": "stuck"}


def _on_silence(view: SagaView, event: SagaAskedAgain) -> dict[str, Any]:
    steps = tuple(
        asked_again(step, event.deadline) if _is_asked(view, step) else step for step in view.steps
    )
    return {
        "steps": steps,
        "deadline": event.deadline,
        "attempt": event.attempt,
        "asked_again": event.waiting_for,
    }


def _is_asked(view: SagaView, step: StepView) -> bool:
    """Whether the command of a step is out; what is undone unanswered is asked no more."""
    turned = view.goal is not None and _TABLE[step.step].undo_unanswered
    return step.status == "waiting" and not turned


def _intervened(view: SagaView, event: SagaIntervened, message: Message) -> dict[str, Any]:
    taken = Intervention(
        id=message.id,
        at=message.time,
        action=event.action,
        step=event.step,
        by=event.by,
        reason=event.reason,
    )
    changes: dict[str, Any] = {"interventions": (*view.interventions, taken)[-MOST_INTERVENTIONS:]}
    if event.action != "retry":
        return changes
    step = _step(view, event.step)
    if step is not None:
        again = asked_again(step, step.deadline) if _is_asked(view, step) else step
        changes["steps"] = _with(view, freed(again, message.time))
    return changes | (_freed(view) if view.stuck == event.step else {})


def _stuck(view: SagaView, event: SagaStuck, message: Message) -> dict[str, Any]:
    changes = {"state": "stuck", "stuck": event.step, "silent": event.silent}
    step = _step(view, event.step)
    if step is None and event.silent:  # it could not even begin, as with an end that is refused
        return changes
    step = step or awaited(event.step, message.time, _lines(view, event.step))
    return changes | {"steps": _with(view, stuck(step, event, message))}


def _on_answer(view: SagaView, event: Answer, message: Message) -> dict[str, Any]:
    known = _step(view, event.step)
    asked = known or awaited(event.step, message.time, _lines(view, event.step))
    step = answered(asked, event, message)
    changes: dict[str, Any] = {"steps": _with(view, step), "attempt": 0, "asked_again": ()}
    if step.status != "waiting" and view.waiting_for == event.step:
        changes |= _waiting(None, None)
    covered = _TABLE[event.step].covers if isinstance(event, SagaStepSucceeded) else None
    if view.stuck is None or view.stuck not in (event.step, covered):
        return changes
    steps = tuple(
        freed(each, message.time) if each.step == view.stuck else each for each in changes["steps"]
    )
    return {**changes, **_freed(view), "steps": steps}


def _freed(view: SagaView) -> dict[str, Any]:
    """What changes when nothing is stuck any more."""
    return {"state": "compensating" if view.goal else "running", "stuck": None, "silent": False}


def _lines(view: SagaView, step: StepName) -> int:
    return view.lines if _TABLE[step].per_line else 0


def _step(view: SagaView, name: StepName | None) -> StepView | None:
    return next((step for step in view.steps if step.step == name), None)


def _with(view: SagaView, step: StepView) -> tuple[StepView, ...]:
    """Put a step in its place, or behind the others."""
    if _step(view, step.step) is None:
        return (*view.steps, step)
    return tuple(step if each.step == step.step else each for each in view.steps)
