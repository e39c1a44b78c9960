"""One SKU and one order line: every command about them, every event, and every possible past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from models.stock import Stock, decide, evolve
from models.stock_messages import (
    AdjustStock,
    DeductStock,
    ExpireReservation,
    ReceiveStock,
    ReleaseStock,
    ReserveStock,
    RestockStock,
    StockAdjusted,
    StockCommand,
    StockDeducted,
    StockDeductionRefused,
    StockEvent,
    StockReceived,
    StockReleased,
    StockReservationExpired,
    StockReservationFailed,
    StockReserved,
    StockRestocked,
)
from tests.models.given import Aggregate

STOCK = Aggregate(decide, evolve)

SKU = "KB-1"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
LINE: dict[str, Any] = {"sku": SKU, "reservation_id": "mina:1/1", "order_id": "mina:1"}
ASKED: dict[str, Any] = {**LINE, "reply_to": "mina"}

RECEIVE = ReceiveStock(sku=SKU, quantity=5)
ADJUST = AdjustStock(sku=SKU, change=-2, reason="counted")
RESERVE = ReserveStock(**ASKED, quantity=3, expires_at=NOON)
DEDUCT = DeductStock(**ASKED)
RELEASE = ReleaseStock(**ASKED)
RESTOCK = RestockStock(**ASKED)
EXPIRE = ExpireReservation(**LINE, at=NOON)

ALL: list[StockCommand] = [RECEIVE, ADJUST, RESERVE, DEDUCT, RELEASE, RESTOCK, EXPIRE]

RECEIVED = StockReceived(sku=SKU, quantity=5)
ADJUSTED = StockAdjusted(sku=SKU, change=-2, reason="counted")
RESERVED = StockReserved(**LINE, quantity=3, expires_at=NOON)
DEDUCTED = StockDeducted(**LINE, quantity=3)
RELEASED = StockReleased(**LINE, quantity=3)
EXPIRED = StockReservationExpired(**LINE, quantity=3)
RESTOCKED = StockRestocked(**LINE, quantity=3)
NOTHING_RELEASED = StockReleased(**LINE, quantity=0)
NOTHING_RESTOCKED = StockRestocked(**LINE, quantity=0)


def folded(events: tuple[StockEvent, ...]) -> Stock:
    stock = STOCK.given(*events).state
    assert stock is not None
    return stock


def failed(available: int, reason: str) -> StockReservationFailed:
    return StockReservationFailed(**LINE, quantity=3, available=available, reason=reason)


def undeducted(available: int, reason: str) -> StockDeductionRefused:
    return StockDeductionRefused(**LINE, available=available, reason=reason)


FAILED = failed(0, "only 0 of 3 are available")
NEVER_RESERVED = undeducted(5, "nothing was reserved under this id")

# Each status of a reservation, and how it comes about, on five that were received.
OPEN = (RECEIVED, RESERVED)
PASTS: dict[str, tuple[StockEvent, ...]] = {
    "unknown": (RECEIVED,),
    "open": OPEN,
    "deducted": (*OPEN, DEDUCTED),
    "restocked": (*OPEN, DEDUCTED, RESTOCKED),
    "released": (*OPEN, RELEASED),
    "released before it came": (RECEIVED, NOTHING_RELEASED),
    "expired": (*OPEN, EXPIRED),
    "expired, and none left": (*OPEN, EXPIRED, StockAdjusted(sku=SKU, change=-5, reason="fire")),
    "expired, then released": (*OPEN, EXPIRED, NOTHING_RELEASED),
    "refused": (FAILED, RECEIVED),
    "deducted before it came": (RECEIVED, NEVER_RESERVED),
}
