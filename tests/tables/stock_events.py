"""Events of the stock of one SKU."""

from __future__ import annotations

from models.messages import Payload
from models.stock_messages import (
    StockAdjusted,
    StockCommandRefused,
    StockDeducted,
    StockDeductionRefused,
    StockReceived,
    StockReleased,
    StockReservationExpired,
    StockReservationFailed,
    StockReserved,
    StockRestocked,
)
from tests.tables.told import ADA, after

TEA = "TEA-1"
UNTIL = after(1_800)


def received(quantity: int, sku: str = TEA) -> Payload:
    """So many came in."""
    return StockReceived(sku=sku, quantity=quantity)


def adjusted(change: int) -> Payload:
    """So many more, or fewer."""
    return StockAdjusted(sku=TEA, change=change, reason="counted")


def reserved(line: int, quantity: int, sku: str = TEA) -> Payload:
    """So many are kept for a line of the order."""
    return StockReserved(
        sku=sku,
        reservation_id=f"{ADA}/{line}",
        order_id=ADA,
        quantity=quantity,
        expires_at=UNTIL,
    )


def _about(kind: type[Payload], line: int, **data: object) -> Payload:
    return kind(sku=TEA, reservation_id=f"{ADA}/{line}", order_id=ADA, **data)


def deducted(line: int, quantity: int) -> Payload:
    """They left."""
    return _about(StockDeducted, line, quantity=quantity)


def released(line: int, quantity: int) -> Payload:
    """They are kept no longer."""
    return _about(StockReleased, line, quantity=quantity)


def expired(line: int, quantity: int) -> Payload:
    """Nobody came for them."""
    return _about(StockReservationExpired, line, quantity=quantity)


def restocked(line: int, quantity: int) -> Payload:
    """They came back."""
    return _about(StockRestocked, line, quantity=quantity)


OUT_OF_STOCK = _about(StockReservationFailed, 9, quantity=3, available=1, reason="out_of_stock")
NOT_DEDUCTED = _about(StockDeductionRefused, 9, available=1, reason="expired")
STOCK_REFUSED = StockCommandRefused(
    sku=TEA, command="AdjustStock", available=1, reason="below what is reserved"
)
