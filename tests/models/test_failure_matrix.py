"""The failure matrix: whatever fails, wherever an order is, it ends as its cell says.

A test is named after its cell: what fails, and what was done by then. Each looks at every moment
at which just so much was done, on several ways of getting there, and in both styles. The page
`docs/failures.md` has the whole matrix.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.order_messages import Style
from models.payment_messages import (
    AuthorizePayment,
    CapturePayment,
    VoidPayment,
)
from models.payments import calls
from models.stock_messages import ReleaseStock, ReserveStock, StockReserved, reservation_of
from tests.models.market import (
    ENOUGH,
    ID,
    LINES,
    PAYMENT,
    TOTAL,
    WHY,
    Ended,
    Progress,
    end,
    moments,
)

BOTH = pytest.mark.parametrize("style", ["orchestration", "choreography"])

SOLD = Ended(status="CONFIRMED", captured=TOTAL, left=(3, 4), told="confirmed")
DECLINED = Ended(status="REJECTED", reason="card_declined", authorized=0, told="rejected")
OUT_OF_STOCK = Ended(status="REJECTED", reason="out_of_stock", voided=TOTAL, told="rejected")
EXPIRED = Ended(status="EXPIRED", voided=TOTAL, told="expired")
LET_GO = Ended(status="CANCELLED", reason=WHY, voided=TOTAL, told="cancelled")
REFUNDED = replace(LET_GO, voided=0, captured=TOTAL, refunded=TOTAL)


# The payment is declined, or nothing is heard of it.


@BOTH
def test_payment_declined_when_nothing_is_done_rejects(style: Style) -> None:
    for shop in moments("nothing", style, "card-declined"):
        assert end(shop) == DECLINED
        assert not shop.asked(ReserveStock)


@BOTH
def test_payment_unknown_when_nothing_is_done_is_asked_for_by_its_key(style: Style) -> None:
    for shop in moments("nothing", style, silent=["authorize"]):
        for _ in range(3):
            shop.persist()
            (call,) = calls(shop.payments[PAYMENT])
            assert call.key == f"{PAYMENT}/authorize"
        shop.speak()
        assert end(shop) == SOLD
        assert len(shop.asked(AuthorizePayment)) == 1


@BOTH
def test_payment_unknown_when_nothing_is_done_and_late_after_giving_up_is_voided(
    style: Style,
) -> None:
    for shop in moments("nothing", style, silent=["authorize"]):
        shop.give_up()
        shop.speak()
        assert end(shop) == EXPIRED


@BOTH
def test_payment_unknown_and_captured_late_after_giving_up_is_refunded(style: Style) -> None:
    for shop in moments("capturing", style, silent=["capture"]):
        shop.give_up()
        (call,) = calls(shop.payments[PAYMENT])
        assert call.operation == "capture"
        shop.speak()
        reason = shop.orders[ID].reason
        assert end(shop) == replace(REFUNDED, reason=reason, released=3)
        assert reason == {"orchestration": "no answer to capture", "choreography": WHY}[style]
        assert (len(shop.asked(CapturePayment)), shop.asked(VoidPayment)) == (1, [])


# A line is refused, or nothing is heard of it.


@BOTH
def test_a_line_refused_when_nothing_is_reserved_voids_and_rejects(style: Style) -> None:
    for shop in moments("nothing", style, stock={"TEA": 1}):
        assert end(shop) == replace(OUT_OF_STOCK, left=(1, 0))


@BOTH
@pytest.mark.parametrize(("missing", "granted"), [("TEA", 1), ("CUP", 2)])
def test_a_line_refused_when_some_are_reserved_releases_them_voids_and_rejects(
    style: Style, missing: str, granted: int
) -> None:
    stock = {sku: quantity for sku, quantity in ENOUGH.items() if sku != missing}
    for shop in moments("some reserved", style, stock=stock):
        left = (stock.get("TEA", 0), stock.get("CUP", 0))
        assert end(shop) == replace(OUT_OF_STOCK, released=granted, left=left)


@BOTH
def test_a_line_silent_when_nothing_is_reserved_is_asked_again_by_the_same_id(
    style: Style,
) -> None:
    for shop in moments("nothing", style, silent=LINES):
        for _ in range(3):
            shop.persist()
        shop.speak()
        assert end(shop) == SOLD
        assert len(shop.asked(ReserveStock)) == len(LINES)
        for sku in LINES:
            reserved = [each for each in shop.events["stock", sku] if type(each) is StockReserved]
            assert len(reserved) == 1


@BOTH
@pytest.mark.parametrize("silent", LINES)
def test_a_line_silent_when_some_are_reserved_has_all_released_the_silent_one_too(
    style: Style, silent: str
) -> None:
    for shop in moments("some reserved", style, silent=[silent]):
        shop.give_up()
        released = {each.reservation_id for each in shop.asked(ReleaseStock)}
        assert released == {reservation_of(ID, line) for line in (1, 2)}
        shop.speak()
        assert end(shop) == replace(EXPIRED, released=3)


# The customer cancels.


@BOTH
def test_customer_cancels_when_nothing_is_done_and_the_order_is_cancelled(style: Style) -> None:
    for shop in moments("nothing", style):
        shop.cancel()
        assert replace(end(shop), released=0) == LET_GO


@BOTH
def test_customer_cancels_when_some_are_reserved_and_all_is_released_and_voided(
    style: Style,
) -> None:
    for shop in moments("some reserved", style):
        shop.cancel()
        assert end(shop) == replace(LET_GO, released=3)


@BOTH
def test_customer_cancels_when_authorized_and_all_reserved_and_all_is_released_and_voided(
    style: Style,
) -> None:
    for shop in moments("all reserved", style):
        shop.cancel()
        assert end(shop) == replace(LET_GO, released=3)


@BOTH
def test_customer_cancels_when_captured_and_all_is_refunded_and_released(style: Style) -> None:
    for shop in moments("captured", style):
        shop.cancel()
        assert end(shop) == replace(REFUNDED, released=3)


@BOTH
def test_customer_cancels_when_deducted_and_all_is_refunded_and_restocked(style: Style) -> None:
    for shop in moments("deducted", style):
        shop.cancel()
        assert end(shop) == replace(REFUNDED, restocked=3)


# The reservations expire.


@BOTH
def test_reservation_expired_when_all_reserved_is_reserved_again(style: Style) -> None:
    for shop in moments("all reserved", style):
        shop.expire()
        assert end(shop) == SOLD


@pytest.mark.parametrize("progress", ["some reserved", "all reserved"])
def test_reservation_expired_when_all_reserved_and_lost_voids_and_rejects(
    progress: Progress,
) -> None:
    """Or cancels, if the order was confirmed meanwhile; nothing is captured either way."""
    for shop in moments(progress, "orchestration"):
        shop.expire(lost=True)
        ended = end(shop)
        status = "CANCELLED" if shop.orders[ID].confirmed else "REJECTED"
        assert (ended.status, ended.reason) == (status, "out_of_stock")
        assert (ended.captured, ended.voided) == (0, TOTAL)


@pytest.mark.parametrize("progress", ["some reserved", "all reserved"])
def test_reservation_expired_when_all_reserved_and_lost_is_left_to_the_deduction_without_a_saga(
    progress: Progress,
) -> None:
    """Nobody waits for what has expired: the money is taken, and goes back."""
    for shop in moments(progress, "choreography"):
        shop.expire(lost=True)
        ended = end(shop)
        assert (ended.status, ended.reason) == ("CANCELLED", "out_of_stock")
        assert (ended.captured, ended.refunded) == (TOTAL, TOTAL)


@BOTH
def test_reservation_expired_when_captured_is_reserved_again_by_the_deduction(
    style: Style,
) -> None:
    for shop in moments("captured", style):
        shop.expire()
        assert end(shop) == SOLD


@BOTH
def test_reservation_expired_when_captured_and_lost_refunds_and_cancels(style: Style) -> None:
    for shop in moments("captured", style):
        shop.expire(lost=True)
        ended = replace(REFUNDED, reason="out_of_stock", left=(0, 0))
        assert end(shop) == ended


# The capture is refused.


@BOTH
@pytest.mark.parametrize(
    ("method", "code", "voided"),
    [
        ("card-capture-refused", "capture_refused", TOTAL),
        ("card-expired", "authorization_expired", 0),  # nothing is held any more
    ],
)
def test_capture_refused_when_all_reserved_releases_voids_and_cancels(
    style: Style, method: str, code: str, voided: int
) -> None:
    for shop in moments("all reserved", style, method):
        assert end(shop) == replace(LET_GO, reason=code, voided=voided, released=3)
