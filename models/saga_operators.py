"""What an operator may do to a saga: try a step again, take it as done, or have all undone.

Whoever intervenes gives a name and a reason, and both are in the order's history. Where it makes no
sense for the state of the saga, it is refused with the reason. An order in the other style has
nobody who could be told: its contexts decide for themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from models.checkout import STEPS
from models.saga_decisions import ENDS, compensation, telling
from models.saga_messages import (
    Action,
    CompensateSaga,
    RetrySagaStep,
    SagaCommandRefused,
    SagaEvent,
    SagaIntervened,
    SagaStepCompensated,
    SagaStepSucceeded,
    SkipSagaStep,
    StepName,
)
from models.saga_requests import all_undone, waiting_for
from models.saga_state import Saga

Intervention = RetrySagaStep | SkipSagaStep | CompensateSaga

_ACTIONS: Final[dict[type[Intervention], Action]] = {
    RetrySagaStep: "retry",
    SkipSagaStep: "skip",
    CompensateSaga: "compensate",
}
_PER_LINE: Final = {step.name: step.per_line for step in STEPS}


def intervene(saga: Saga | None, command: Intervention) -> tuple[SagaEvent, ...]:
    """Return what follows from an operator's command: first of all, that it was given."""
    forbidden = _forbidden(saga, command)
    if saga is None or forbidden:
        name = type(command).__name__
        return (SagaCommandRefused(order_id=command.order_id, command=name, reason=forbidden),)
    intervened = SagaIntervened(
        order_id=saga.order_id,
        action=_ACTIONS[type(command)],
        step=None if isinstance(command, CompensateSaga) else command.step,
        by=command.by,
        reason=command.reason,
    )
    match command:
        case SkipSagaStep(step=step):
            return (intervened, *_skipped(saga, step))
        case CompensateSaga(reason=reason):
            return (intervened, compensation(saga, reason))
        case _:
            return (intervened,)


def _forbidden(saga: Saga | None, command: Intervention) -> str:
    """Why a command makes no sense; empty, if it does."""
    if saga is None or saga.state == "expected":
        return "there is no saga of this order under way; look at the order"
    if saga.style == "choreography":
        return "nobody coordinates this order; cancel it, or mend what its contexts wait for"
    if isinstance(command, CompensateSaga):
        return _not_compensated(saga)
    if isinstance(command, SkipSagaStep) and command.step == "confirm" and saga.goal is None:
        return "only the order itself can confirm it; retry the step, or compensate"
    if not waiting_for(saga, command.step):
        return f"nothing of {command.step} is waited for; look at what the saga waits for"
    return ""


def _not_compensated(saga: Saga) -> str:
    forbidden = ""
    if saga.state == "completed":
        forbidden = f"the saga has ended, {saga.outcome}; cancel the order, if it can be"
    elif saga.goal is not None:
        forbidden = "it is being undone already; retry or skip what that waits for"
    elif saga.telling is not None:
        forbidden = "the order is paid and may be shipped; cancel the order"
    return forbidden


def _skipped(saga: Saga, step: StepName) -> Iterator[SagaEvent]:
    if step == "confirm" and all_undone(saga):
        yield telling(saga, ENDS[saga.goal])
    for number, part in enumerate(saga.parts(step), 1):
        line = number if _PER_LINE[step] else None
        if part == "asked":
            yield SagaStepSucceeded(order_id=saga.order_id, step=step, line=line)
        elif part == "undoing":
            yield SagaStepCompensated(order_id=saga.order_id, step=step, line=line)
