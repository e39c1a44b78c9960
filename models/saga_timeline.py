"""The timeline of one step of a saga: asked when and by what, answered when and how, how often.

Of a step that is taken line by line each line has such an account of its own. What a saga does
next is not known here: only what its events have said.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal, TypeVar

import msgspec

from models.messages import Message
from models.saga_messages import (
    SagaStepCompensated,
    SagaStepRefused,
    SagaStepStarted,
    SagaStepSucceeded,
    SagaStuck,
    StepName,
)

PartStatus = Literal["waiting", "succeeded", "refused", "compensated", "stuck"]
Answer = SagaStepSucceeded | SagaStepRefused | SagaStepCompensated

_STATUS: Final[dict[type[Answer], PartStatus]] = {
    SagaStepSucceeded: "succeeded",
    SagaStepRefused: "refused",
    SagaStepCompensated: "compensated",
}
# Of several lines the first of these counts: what is still to come, what failed, what is left.
_FOREMOST: Final[tuple[PartStatus, ...]] = ("waiting", "refused", "succeeded", "compensated")


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was asked once, and what became of it; what has not happened is left out.

    `since` is when its `status` became what it is. `attempts` counts how often its command was
    sent, `answered_at` and `answered_by` say when it was granted or refused and by which message,
    `undone_at` and `undone_by` likewise when it was compensated.
    """

    status: PartStatus
    since: datetime
    attempts: int
    answered_at: datetime | None = None
    answered_by: str | None = None
    undone_at: datetime | None = None
    undone_by: str | None = None
    reason: str | None = None


P = TypeVar("P", bound=Part)


class LinePart(Part, frozen=True, kw_only=True, omit_defaults=True):
    """A step's part for one line of the order; lines count from 1."""

    line: int


class StepView(Part, frozen=True, kw_only=True, omit_defaults=True):
    """One step: when its commands were sent last, by which message, and until when it is waited.

    `asked_by` is the id of the message that led to asking: the command and it have one cause.
    `lines` is empty for steps that are not taken line by line.
    """

    step: StepName
    started_at: datetime
    asked_by: str | None = None
    deadline: datetime | None = None
    lines: tuple[LinePart, ...] = ()


def started(
    known: StepView | None, event: SagaStepStarted, message: Message, lines: int
) -> StepView:
    """Return a step whose commands were just sent: all of them, or those of one line anew."""
    step = known
    if step is None or event.line is None:
        step = awaited(event.step, message.time, lines)
    elif event.line <= len(step.lines):
        part = _again(step.lines[event.line - 1])
        part = msgspec.structs.replace(part, status="waiting", since=message.time)
        step = msgspec.structs.replace(_again(step), status="waiting", lines=_with(step, part))
    return msgspec.structs.replace(step, asked_by=message.causationid, deadline=event.deadline)


def awaited(step: StepName, time: datetime, lines: int) -> StepView:
    """Return a step that waits for its answers, for this many lines."""
    parts = tuple(
        LinePart(line=line, status="waiting", since=time, attempts=1)
        for line in range(1, lines + 1)
    )
    return StepView(
        step=step, status="waiting", started_at=time, since=time, attempts=1, lines=parts
    )


def asked_again(step: StepView, deadline: datetime | None) -> StepView:
    """Return the step after what it still waits for was asked once more."""
    lines = tuple(_again(part) if part.status == "waiting" else part for part in step.lines)
    return msgspec.structs.replace(_again(step), lines=lines, deadline=deadline)


def answered(step: StepView, event: Answer, message: Message) -> StepView:
    """Return the step after an answer to it, or to its part for a line."""
    line = event.line
    status: PartStatus = _STATUS[type(event)]
    lines = step.lines
    if line is not None and line <= len(lines):
        lines = _with(step, _after(lines[line - 1], status, event, message))
        status = _foremost(lines)
    return msgspec.structs.replace(_after(step, status, event, message), lines=lines)


def stuck(step: StepView, event: SagaStuck, message: Message) -> StepView:
    """Return the step that needs a human; where nobody answers, an answer is still waited for."""
    if event.silent:
        return msgspec.structs.replace(step, reason=event.reason)
    since = step.since if step.status == "stuck" else message.time
    return msgspec.structs.replace(step, status="stuck", since=since, reason=event.reason)


def freed(step: StepView, time: datetime) -> StepView:
    """Return the step when it is stuck no longer: it is again what it was before."""
    if step.status != "stuck":
        return step
    before: PartStatus = "succeeded" if step.answered_at else "waiting"
    status = _foremost(step.lines) if step.lines else before
    return msgspec.structs.replace(step, status=status, since=time)


def _foremost(lines: tuple[LinePart, ...]) -> PartStatus:
    return next(each for each in _FOREMOST if any(part.status == each for part in lines))


def _with(step: StepView, part: LinePart) -> tuple[LinePart, ...]:
    return (*step.lines[: part.line - 1], part, *step.lines[part.line :])


def _again(part: P) -> P:
    return msgspec.structs.replace(part, attempts=part.attempts + 1)


def _after(part: P, status: PartStatus, event: Answer, message: Message) -> P:
    reason: str | None = getattr(event, "reason", None)
    since = part.since if status == part.status else message.time
    part = msgspec.structs.replace(part, status=status, since=since, reason=reason or part.reason)
    # Of a step with lines these are said once the last of them is answered, or undone.
    match event:
        case SagaStepSucceeded() | SagaStepRefused() if status != "waiting":
            return msgspec.structs.replace(
                part, answered_at=message.time, answered_by=message.causationid
            )
        case SagaStepCompensated() if status not in ("waiting", "succeeded"):
            return msgspec.structs.replace(
                part, undone_at=message.time, undone_by=message.causationid
            )
        case _:
            return part
