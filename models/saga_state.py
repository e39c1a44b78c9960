"""What a saga knows of its order: how far each part of each step is, and what came too early."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from models.money import Currency
from models.notification_messages import Kind
from models.order_messages import Customer, OrderLine, Style
from models.saga_messages import Goal, Outcome, StepName

# asked: its command is out. done, refused: answered. undoing: its compensation is out.
Part = Literal["idle", "asked", "done", "refused", "undoing", "undone"]
Parts = tuple[Part, ...]

# lapsed: held no longer. due: the customer is to be told. not_ended: the order refuses to end.
Verdict = Literal["success", "refusal", "undone", "not_undone", "lapsed", "due", "not_ended"]


class Answer(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What a fact says to a saga: of one part of one step, how it went. Lines count from 1."""

    step: StepName
    verdict: Verdict
    line: int = 1
    kind: Kind | None = None
    amount: int | None = None
    reason: str | None = None
    retryable: bool = False

    def repeats(self, other: Answer) -> bool:
        """Whether it says no more than another one."""
        return (self.step, self.verdict, self.line, self.kind) == (
            other.step,
            other.verdict,
            other.line,
            other.kind,
        )


class Saga(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """The state of one order's checkout: a fold of its saga events, `early` and `deadline` apart.

    Each step has its parts: one, or one for each line. `hold_until` is how long stock is held,
    `renewed` for which lines a second time, `telling` what the customer is being told. `goal` and
    `reason` say how and why it is undone, `gave_up_at` when that was for silence, `refund` the how
    manieth refund it is. `stuck` is the step that needs a human, because it was refused or, if
    `silent`, not answered. `early` are answers to what was not asked yet, `deadline` is when the
    one that it waits for is missed, `attempt` how often it has asked again. A saga that is
    `expected` has early answers only: its order is not known yet.
    """

    order_id: str
    home: str
    style: Style = "orchestration"
    customer: Customer | None = None
    lines: tuple[OrderLine, ...] = ()
    total: int = 0
    currency: Currency | None = None
    method: str = ""
    version: int = 0
    state: Literal["expected", "running", "compensating", "completed", "stuck"] = "running"
    authorize: Parts = ("idle",)
    reserve: Parts = ()
    confirm: Parts = ("idle",)
    capture: Parts = ("idle",)
    deduct: Parts = ()
    notify: Parts = ("idle",)
    hold_until: datetime | None = None
    renewed: tuple[int, ...] = ()
    telling: Kind | None = None
    goal: Goal | None = None
    reason: str | None = None
    gave_up_at: datetime | None = None
    refund: int = 1
    stuck: StepName | None = None
    silent: bool = False
    outcome: Outcome | None = None
    early: tuple[Answer, ...] = ()
    deadline: datetime | None = None
    attempt: int = 0

    def parts(self, step: StepName) -> Parts:
        """How far each part of a step is."""
        found: Parts = getattr(self, step)
        return found

    def part(self, step: StepName, line: int) -> Part | None:
        """How far one part of a step is; None if there is no such part."""
        parts = self.parts(step)
        return parts[line - 1] if line <= len(parts) else None

    @property
    def undoing(self) -> bool:
        """Whether what was done is being undone."""
        return self.goal is not None and self.state != "completed"
