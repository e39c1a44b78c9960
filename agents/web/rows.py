"""Rows: orders and money as the live page shows them, written for people."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

import msgspec

from agents.web.answers import TotalsAnswer
from models.money import MINOR_DIGITS
from models.order_projection import OrderView
from models.stock_projection import StockView

Stage = Literal[
    "pending", "authorized", "reserved", "confirmed", "paid", "shipped", "rejected", "cancelled"
]
_STAGES: Final[dict[str | None, Stage]] = {
    "SHIPPED": "shipped",
    "DELIVERED": "shipped",
    "REJECTED": "rejected",
    "EXPIRED": "rejected",
    "CANCEL_PENDING": "cancelled",
    "CANCELLED": "cancelled",
}


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """An order as the page shows it; `total` is written for people."""

    order_id: str
    user_id: str | None
    customer: str | None
    lines: int
    total: str
    status: str
    stage: Stage
    reason: str | None
    updated_at: datetime | None


class MoneyRow(msgspec.Struct, frozen=True, kw_only=True):
    """Sums of one currency, written for people."""

    currency: str
    ordered: str
    captured: str
    refunded: str


class News(msgspec.Struct, frozen=True, kw_only=True):
    """What the page is told: orders and SKUs that changed, and how much of everything there is."""

    orders: list[OrderRow]
    stock: list[StockView]
    totals: TotalsAnswer
    money: list[MoneyRow]


def stage_of(view: OrderView) -> Stage:
    """How far an order is, its payment and its stock taken together."""
    if view.status in _STAGES:
        return _STAGES[view.status]
    if view.status == "CONFIRMED":
        return "paid" if view.paid else "confirmed"
    if view.stock_status == "reserved":
        return "reserved"
    return "authorized" if view.payment_status == "authorized" else "pending"


def row_of(view: OrderView) -> OrderRow:
    """An order as the page shows it."""
    return OrderRow(
        order_id=view.order_id,
        user_id=view.user_id,
        customer=None if view.customer is None else view.customer.name,
        lines=len(view.lines),
        total=f"{grouped(view.total or 0, view.currency)} {view.currency or ''}",
        status=view.status or "",
        stage=stage_of(view),
        reason=view.reason,
        updated_at=view.updated_at,
    )


def money_of(totals: TotalsAnswer) -> list[MoneyRow]:
    """The sums of each currency, written for people."""
    return [
        MoneyRow(
            currency=currency,
            ordered=grouped(sums.ordered, currency),
            captured=grouped(sums.captured, currency),
            refunded=grouped(sums.refunded, currency),
        )
        for currency, sums in sorted(totals.money.items())
    ]


def grouped(amount: int, currency: str | None) -> str:
    """An amount with its digits grouped; sums may be larger than `Money` allows."""
    digits = MINOR_DIGITS.get(currency or "", 0)
    whole, minor = divmod(amount, 10**digits)
    return f"{whole:,}.{minor:0{digits}d}" if digits else f"{whole:,}"
