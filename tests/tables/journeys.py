"""Whole journeys of an order, by the source of their events."""

from __future__ import annotations

from models.messages import Message
from tests.tables.order_events import (
    CONFIRMED,
    CREATED,
    DELIVERED,
    NOTICE_REQUESTED,
    NOTICE_SENT,
    ORDER_PAID,
    SHIPPED,
)
from tests.tables.payment_events import AUTHORIZED, CAPTURED, CAPTURING, REQUESTED
from tests.tables.saga_events import ON_THE_WAY
from tests.tables.told import told


def happy() -> dict[str, list[Message]]:
    """A journey from the order to the doormat, by source."""
    return {
        "/orders": told("/orders", [CREATED, CONFIRMED, ORDER_PAID, SHIPPED, DELIVERED]),
        "/payments": told("/payments", [REQUESTED, AUTHORIZED, CAPTURING, CAPTURED]),
        "/sagas": told("/sagas", ON_THE_WAY),
        "/notifications": told("/notifications", [NOTICE_REQUESTED, NOTICE_SENT]),
    }
