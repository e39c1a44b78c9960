"""What a saga knows of its order: how far each part of each step is."""

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


class Saga(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """The state of one order's checkout: a fold of its saga events.

    Each step has its parts: one, or one for each line. `hold_until` is how long stock is held,
    `telling` what the customer is being told. `goal` and `reason` say how and why it is undone,
    `stuck` which step could not be.
    """

    order_id: str
    home: str
    style: Style
    customer: Customer | None = None
    lines: tuple[OrderLine, ...]
    total: int
    currency: Currency
    method: str
    version: int
    state: Literal["running", "compensating", "completed", "stuck"] = "running"
    authorize: Parts = ("idle",)
    reserve: Parts
    confirm: Parts = ("idle",)
    capture: Parts = ("idle",)
    deduct: Parts
    notify: Parts = ("idle",)
    hold_until: datetime | None = None
    telling: Kind | None = None
    goal: Goal | None = None
    reason: str | None = None
    stuck: StepName | None = None
    outcome: Outcome | None = None

    def parts(self, step: StepName) -> Parts:
        """How far each part of a step is."""
        found: Parts = getattr(self, step)
        return found
