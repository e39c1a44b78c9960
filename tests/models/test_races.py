"""Races between contexts, with whole orders in both styles, under the numbers of the domain.

The odd deliveries are in `test_odd_deliveries.py`; `docs/failures.md` has all of them.
"""

from __future__ import annotations

from random import Random

import msgspec
import pytest

from models.order_messages import (
    CancelOrder,
    Style,
)
from models.stock_messages import (
    ReceiveStock,
    ReserveStock,
    StockDeducted,
    StockReservationExpired,
    StockReservationFailed,
    StockReserved,
)
from tests.models.market import (
    ID,
    LINES,
    TOTAL,
    WHY,
    Ended,
    Market,
    Progress,
    end,
    moments,
    placed,
)
from tests.models.shop import Shop
from tests.models.shop_books import check_at_rest

STYLES: tuple[Style, ...] = ("orchestration", "choreography")
BOTH = pytest.mark.parametrize("style", STYLES)
CANCEL = CancelOrder(order_id=ID, reason=WHY)
SOLD = Ended(status="CONFIRMED", captured=TOTAL, left=(3, 4), told="confirmed")


def money(ended: Ended) -> tuple[int, int, int]:
    return ended.captured, ended.voided, ended.refunded


LET_GO, REFUNDED = (0, TOTAL, 0), (TOTAL, 0, TOTAL)


@BOTH
def test_race_1_cancel_against_confirm_is_decided_by_the_order_and_the_loser_compensated(
    style: Style,
) -> None:
    winners = set()
    progress: Progress
    for progress in ("some reserved", "all reserved", "confirming"):
        for seed, shop in enumerate(moments(progress, style)):
            shop.send(CANCEL)
            shop.wander(seed)
            ended = end(shop)
            assert ended.status == "CANCELLED"
            confirmed = shop.orders[ID].confirmed
            assert money(ended) in ((REFUNDED, LET_GO) if confirmed else (LET_GO,))
            winners.add((confirmed, money(ended)))

    assert winners == {(False, LET_GO), (True, REFUNDED)}


@BOTH
@pytest.mark.parametrize(("method", "back"), [("card", REFUNDED), ("card-capture-refused", LET_GO)])
def test_race_2_capture_against_void_is_decided_by_the_gateway(
    style: Style, method: str, back: tuple[int, int, int]
) -> None:
    """What is being captured is given back by the gateway's word on that."""
    for seed, shop in enumerate(moments("capturing", style, method)):
        shop.send(CANCEL)
        shop.wander(seed)
        ended = end(shop)
        assert (ended.status, money(ended)) == ("CANCELLED", back)


@BOTH
@pytest.mark.parametrize("lost", [False, True])
def test_race_3_expiry_against_deduct_is_decided_by_the_sku(
    style: Style,
    lost: bool,  # noqa: FBT001 - as given
) -> None:
    """What is deducted first does not expire; what expires first is reserved again, or refused."""
    ends = set()
    for seed, shop in enumerate(moments("captured", style)):
        shop.wander(seed, most=seed % 12)
        shop.hold_too_long(lost=lost)
        shop.wander(seed)
        ends.add(end(shop).status)
        for sku in LINES:
            told = [type(each) for each in shop.events["stock", sku]]
            gone = told.index(StockDeducted) if StockDeducted in told else len(told)
            assert StockReservationExpired not in told[gone:]
            assert told.count(StockDeducted) <= 1

    assert ends == ({"CONFIRMED", "CANCELLED"} if lost else {"CONFIRMED"})


@pytest.mark.parametrize("one", STYLES)
@pytest.mark.parametrize("other", STYLES)
def test_race_4_of_two_orders_for_the_last_unit_exactly_one_gets_it(
    one: Style, other: Style
) -> None:
    winners = set()
    for seed in range(40):
        shop, chance = Shop(), Random(seed)
        shop.send(ReceiveStock(sku="TEA", quantity=1))
        for user, style in (("ada", one), ("bob", other)):
            line = msgspec.structs.replace(placed(style).lines[0], quantity=1)
            order = msgspec.structs.replace(
                placed(style), order_id=f"{user}:1", user_id=user, lines=(line,)
            )
            shop.send(order)
        while steps := shop.steps():
            chance.choice(steps)()
        check_at_rest(shop)
        reserved = [each for each in shop.events["stock", "TEA"] if isinstance(each, StockReserved)]
        assert len(reserved) == 1
        won = reserved[0].order_id
        winners.add(won)
        for order_id, order_ in shop.orders.items():
            assert order_.status == ("CONFIRMED" if order_id == won else "REJECTED")

    assert winners == {"ada:1", "bob:1"}


@BOTH
def test_race_5_a_reserve_that_comes_after_its_release_is_refused(style: Style) -> None:
    for shop in moments("some reserved", style, silent=["CUP"]):
        shop.rest()
        late = shop.queues["stock", "stock.commands", "CUP"].popleft()
        assert isinstance(late, ReserveStock)
        shop.cancel()
        shop.speak()
        ended = end(shop)
        assert (ended.status, ended.released) == ("CANCELLED", LINES["TEA"])

        shop.send(late)
        assert end(shop) == ended
        assert isinstance(shop.events["stock", "CUP"][-1], StockReservationFailed)


@BOTH
@pytest.mark.parametrize("method", ["card", "card-capture-refused"])
def test_race_6_a_reply_that_comes_before_its_saga_is_kept(style: Style, method: str) -> None:
    """Who is slow with the order's own facts hears the others' first."""
    calm = Market(style, method, (), {"TEA": 5, "CUP": 5})
    expected = end(calm)
    for reader in ("sagas", "stock", "orders"):
        for seed in range(5):
            shop = Market(style, method, (), {"TEA": 5, "CUP": 5})
            shop.lagging = (reader, "orders")
            shop.wander(seed)
            assert end(shop) == expected
