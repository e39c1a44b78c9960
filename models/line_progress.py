"""How far the stock of each of an order's lines is, by the answers that have come about it.

Answers may be repeated, and a repeated one may come after those that followed it: a line is as far
as the furthest of them. What is to be asked is decided by those who look at it.
"""

from __future__ import annotations

from typing import Final, Literal

from models.messages import Payload
from models.stock_messages import (
    StockDeducted,
    StockDeductionRefused,
    StockReleased,
    StockReservationFailed,
    StockReserved,
    StockRestocked,
    line_of,
)

# refused: nothing was ever held. lost: it had expired, and could not be had again.
Progress = Literal["idle", "reserved", "deducted", "lost", "refused", "back"]
Lines = tuple[Progress, ...]

HELD_NO_MORE: Final = ("refused", "back")
_RANK: Final[dict[Progress, int]] = {
    "idle": 0,
    "reserved": 1,
    "deducted": 2,
    "lost": 2,
    "refused": 3,
    "back": 3,
}
_SAYS: Final[dict[type[Payload], Progress]] = {
    StockReserved: "reserved",
    StockReservationFailed: "refused",
    StockDeducted: "deducted",
    StockDeductionRefused: "lost",
    StockReleased: "back",
    StockRestocked: "back",
}


def untouched(count: int) -> Lines:
    """So many lines of which nothing is known yet."""
    idle: Progress = "idle"
    return (idle,) * count


def answered(lines: Lines, order_id: str, fact: Payload) -> Lines:
    """Return the lines as an answer leaves them; the same, if it says nothing new about them."""
    progress = _SAYS.get(type(fact))
    if progress is None:
        return lines
    line = line_of(order_id, len(lines), getattr(fact, "reservation_id", ""))
    if line == 0 or _RANK[progress] <= _RANK[lines[line - 1]]:
        return lines
    return (*lines[: line - 1], progress, *lines[line:])


def none_held(lines: Lines) -> bool:
    """Whether nothing is kept for any of them, and nothing will be."""
    return all(line in HELD_NO_MORE for line in lines)
