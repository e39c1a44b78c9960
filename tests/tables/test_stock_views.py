"""The read models of stock, in a real store: counters, open reservations, answers."""

from __future__ import annotations

import pytest

from models.totals_projection import StockTotals
from streams.reading import Freshness, NotHere
from tables import stock_views
from tests.tables.partition import FakeApp, Partition
from tests.tables.stock_events import (
    STOCK_REFUSED,
    TEA,
    adjusted,
    deducted,
    expired,
    received,
    released,
    reserved,
    restocked,
)
from tests.tables.told import ADA, after, message, told


def reservations(partition: Partition, sku: str = TEA) -> list[str]:
    """Which lines have reserved a SKU."""
    found = stock_views.reservations(partition.reader, sku).found
    return [each.reservation_id.removeprefix(f"{ADA}/") for each in found]


def bytes_in(states: dict[bytes, bytes | None]) -> int:
    """How much a commit wrote."""
    return sum(len(value or b"") for value in states.values())


def test_a_sku_is_shown_with_its_open_reservations(stock: Partition) -> None:
    events = [received(10), reserved(1, 4), reserved(2, 2), reserved(3, 1), reserved(4, 1)]
    stock.tell(*told("/stock", events))
    view = stock_views.stock(stock.reader, TEA)
    assert view is not None
    assert (view.on_hand, view.reserved, view.available, view.version) == (10, 8, 2, 5)
    assert reservations(stock) == ["1", "2", "3", "4"]

    ends = [deducted(1, 4), released(2, 2), expired(3, 1), restocked(1, 4)]
    stock.tell(*told("/stock", [*events, *ends]))
    view = stock_views.stock(stock.reader, TEA)
    assert view is not None
    assert (view.on_hand, view.reserved, view.available, view.version) == (10, 1, 9, 9)
    assert reservations(stock) == ["4"]


def test_reservations_are_listed_in_pieces(stock: Partition) -> None:
    lines = range(1, 8)
    stock.tell(*told("/stock", [received(10), *[reserved(line, 1) for line in lines]]))
    first = stock_views.reservations(stock.reader, TEA, limit=3)
    last = stock_views.reservations(
        stock.reader, TEA, after=first.found[-1].reservation_id, limit=4
    )

    assert [each.reservation_id for each in (*first.found, *last.found)] == [
        f"{ADA}/{line}" for line in lines
    ]
    assert (first.more, last.more) == (True, False)


def test_an_event_costs_the_same_however_many_reservations_are_open(stock: Partition) -> None:
    events = told("/stock", [received(10_000), *[reserved(line, 1) for line in range(1, 2_000)]])
    few = stock.tell(events[0], events[1])
    first = stock.tell(events[2])
    stock.tell(*events[3:999])
    stock.tell(*events[999:-1])
    last = stock.tell(events[-1])

    assert len(first) == len(last) == 4
    assert bytes_in(last) - bytes_in(first) < 20
    assert len(few) > len(last)


def test_an_event_that_comes_again_writes_nothing(stock: Partition) -> None:
    events = told("/stock", [received(10), reserved(1, 4), deducted(1, 4)])
    stock.tell(*events)

    assert stock.tell(*events) == {}
    assert stock.tell(message(received(99), 2, source="/stock", identity="forged")) == {}


def test_commands_from_outside_are_answered_by_their_ids(stock: Partition) -> None:
    states = stock.tell(
        message(received(10), 1, source="/stock", cause="c-1"),
        message(adjusted(-2), 2, source="/stock", cause="c-2"),
        message(STOCK_REFUSED, 3, source="/stock", cause="c-3"),
        message(reserved(1, 1), 4, source="/stock", cause="c-4"),
        message(STOCK_REFUSED, 5, source="/stock", cause=None),
    )
    answers = {c: stock_views.caused_by(stock.reader, TEA, c) for c in ("c-1", "c-2", "c-3", "c-4")}

    assert {c: [each.type for each in found] for c, found in answers.items()} == {
        "c-1": ["StockReceived"],
        "c-2": ["StockAdjusted"],
        "c-3": ["StockCommandRefused"],
        "c-4": [],
    }
    assert [(sku, each.causationid) for sku, each in stock_views.new_answers(states)] == [
        (TEA, "c-1"),
        (TEA, "c-2"),
        (TEA, "c-3"),
    ]
    assert [view.on_hand for view in stock_views.changed_stock(states)] == [8]


def test_a_command_id_with_two_bodies_has_both_answers(stock: Partition) -> None:
    stock.tell(
        message(received(10), 1, source="/stock", cause="c-1"),
        message(STOCK_REFUSED, 2, source="/stock", cause="c-1"),
    )

    found = stock_views.caused_by(stock.reader, TEA, "c-1")
    assert {each.type for each in found} == {"StockReceived", "StockCommandRefused"}


def test_what_is_refused_about_an_unknown_sku_is_answered_and_makes_none(stock: Partition) -> None:
    refusal = message(STOCK_REFUSED, source="/stock", cause="c-1")
    stock.tell(refusal, refusal)

    assert stock_views.stock(stock.reader, TEA) is None
    assert [each.id for each in stock_views.caused_by(stock.reader, TEA, "c-1")] == [refusal.id]
    assert stock_views.totals([stock.reader]) == StockTotals()


def test_totals_are_those_of_all_skus(stock: Partition) -> None:
    stock.tell(*told("/stock", [received(10), reserved(1, 4), deducted(1, 4), reserved(2, 1)]))
    stock.tell(message(received(5, "CUP-1"), 1, source="/stock"))

    one = StockTotals(skus=2, on_hand=11, reserved=1)
    assert stock_views.totals([stock.reader]) == one
    assert stock_views.totals([stock.reader, stock.reader]).on_hand == 22
    assert stock.reader.freshness() == Freshness(as_of=after(0), behind=0)


def test_skus_that_begin_alike_are_kept_apart(stock: Partition) -> None:
    for sku in ("TEA", "TEA-1", "TEA-10"):
        stock.tell(
            message(received(10, sku), 1, source="/stock"),
            message(reserved(1, 1, sku), 2, source="/stock"),
        )

    assert reservations(stock, "TEA") == reservations(stock, "TEA-1") == ["1"]


def test_a_sku_in_another_worker_is_not_here() -> None:
    app = FakeApp(stock_views.TABLE, 1)

    with pytest.raises(NotHere, match="ask the one that has it"):
        stock_views.reader_of(app, TEA)  # type: ignore[arg-type] # a worker without partitions
