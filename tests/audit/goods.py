"""What stories of orders need besides: goods that come in, and people who ask for something."""

from __future__ import annotations

from tests.audit.good_log import Document, Log
from tests.audit.story import Story

TEA, CUP, RARE = "TEA-1", "CUP-2", "RARE-3"


def receive(log: Log, sku: str, quantity: int) -> None:
    """Goods come in."""
    data = {"sku": sku, "quantity": quantity}
    cause = log.root("stock.commands", "ReceiveStock", sku, data)
    log.follow("stock", cause, "StockReceived", sku, data)
    log.move(sku, quantity, 0)


def adjust(log: Log, sku: str, change: int) -> None:
    """Somebody counted; what would leave too little is refused."""
    data = {"sku": sku, "change": change, "reason": "counted"}
    cause = log.root("stock.commands", "AdjustStock", sku, data)
    available = log.available(sku)
    if available + change < 0:
        refusal = {"sku": sku, "command": "AdjustStock", "available": available, "reason": "few"}
        log.follow("stock", cause, "StockCommandRefused", sku, refusal)
    else:
        log.follow("stock", cause, "StockAdjusted", sku, data)
        log.move(sku, change, 0)


def supply(log: Log) -> None:
    """Goods come in, and are counted."""
    receive(log, TEA, 10)
    receive(log, CUP, 10)
    adjust(log, TEA, -1)
    adjust(log, CUP, -1000)


def command(order: Story, kind: str, **data: str) -> Document:
    """Somebody asks something of an order."""
    data = {"order_id": order.order_id, **data}
    return order.log.root("orders.commands", kind, order.order_id, data)
