"""What follows from one answer for a saga: its events, or nothing, if it fits nowhere now.

Answers overtake each other, so that some come before the saga has asked. Which of those may still
fit later, and are worth keeping, is decided here too (`may_follow`):

- a success or a refusal of what was not asked yet, while the order goes forward;
- what was undone, or could not be, while that part is not being undone yet;
- an end of the order or of its parcel's way that the customer was not told of yet;
- a cancellation behind a confirmation that waits itself: those two come in order.

All else is late, or repeated, and is dropped. Of each kind one is kept for each part, so that the
table of steps is the bound. What is in no step's words has no meaning here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from models.checkout import STEPS, Step
from models.notification_messages import Kind
from models.order_messages import MOST_LINES, OUT_OF_STOCK, TOO_LITTLE
from models.saga_messages import (
    Goal,
    Outcome,
    SagaCompensationStarted,
    SagaEvent,
    SagaStepCompensated,
    SagaStepRefused,
    SagaStepStarted,
    SagaStepSucceeded,
    SagaStuck,
    StepName,
)
from models.saga_requests import all_undone
from models.saga_state import Answer, Saga
from models.stock_messages import held_until

ENDS: Final[dict[Goal | None, Outcome]] = {
    "reject": "rejected",
    "cancel": "cancelled",
    "expire": "expired",
}
_NOTHING_HELD: Final = {  # why a void was refused, and `PaymentVoided` follows all the same
    ("authorize", "authorization_expired"),
    ("authorize", "already_voided"),
}
_STEP: Final = {step.name: step for step in STEPS}
_COVERED_BY: Final = {step.covers: step.name for step in STEPS if step.covers}
# How far an order has come by what its customer is told.
_STAGE: Final[dict[Kind | None, int]] = {
    None: 0,
    "confirmed": 1,
    "shipped": 2,
    "delivered": 3,
    "rejected": 4,
    "cancelled": 4,
    "expired": 4,
}


def decide(saga: Saga, answer: Answer, now: datetime) -> Iterator[SagaEvent]:
    """Return what follows from an answer that was written, or found its place, at `now`."""
    match answer.step, answer.verdict:
        case _, "due":
            yield from _due(saga, answer, now)
        case "confirm", "undone":
            yield from _cancellation(saga, answer)
        case "confirm", "not_ended":
            if answer.kind == ENDS.get(saga.goal) and all_undone(saga) and saga.stuck is None:
                yield _stuck(saga, "confirm", answer)  # as with an order that nobody created
        case _:
            yield from _on_part(saga, _STEP[answer.step], answer, now)


def may_follow(saga: Saga, answer: Answer) -> bool:
    """Whether an answer that fits nowhere now may fit later."""
    if saga.state == "expected":  # the order's own facts never come before the first of them
        return answer.verdict != "due" and answer.step != "confirm" and answer.line <= MOST_LINES
    in_part = answer.verdict == "undone" and _falls_short(saga, answer)
    if saga.outcome not in (None, "confirmed") or in_part:
        return False
    if answer.step == "notify":
        ahead = _STAGE[answer.kind] > _STAGE[saga.telling]
        return ahead and (saga.goal is None or answer.kind in ENDS.values())
    if (answer.step, answer.verdict) == ("confirm", "undone"):
        return _behind_confirmation(saga)
    part = saga.part(answer.step, answer.line)
    if saga.goal is None and part == "idle":
        return True
    return answer.verdict in ("undone", "not_undone") and part in ("asked", "done")


def compensation(saga: Saga, reason: str) -> SagaCompensationStarted:
    """Return the turn: an order that is confirmed is cancelled, any other rejected."""
    goal: Goal = "cancel" if saga.confirm == ("done",) else "reject"
    return SagaCompensationStarted(order_id=saga.order_id, goal=goal, reason=reason)


def telling(saga: Saga, kind: Kind) -> SagaStepStarted:
    """Return that the customer is told something."""
    return SagaStepStarted(order_id=saga.order_id, step="notify", kind=kind)


def _due(saga: Saga, answer: Answer, now: datetime) -> Iterator[SagaEvent]:
    kind = answer.kind
    assert kind is not None  # noqa: S101 - said by every answer of this kind
    if kind in ENDS.values():
        if kind == ENDS.get(saga.goal) and all_undone(saga):
            yield telling(saga, kind)
        elif kind == "expired" and saga.goal in (None, "reject"):  # by others than the saga
            yield SagaCompensationStarted(
                order_id=saga.order_id, goal="expire", reason=kind, at=now
            )
            yield from _unconfirmed(saga, kind)
    elif saga.goal is None and 0 < _STAGE[saga.telling] < _STAGE[kind]:
        yield telling(saga, kind)


def _cancellation(saga: Saga, answer: Answer) -> Iterator[SagaEvent]:
    """The order is to end, whoever asked for it: that undoes its confirmation, if it has one.

    A confirmation that is unanswered yet is about to be refused.
    """
    if _behind_confirmation(saga):
        return
    reason = answer.reason or "cancelled"
    if saga.goal != "cancel":
        yield SagaCompensationStarted(order_id=saga.order_id, goal="cancel", reason=reason)
    if saga.confirm in (("done",), ("undoing",)):
        yield SagaStepCompensated(order_id=saga.order_id, step="confirm")
    yield from _unconfirmed(saga, reason)


def _unconfirmed(saga: Saga, reason: str) -> Iterator[SagaEvent]:
    """In the other style nobody has asked for the confirmation of an order that is to end."""
    if saga.style == "choreography" and saga.confirm == ("asked",):
        yield SagaStepRefused(order_id=saga.order_id, step="confirm", reason=reason)


def _behind_confirmation(saga: Saga) -> bool:
    return any((each.step, each.verdict) == ("confirm", "success") for each in saga.early)


def _on_part(saga: Saga, step: Step, answer: Answer, now: datetime) -> Iterator[SagaEvent]:
    line = answer.line if step.per_line else None
    part = saga.part(step.name, answer.line)
    match answer.verdict, part:
        case "success", "asked" if step.name != "notify" or answer.kind == saga.telling:
            yield from _succeeded(saga, step, answer)
        case "success", "idle" if _overtaken(saga, step, answer):
            yield from _succeeded(saga, step, answer)
        case "refusal", "asked":
            yield from _refused(saga, step, answer)
        case "refusal", "undoing" if saga.style == "choreography" and step.undo_unanswered:
            # Nothing was ever held, and nobody goes on to say so.
            yield SagaStepCompensated(order_id=saga.order_id, step=step.name, line=line)
        case "undone", "undoing" if not _falls_short(saga, answer):
            yield SagaStepCompensated(order_id=saga.order_id, step=step.name, line=line)
        case "undone", "done":
            yield from _let_go(saga, step, line)
        case "not_undone", "undoing":
            yield from _not_undone(saga, step, answer)
        case "lapsed", "done":
            yield from _lapsed(saga, step, answer, now)


def _falls_short(saga: Saga, answer: Answer) -> bool:
    """Whether it gives back a part only, as others may have asked for under the same id."""
    amount = answer.amount
    return answer.step == "capture" and amount is not None and amount < saga.total


def _overtaken(saga: Saga, step: Step, answer: Answer) -> bool:
    """Whether it was done before it could be let go: what it covers is being undone in vain."""
    return step.covers is not None and saga.part(step.covers, answer.line) == "undoing"


def _succeeded(saga: Saga, step: Step, answer: Answer) -> Iterator[SagaEvent]:
    line = answer.line if step.per_line else None
    yield SagaStepSucceeded(order_id=saga.order_id, step=step.name, line=line)
    if saga.goal is None and answer.amount is not None and answer.amount < saga.total:
        yield compensation(saga, TOO_LITTLE)


def _refused(saga: Saga, step: Step, answer: Answer) -> Iterator[SagaEvent]:
    line = answer.line if step.per_line else None
    reason = answer.reason or "refused"
    yield SagaStepRefused(order_id=saga.order_id, step=step.name, line=line, reason=reason)
    if saga.goal is None:
        yield compensation(saga, OUT_OF_STOCK if step.per_line else reason)


def _let_go(saga: Saga, step: Step, line: int | None) -> Iterator[SagaEvent]:
    """What was let go before anybody came for it: the context has never asked to take it."""
    taking = _COVERED_BY.get(step.name)
    waits = taking is not None and saga.part(taking, line or 1) == "asked"
    if taking is not None and waits and saga.undoing and saga.style == "choreography":
        yield SagaStepRefused(order_id=saga.order_id, step=taking, line=line, reason="let go")
        yield SagaStepCompensated(order_id=saga.order_id, step=step.name, line=line)


def _not_undone(saga: Saga, step: Step, answer: Answer) -> Iterator[SagaEvent]:
    refusal = step.name, answer.reason
    if refusal == ("authorize", "already_captured"):  # race 2: the gateway decides
        yield SagaStepSucceeded(order_id=saga.order_id, step="capture")
    elif answer.retryable or refusal in _NOTHING_HELD:
        return  # asked again when its deadline passes, or answered otherwise before
    elif saga.stuck != step.name or saga.silent:
        yield _stuck(saga, step.name, answer)


def _lapsed(saga: Saga, step: Step, answer: Answer, now: datetime) -> Iterator[SagaEvent]:
    """Stock is reserved again once; later than that the deduction does it, or is refused."""
    if saga.style == "choreography" or saga.goal is not None or saga.capture != ("idle",):
        return
    if answer.line in saga.renewed:
        yield from _refused(saga, step, msgspec.structs.replace(answer, reason="expired"))
        return
    yield SagaStepStarted(
        order_id=saga.order_id, step=step.name, line=answer.line, until=held_until(now)
    )


def _stuck(saga: Saga, step: StepName, answer: Answer) -> SagaStuck:
    return SagaStuck(order_id=saga.order_id, step=step, reason=answer.reason or "refused")
