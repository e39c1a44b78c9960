"""How far the stock of an order is, as its saga tells, which hears of every line."""

from __future__ import annotations

from typing import Final, Literal

from models.saga_projection import SagaView
from models.saga_timeline import PartStatus

StockStatus = Literal["none", "reserving", "reserved", "refused", "deducted", "released"]

_MATTERS: Final[tuple[StockStatus, ...]] = (
    "reserving",
    "refused",
    "reserved",
    "deducted",
    "released",
)
_RESERVED: Final[dict[PartStatus, StockStatus]] = {
    "waiting": "reserving",
    "succeeded": "reserved",
    "refused": "refused",
    "compensated": "released",
}
_DEDUCTED: Final[dict[PartStatus, StockStatus]] = {
    "succeeded": "deducted",
    "refused": "refused",
    "compensated": "released",
}


def stock_status(view: SagaView) -> StockStatus:
    """Return how far the stock of the order is: of all its lines, the one that matters most."""
    parts = {step.step: {part.line: part.status for part in step.lines} for step in view.steps}
    reserved, deducted = parts.get("reserve", {}), parts.get("deduct", {})
    lines: set[StockStatus] = {_RESERVED[status] for status in reserved.values()}
    if deducted:
        lines = {
            _DEDUCTED.get(status) or _RESERVED[reserved.get(line, "succeeded")]
            for line, status in deducted.items()
        }
    return next((status for status in _MATTERS if status in lines), "none")
