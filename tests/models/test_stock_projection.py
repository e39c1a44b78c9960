"""The view of a SKU's stock: on hand, reserved, and what is left."""

from __future__ import annotations

import pytest

from models.messages import Message, Payload
from models.stock_messages import StockReserved
from models.stock_projection import Reservation, StockView, project_stock, reservation_of
from tests.tables.stock_events import (
    NOT_DEDUCTED,
    OUT_OF_STOCK,
    STOCK_REFUSED,
    TEA,
    UNTIL,
    adjusted,
    deducted,
    expired,
    received,
    released,
    reserved,
    restocked,
)
from tests.tables.told import ADA, after, message, told


def step(view: StockView | None, event: Message) -> StockView | None:
    """What one event makes of a view."""
    return project_stock(view, event.data, event)  # type: ignore[arg-type] # tests give stock events


def view(*events: Payload) -> StockView:
    """The SKU's view after its events."""
    found = None
    for each in told("/stock", events):
        found = step(found, each)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("events", "on_hand", "reserved_"),
    [
        ([received(10)], 10, 0),
        ([received(10), adjusted(-3)], 7, 0),
        ([received(10), adjusted(2)], 12, 0),
        ([received(10), reserved(1, 4)], 10, 4),
        ([received(10), reserved(1, 4), deducted(1, 4)], 6, 0),
        ([received(10), reserved(1, 4), released(1, 4)], 10, 0),
        ([received(10), reserved(1, 4), expired(1, 4)], 10, 0),
        ([received(10), reserved(1, 4), deducted(1, 4), restocked(1, 4)], 10, 0),
        ([received(10), released(1, 0), restocked(2, 0)], 10, 0),
        ([received(10), OUT_OF_STOCK, NOT_DEDUCTED, STOCK_REFUSED], 10, 0),
    ],
)
def test_every_movement_is_counted(events: list[Payload], on_hand: int, reserved_: int) -> None:
    assert view(*events) == StockView(
        sku=TEA,
        on_hand=on_hand,
        reserved=reserved_,
        available=on_hand - reserved_,
        version=len(events),
        updated_at=after(len(events)),
    )


def test_an_event_that_was_projected_changes_nothing() -> None:
    before = view(received(10), reserved(1, 4))

    assert step(before, message(received(10), 1, source="/stock")) is before
    assert step(before, message(reserved(1, 4), 2, source="/stock")) is before


def test_what_is_refused_about_a_sku_that_there_is_not_makes_none() -> None:
    assert step(None, message(STOCK_REFUSED, source="/stock")) is None


def test_a_reservation_says_for_whom_how_many_and_how_long() -> None:
    event = reserved(1, 4)
    assert isinstance(event, StockReserved)

    assert reservation_of(event, after(5)) == Reservation(
        reservation_id=f"{ADA}/1", order_id=ADA, quantity=4, reserved_at=after(5), expires_at=UNTIL
    )
