"""How a saga's events change its state (`evolve`), and with it what has to be undone.

While a saga compensates, every part that was done is marked for undoing as soon as it can be: a
part whose answer is still out waits for it, unless the other side can sort it out by the id; and
what a later step covers (a refund covers the authorization) is left alone.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from models.checkout import STEPS, Step
from models.saga_messages import (
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
from models.saga_state import Part, Parts, Saga

_STEP: Final = {step.name: step for step in STEPS}
_COVERED_BY: Final = {step.covers: step for step in STEPS if step.covers}
_COVERING: Final = ("asked", "done", "undoing", "undone")


def evolve(saga: Saga | None, event: SagaEvent) -> Saga | None:
    """Return the saga after an event; one that was not started has no other events."""
    if saga is None or saga.state == "expected":
        return _begun(saga, event) if isinstance(event, SagaStarted) else saga
    after = msgspec.structs.replace(_changed(saga, event), version=saga.version + 1)
    return _undo(after) if after.undoing else after


def _begun(expected: Saga | None, event: SagaStarted) -> Saga:
    idle = _all("idle", len(event.lines))
    return Saga(
        order_id=event.order_id,
        home=event.home,
        style=event.style,
        customer=event.customer,
        lines=event.lines,
        total=event.total,
        currency=event.currency,
        method=event.method,
        version=1,
        reserve=idle,
        deduct=idle,
        early=expected.early if expected else (),
    )


def _changed(saga: Saga, event: SagaEvent) -> Saga:
    replace = msgspec.structs.replace
    after = saga
    match event:
        case SagaStepStarted():
            after = _asked(saga, event)
        case SagaStepSucceeded(step=step, line=line):
            after = _succeeded(saga, _STEP[step], line or 1)
        case SagaStepRefused(step=step, line=line):
            after = _freed(_with(saga, step, line or 1, "refused"), step)
        case SagaCompensationStarted():
            after = _turned(saga, event)
        case SagaStepCompensated(step=step, line=line):
            after = _freed(_with(saga, step, line or 1, "undone"), step)
        case SagaAskedAgain(attempt=attempt, deadline=deadline):
            after = replace(saga, attempt=attempt, deadline=deadline)
        case SagaIntervened(action="retry", step=step):
            after = _retried(saga, step)
        case SagaStuck(step=step, silent=silent):
            after = replace(saga, state="stuck", stuck=step, silent=silent)
        case SagaCompleted(outcome=outcome):
            after = replace(saga, state="completed", stuck=None, silent=False, outcome=outcome)
    return after


def _asked(saga: Saga, event: SagaStepStarted) -> Saga:
    replace = msgspec.structs.replace
    if event.step == "notify":
        return replace(saga, notify=("asked",), telling=event.kind)
    if event.line is not None:
        renewed = _with(saga, event.step, event.line, "asked")
        return replace(renewed, hold_until=event.until, renewed=(*saga.renewed, event.line))
    asked = _all("asked", len(saga.parts(event.step)))
    return replace(saga, **{event.step: asked}, hold_until=event.until or saga.hold_until)


def _succeeded(saga: Saga, step: Step, line: int) -> Saga:
    after = _freed(_with(saga, step.name, line, "done"), step.name)
    # A void that came too late: the refund that follows covers it.
    if step.covers and saga.parts(step.covers)[line - 1] == "undoing":
        return _freed(_with(after, step.covers, line, "done"), step.covers)
    return after


def _freed(saga: Saga, step: StepName | None) -> Saga:
    if saga.stuck is None or saga.stuck != step:
        return saga
    state: Literal["running", "compensating"] = "compensating" if saga.goal else "running"
    return msgspec.structs.replace(saga, state=state, stuck=None, silent=False)


def _retried(saga: Saga, step: StepName | None) -> Saga:
    refused = saga.stuck == step == "capture" and not saga.silent
    # What the gateway has refused under one refund id it refuses for ever.
    refund = saga.refund + 1 if refused else saga.refund
    return _freed(msgspec.structs.replace(saga, refund=refund), step)


def _turned(saga: Saga, event: SagaCompensationStarted) -> Saga:
    # Other answers are waited for now: a refusal still stands, but nobody is silent.
    saga = _freed(saga, saga.stuck) if saga.silent else saga
    return msgspec.structs.replace(
        saga,
        state="stuck" if saga.stuck else "compensating",
        goal=event.goal,
        reason=event.reason,
        gave_up_at=event.at,
        notify=("idle",),
    )


def _undo(saga: Saga) -> Saga:
    """Mark for undoing what can be undone now."""
    for step in STEPS:
        if step.undo is not None:
            parts = tuple(
                "undoing" if _to_undo(saga, step, line, part) else part
                for line, part in enumerate(saga.parts(step.name))
            )
            saga = msgspec.structs.replace(saga, **{step.name: parts})
    return saga


def _to_undo(saga: Saga, step: Step, line: int, part: Part) -> bool:
    covering = _COVERED_BY.get(step.name)
    if covering is not None and saga.parts(covering.name)[line] in _COVERING:
        return False
    return part == "done" or (part == "asked" and step.undo_unanswered)


def _with(saga: Saga, step: StepName, line: int, part: Part) -> Saga:
    parts = saga.parts(step)
    return msgspec.structs.replace(saga, **{step: (*parts[: line - 1], part, *parts[line:])})


def _all(part: Part, count: int) -> Parts:
    return (part,) * count
