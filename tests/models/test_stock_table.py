"""Every status of a reservation against every command, and against everybody who asks again."""

from __future__ import annotations

import pytest

from models.stock import answer, decide
from models.stock_messages import StockCommand, StockEvent
from tests.models.stock_story import (
    ALL,
    DEDUCT,
    DEDUCTED,
    EXPIRE,
    EXPIRED,
    NEVER_RESERVED,
    NOTHING_RELEASED,
    NOTHING_RESTOCKED,
    PASTS,
    RELEASE,
    RELEASED,
    RESERVE,
    RESERVED,
    RESTOCK,
    RESTOCKED,
    STOCK,
    failed,
    folded,
    undeducted,
)

LATE = "it was {} before it was asked for"
ROWS: dict[str, dict[StockCommand, tuple[StockEvent, ...]]] = {
    "unknown": {
        RESERVE: (RESERVED,),
        DEDUCT: (NEVER_RESERVED,),
        RELEASE: (NOTHING_RELEASED,),
        RESTOCK: (NOTHING_RELEASED, NOTHING_RESTOCKED),
    },
    "open": {
        DEDUCT: (DEDUCTED,),
        RELEASE: (RELEASED,),
        RESTOCK: (RELEASED, NOTHING_RESTOCKED),
        EXPIRE: (EXPIRED,),
    },
    "deducted": {RESTOCK: (RESTOCKED,)},
    "restocked": {},
    "released": {
        DEDUCT: (undeducted(5, "the reservation was released"),),
        RESTOCK: (NOTHING_RESTOCKED,),
    },
    "released before it came": {
        RESERVE: (failed(5, LATE.format("released")),),
        DEDUCT: (undeducted(5, "the reservation was released"),),
        RESTOCK: (NOTHING_RESTOCKED,),
    },
    "expired": {
        DEDUCT: (RESERVED, DEDUCTED),
        RELEASE: (NOTHING_RELEASED,),
        RESTOCK: (NOTHING_RELEASED, NOTHING_RESTOCKED),
    },
    "expired, and none left": {
        DEDUCT: (undeducted(0, "it has expired, and only 0 of 3 are available"),),
        RELEASE: (NOTHING_RELEASED,),
        RESTOCK: (NOTHING_RELEASED, NOTHING_RESTOCKED),
    },
    "expired, then released": {
        DEDUCT: (undeducted(5, "the reservation was released"),),
        RESTOCK: (NOTHING_RESTOCKED,),
    },
    "refused": {
        DEDUCT: (undeducted(5, "the reservation was refused"),),
        RELEASE: (NOTHING_RELEASED,),
        RESTOCK: (NOTHING_RELEASED, NOTHING_RESTOCKED),
    },
    "deducted before it came": {
        RESERVE: (failed(5, LATE.format("refused")),),
        RELEASE: (NOTHING_RELEASED,),
        RESTOCK: (NOTHING_RELEASED, NOTHING_RESTOCKED),
    },
}


def cells(*commands: StockCommand) -> pytest.MarkDecorator:
    named = {f"{past}, {type(each).__name__}": (past, each) for past in PASTS for each in commands}
    return pytest.mark.parametrize(("past", "command"), list(named.values()), ids=list(named))


@cells(RESERVE, DEDUCT, RELEASE, RESTOCK, EXPIRE)
def test_every_status_meets_every_command(past: str, command: StockCommand) -> None:
    STOCK.given(*PASTS[past]).when(command).then(*ROWS[past].get(command, ()))


@cells(RESERVE, DEDUCT, RELEASE, RESTOCK)
def test_whoever_asks_again_is_answered_as_the_first_time(past: str, command: StockCommand) -> None:
    once = STOCK.given(*PASTS[past]).when(command)
    first = folded((*PASTS[past], *once.events))

    assert decide(first, command) == ()
    for other in ALL:
        second = folded((*PASTS[past], *once.events, *decide(first, other)))
        assert answer(second, command) == answer(first, command)
    assert answer(first, command) in (*PASTS[past], *once.events)


@pytest.mark.parametrize("past", PASTS)
def test_the_clock_has_an_order_told_what_has_expired_and_nothing_else(past: str) -> None:
    once = STOCK.given(*PASTS[past]).when(EXPIRE)
    after = folded((*PASTS[past], *once.events))

    assert decide(after, EXPIRE) == ()
    assert answer(after, EXPIRE) == (EXPIRED if STATUS.get(past) in {"open", "expired"} else None)


STATUS = {
    "open": "open",
    "deducted": "deducted",
    "restocked": "restocked",
    "released": "released",
    "released before it came": "released",
    "expired": "expired",
    "expired, and none left": "expired",
    "expired, then released": "released",
    "refused": "refused",
    "deducted before it came": "refused",
}


@pytest.mark.parametrize("past", PASTS)
def test_a_reservation_tells_what_became_of_it(past: str) -> None:
    reservation = folded(PASTS[past]).reservation

    assert (reservation.status if reservation else None) == STATUS.get(past)
