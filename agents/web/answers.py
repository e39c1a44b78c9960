"""Answers: what the API says, as structs from which the OpenAPI document is made.

The views themselves belong to the read models; here they get their freshness.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, TypeVar

import msgspec

from models.order_messages import Style
from models.order_projection import OrderView
from models.payment_projection import PaymentView
from models.projections import HistoryEntry
from models.saga_messages import Goal, Outcome, StepName
from models.saga_projection import SagaState, SagaView
from models.stock_projection import Reservation, StockView
from models.totals_projection import MoneyTotals, OrderTotals, StockTotals
from streams import reading


class Freshness(msgspec.Struct, frozen=True, kw_only=True):
    """How fresh an answer is.

    `as_of` is the time of the message that was projected last, null before the first one;
    `behind` counts the records that are known and not yet projected.
    """

    as_of: datetime | None
    behind: int

    @classmethod
    def of(cls, found: reading.Freshness) -> Freshness:
        """As it is written."""
        return cls(as_of=found.as_of, behind=found.behind)


class Accepted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Kafka has the command, and it will be decided on; the view is at `Location`.

    The event that comes of it has `command_id` as its `causationid`.
    """

    order_id: str | None = None
    sku: str | None = None
    status: Literal["ACCEPTED"]
    command_id: str


class OrderAnswer(OrderView, frozen=True, kw_only=True):
    """An order, as of what was projected. Amounts are in minor units (cents, won, fils)."""

    freshness: Freshness


class PaymentAnswer(PaymentView, frozen=True, kw_only=True):
    """The payment of an order: its ledger, and the sums recomputed from it."""

    freshness: Freshness


class SagaAnswer(SagaView, frozen=True, kw_only=True):
    """How far each step of an order's journey is, and why."""

    freshness: Freshness


class SagaRow(msgspec.Struct, frozen=True, kw_only=True):
    """A saga on the board: its view without steps; `/sagas/{order_id}` has all of it."""

    order_id: str
    style: Style | None
    state: SagaState
    state_since: datetime | None
    step: StepName | None
    waiting_for: StepName | Literal["compensation"] | None
    waiting_since: datetime | None
    deadline: datetime | None
    attempt: int
    goal: Goal | None
    reason: str | None
    stuck: StepName | None
    outcome: Outcome | None
    started_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: SagaView) -> SagaRow:
        """Without what is long."""
        return cls(**{name: getattr(view, name) for name in cls.__struct_fields__})


class SagasAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Sagas of the partitions that this worker has; `next` is the cursor of the next page.

    Those under way come with the longest in their state first, completed ones newest first.
    """

    sagas: list[SagaRow]
    next: str | None
    partitions: Coverage
    freshness: Freshness


class StockAnswer(StockView, frozen=True, kw_only=True):
    """The stock of a SKU, with its open reservations by id; `more` says that others follow."""

    reservations: list[Reservation]
    more: bool
    freshness: Freshness


class OrdersAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Orders of a user, newest first; `next` is the cursor of the next page, null at the end."""

    user_id: str
    orders: list[OrderView]
    next: str | None
    freshness: Freshness


class EventsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to an order, oldest first; `next` is the `after` of what follows, or null."""

    order_id: str
    events: list[HistoryEntry]
    next: int | None
    freshness: Freshness


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """Of how many partitions an answer is: those that this worker has, and all there are."""

    counted: int
    all: int


class TotalsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How many orders, by status and by why they were rejected, how much money, how many goods.

    `styles` is the same of the orders of each style of checkout by itself, but for the goods.
    """

    orders: dict[str, int]
    rejected: dict[str, int]
    placed: int
    money: dict[str, MoneyTotals]
    styles: dict[str, OrderTotals]
    stock: StockTotals
    partitions: Coverage
    freshness: Freshness


A = TypeVar("A", bound=msgspec.Struct)


def extended(kind: type[A], view: msgspec.Struct, **more: Any) -> A:
    """The answer of a kind that is a view with something more."""
    fields = {name: getattr(view, name) for name in view.__struct_fields__}
    return kind(**fields, **more)
