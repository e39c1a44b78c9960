"""Totals: kept by difference, and equal to a recount of the views they are made of."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given, settings
from msgspec.structs import replace

from models.messages import Message
from models.order_messages import OrderRejected
from models.order_projection import OrderView
from models.stock_projection import StockView
from models.totals_projection import (
    MOST_REASONS,
    OTHER_REASONS,
    MoneyTotals,
    OrderTotals,
    StockTotals,
    count_order,
    count_stock,
    merge_orders,
    merge_stock,
)
from tests.models.test_order_projection import journey
from tests.models.test_projections import interleavings
from tests.models.test_stock_projection import view as stock_view
from tests.tables.journeys import happy
from tests.tables.order_events import CONFIRMED, CREATED, LEGACY, REJECTED, TOTAL
from tests.tables.payment_events import AUTHORIZED, CAPTURED, REQUESTED, refunded
from tests.tables.stock_events import deducted, received, reserved
from tests.tables.told import ADA, message, told

PROPERTY = settings(deadline=None)  # the machine is shared: time is not what is tested


def counted(messages: Iterable[Message], totals: OrderTotals | None = None) -> OrderTotals:
    """Totals after the events of one more order."""
    totals, found = totals or OrderTotals(), journey([])
    for each in messages:
        before, found = found.order, journey([each], found)
        if found.order is not None:
            totals = count_order(totals, before, found.order)
    return totals


def recount(views: Iterable[OrderView | None]) -> OrderTotals:
    """Totals of views as if each had come at once."""
    totals = OrderTotals()
    for view in views:
        if view is not None:
            totals = count_order(totals, None, view)
    return totals


def test_orders_money_and_reasons_are_counted() -> None:
    paid = told("/payments", [REQUESTED, AUTHORIZED, CAPTURED, refunded(500)])
    totals = counted([*told("/orders", [CREATED, CONFIRMED]), *paid])
    totals = counted(told("/orders", [CREATED, REJECTED]), totals)
    totals = counted([message(LEGACY)], totals)

    expected = OrderTotals(
        orders={"CONFIRMED": 1, "REJECTED": 1, "PENDING": 1},
        rejected={"card_declined": 1},
        placed=3,
        money={
            "USD": MoneyTotals(ordered=2 * TOTAL, authorized=TOTAL, captured=TOTAL, refunded=500),
            "KRW": MoneyTotals(ordered=50_000),
        },
    )
    assert totals == replace(expected, styles={"orchestration": expected})


def test_the_orders_of_each_style_are_counted_by_themselves() -> None:
    by_rules = replace(CREATED, saga="choreography")
    one = counted([*told("/orders", [CREATED]), *told("/payments", [REQUESTED, AUTHORIZED])])
    both = counted(told("/orders", [by_rules, REJECTED]), one)
    merged = merge_orders([both, one])

    assert both.styles == {
        "orchestration": replace(one, styles={}),
        "choreography": OrderTotals(
            orders={"REJECTED": 1},
            rejected={"card_declined": 1},
            placed=1,
            money={"USD": MoneyTotals(ordered=TOTAL)},
        ),
    }
    assert {style: totals.placed for style, totals in merged.styles.items()} == {
        "orchestration": 2,
        "choreography": 1,
    }


def test_orders_from_before_there_was_a_choice_count_under_no_style() -> None:
    view = journey(told("/orders", [CREATED])).order
    assert view is not None
    old = replace(view, style=None)
    totals = count_order(recount([old]), old, replace(old, status="CONFIRMED"))

    assert (totals.orders, totals.styles) == ({"CONFIRMED": 1}, {})


def test_an_event_that_counts_for_nothing_leaves_the_totals_as_they_are() -> None:
    view = journey(told("/orders", [CREATED])).order
    assert view is not None
    totals = recount([view])

    assert count_order(totals, view, replace(view, tracking="JD0002")) is totals


def test_what_is_known_of_no_order_yet_counts_as_money_only() -> None:
    assert counted(told("/payments", [REQUESTED, AUTHORIZED])) == OrderTotals(
        money={"USD": MoneyTotals(authorized=TOTAL)}
    )


@PROPERTY
@given(interleavings())
def test_totals_equal_a_recount_of_the_views(messages: list[Message]) -> None:
    others = counted(each for told in happy().values() for each in told)
    views = [journey(messages).order, journey(m for told in happy().values() for m in told).order]

    assert counted(messages, others) == recount(reversed(views))


def test_reasons_beyond_fifty_are_counted_together() -> None:
    totals = OrderTotals()
    for number in range(MOST_REASONS + 3):
        rejected = OrderRejected(order_id=ADA, reason=f"reason {number}")
        totals = counted(told("/orders", [CREATED, rejected]), totals)
    again = counted(
        told("/orders", [CREATED, OrderRejected(order_id=ADA, reason="reason 1")]), totals
    )

    assert len(totals.rejected) == MOST_REASONS + 1
    assert totals.rejected[OTHER_REASONS] == 3
    assert again.rejected["reason 1"] == 2


def test_a_rejection_that_is_taken_back_is_taken_out_from_where_it_was_counted() -> None:
    """No aggregate does that; a log written by others may say so."""
    view = journey(told("/orders", [CREATED, REJECTED])).order
    assert view is not None
    confirmed = replace(view, status="CONFIRMED")
    known = count_order(OrderTotals(rejected={"card_declined": 2}), view, confirmed)
    other = count_order(OrderTotals(rejected={OTHER_REASONS: 1}), view, confirmed)

    assert known.rejected == {"card_declined": 1}
    assert other.rejected == {}


def test_a_rejection_without_a_reason_counts_under_other() -> None:
    view = OrderView(order_id=ADA, status="REJECTED")

    assert recount([view]).rejected == {OTHER_REASONS: 1}


def test_totals_of_partitions_are_merged_by_adding() -> None:
    one = counted(each for told in happy().values() for each in told)
    merged = merge_orders([one, one, OrderTotals()])

    assert merged.orders == {"DELIVERED": 2}
    assert merged.placed == 2
    assert merged.money["USD"].captured == 2 * TOTAL
    assert merge_orders([]) == OrderTotals()


def test_stock_is_counted_over_all_skus() -> None:
    first = stock_view(received(10))
    then = stock_view(received(10), reserved(1, 4), deducted(1, 4), reserved(2, 1))
    other = replace(stock_view(received(5)), sku="CUP-1")
    totals = count_stock(StockTotals(), None, first)
    totals = count_stock(totals, first, then)
    totals = count_stock(totals, None, other)

    assert totals == StockTotals(skus=2, on_hand=11, reserved=1)
    assert merge_stock([totals, totals]) == StockTotals(skus=4, on_hand=22, reserved=2)


def test_a_sku_without_stock_is_one_too() -> None:
    nothing = StockView(sku="TEA-1", updated_at=message(CREATED).time)

    assert count_stock(StockTotals(), None, nothing) == StockTotals(skus=1)
