"""Totals: how many orders in which status, how much money, how many goods, per partition.

They are kept by difference: what a view counts for is taken out as it was before an event, and
put in as it is after it. So totals always equal a recount of the views. Those of several
partitions are merged by adding.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from models.order_projection import OrderView
from models.stock_projection import StockView

# Reasons are codes of ours or of the gateway, but a text all the same: one record may not grow
# with whatever somebody writes.
MOST_REASONS: Final = 50
OTHER_REASONS: Final = "other"

_COUNTED: Final = ("status", "reason", "sums", "created_at")  # what an order's counts depend on

Tally = dict[str, int]


class MoneyTotals(msgspec.Struct, frozen=True, kw_only=True):
    """Sums of one currency, in minor units."""

    ordered: int = 0
    authorized: int = 0
    captured: int = 0
    refunded: int = 0
    voided: int = 0


class OrderTotals(msgspec.Struct, frozen=True, kw_only=True):
    """Orders by status, rejected ones by reason, all that were placed, money by currency.

    `styles` is the same of the orders of each style of checkout; those have no `styles` again.
    """

    orders: dict[str, int] = {}
    rejected: dict[str, int] = {}
    placed: int = 0
    money: dict[str, MoneyTotals] = {}
    styles: dict[str, OrderTotals] = {}


class StockTotals(msgspec.Struct, frozen=True, kw_only=True):
    """How many SKUs there are, and how many goods of all of them together."""

    skus: int = 0
    on_hand: int = 0
    reserved: int = 0


def count_order(totals: OrderTotals, before: OrderView | None, after: OrderView) -> OrderTotals:
    """Return the totals after an order's view has changed; the same ones if they do not."""
    if before is not None and all(getattr(before, n) == getattr(after, n) for n in _COUNTED):
        return totals
    return _added(_added(totals, _counts(before), -1), _counts(after), 1)


def count_stock(totals: StockTotals, before: StockView | None, after: StockView) -> StockTotals:
    """Return the totals after a SKU's view has changed."""
    return StockTotals(
        skus=totals.skus + (before is None),
        on_hand=totals.on_hand + after.on_hand - (before.on_hand if before else 0),
        reserved=totals.reserved + after.reserved - (before.reserved if before else 0),
    )


def merge_orders(totals: Iterable[OrderTotals]) -> OrderTotals:
    """Return the totals of several partitions together."""
    merged = OrderTotals()
    for each in totals:
        merged = _added(merged, each, 1)
    return merged


def merge_stock(totals: Iterable[StockTotals]) -> StockTotals:
    """Return the totals of several partitions together."""
    found = list(totals)
    return StockTotals(
        skus=sum(each.skus for each in found),
        on_hand=sum(each.on_hand for each in found),
        reserved=sum(each.reserved for each in found),
    )


def _counts(view: OrderView | None) -> OrderTotals:
    """Return what one order counts for."""
    if view is None:
        return OrderTotals()
    money: dict[str, MoneyTotals] = {}
    if view.currency is not None:
        money[view.currency] = MoneyTotals(ordered=view.total or 0)
    sums = view.sums
    if sums is not None and sums.currency is not None:
        paid = MoneyTotals(
            authorized=sums.authorized,
            captured=sums.captured,
            refunded=sums.refunded,
            voided=sums.voided,
        )
        money[sums.currency] = _plus(money.get(sums.currency, MoneyTotals()), paid, 1)
    counts = OrderTotals(
        orders={view.status: 1} if view.status else {},
        rejected={view.reason or OTHER_REASONS: 1} if view.status == "REJECTED" else {},
        placed=int(view.created_at is not None),
        money=money,
    )
    return msgspec.structs.replace(counts, styles={view.style: counts}) if view.style else counts


def _added(totals: OrderTotals, more: OrderTotals, times: int) -> OrderTotals:
    money = totals.money | {
        currency: _plus(totals.money.get(currency, MoneyTotals()), each, times)
        for currency, each in more.money.items()
    }
    styles = totals.styles | {
        style: _added(totals.styles.get(style, OrderTotals()), each, times)
        for style, each in more.styles.items()
    }
    return OrderTotals(
        orders=_tallied(totals.orders, more.orders, times),
        rejected=_by_reason(totals.rejected, more.rejected, times),
        placed=totals.placed + times * more.placed,
        money=money,
        styles=styles,
    )


def _by_reason(tally: Tally, more: Tally, times: int) -> Tally:
    """Add under each reason that is counted already or finds room, else under `other`."""
    for reason, count in more.items():
        known = reason in tally or (len(tally) < MOST_REASONS and times > 0)
        tally = _tallied(tally, {reason if known else OTHER_REASONS: count}, times)
    return tally


def _tallied(tally: Tally, more: Tally, times: int) -> Tally:
    summed = tally | {name: tally.get(name, 0) + times * count for name, count in more.items()}
    return {name: count for name, count in summed.items() if count}


def _plus(money: MoneyTotals, more: MoneyTotals, times: int) -> MoneyTotals:
    fields = MoneyTotals.__struct_fields__
    return MoneyTotals(
        **{name: getattr(money, name) + times * getattr(more, name) for name in fields}
    )
