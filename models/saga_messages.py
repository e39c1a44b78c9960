"""What a saga reports of an order's journey, so that one can say what happened and why.

The steps are a table in `models/checkout.py`; `models/sagas.py` reacts.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from models.messages import Instant, Name, Payload, Text
from models.money import Amount, Currency
from models.notification_messages import Kind
from models.order_messages import Customer, OrderLine, Style

StepName = Literal["authorize", "reserve", "confirm", "capture", "deduct", "notify"]
Goal = Literal["reject", "cancel", "expire"]
Outcome = Literal["confirmed", "rejected", "cancelled", "expired"]
Action = Literal["retry", "skip", "compensate"]
Attempt = Annotated[int, msgspec.Meta(ge=1)]
Line = Annotated[int, msgspec.Meta(ge=1)]  # lines of an order count from 1


# Commands: of operators, who say who they are and why; and of the clock.


class RetrySagaStep(Payload, frozen=True, kw_only=True):
    """Ask again for what a step waits for, or try again to undo it."""

    order_id: Name
    step: StepName
    by: Name
    reason: Text


class SkipSagaStep(Payload, frozen=True, kw_only=True):
    """Take what a step waits for as done: it was settled by other means."""

    order_id: Name
    step: StepName
    by: Name
    reason: Text


class CompensateSaga(Payload, frozen=True, kw_only=True):
    """Undo what was done, and end the order."""

    order_id: Name
    by: Name
    reason: Text


class SagaTimedOut(Payload, frozen=True, kw_only=True):
    """A saga's deadline has passed, at `at`; of another deadline than its present one, nothing."""

    order_id: Name
    deadline: Instant
    at: Instant


SagaCommand = RetrySagaStep | SkipSagaStep | CompensateSaga | SagaTimedOut


# Events.


class SagaStarted(Payload, frozen=True, kw_only=True):
    """The checkout of an order begins, with all that it needs to know of the order.

    `home` is the partition key of its journey, to which all answers come.
    """

    order_id: Name
    home: Name
    style: Style
    customer: Customer | None
    lines: tuple[OrderLine, ...]
    total: Amount
    currency: Currency
    method: Name


class SagaStepStarted(Payload, frozen=True, kw_only=True):
    """The commands of a step were sent.

    `until` is how long stock is to be held for it, `kind` what the customer is told, `deadline`
    when its answers are missed. With `line`, those of one line only: its reservation is renewed.
    """

    order_id: Name
    step: StepName
    line: Line | None = None
    until: Instant | None = None
    kind: Kind | None = None
    deadline: Instant | None = None


class SagaStepSucceeded(Payload, frozen=True, kw_only=True):
    """A step, or its part for one line, is done."""

    order_id: Name
    step: StepName
    line: Line | None = None


class SagaStepRefused(Payload, frozen=True, kw_only=True):
    """A step, or its part for one line, was refused."""

    order_id: Name
    step: StepName
    line: Line | None = None
    reason: Text


class SagaCompensationStarted(Payload, frozen=True, kw_only=True, omit_defaults=True):
    """What was done is being undone, so that the order can be rejected, cancelled or expire.

    `at` is when an order that expires was given up, `deadline` when the answers are missed.
    """

    order_id: Name
    goal: Goal
    reason: Text
    at: Instant | None = None
    deadline: Instant | None = None


class SagaStepCompensated(Payload, frozen=True, kw_only=True):
    """A step, or its part for one line, is undone, or there was nothing to undo."""

    order_id: Name
    step: StepName
    line: Line | None = None


class SagaAskedAgain(Payload, frozen=True, kw_only=True):
    """Its deadline passed in silence: all that it waits for was asked again, by the same ids.

    `attempt` is how often that was done since the saga last moved, `deadline` the next one.
    """

    order_id: Name
    waiting_for: tuple[Name, ...]
    attempt: Attempt
    deadline: Instant


class SagaIntervened(Payload, frozen=True, kw_only=True):
    """A human has taken a hand in it: who, how, and why."""

    order_id: Name
    action: Action
    step: StepName | None = None
    by: Name
    reason: Text


class SagaCommandRefused(Payload, frozen=True, kw_only=True):
    """An operator's command that the saga's state forbids; without a sequence, there is no saga."""

    order_id: Name
    command: Name
    reason: Text


class SagaStuck(Payload, frozen=True, kw_only=True, omit_defaults=True):
    """A step needs a human, and the order stays visibly unfinished.

    A compensation was refused, or (`silent`) nobody has answered, however often it was asked.
    """

    order_id: Name
    step: StepName
    reason: Text
    silent: bool = False


class SagaCompleted(Payload, frozen=True, kw_only=True):
    """The journey has ended. A confirmed order may still be cancelled, until it is shipped."""

    order_id: Name
    outcome: Outcome
    reason: Text | None = None


SagaEvent = (
    SagaStarted
    | SagaStepStarted
    | SagaStepSucceeded
    | SagaStepRefused
    | SagaCompensationStarted
    | SagaStepCompensated
    | SagaAskedAgain
    | SagaIntervened
    | SagaCommandRefused
    | SagaStuck
    | SagaCompleted
)
