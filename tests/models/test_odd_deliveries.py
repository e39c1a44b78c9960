"""Odd deliveries, with whole orders in both styles, under the numbers of the domain.

What lies between a worker and Kafka (11, 13, 15) is tried where the runtime is tested; the page
`docs/failures.md` says where.
"""

from __future__ import annotations

from datetime import timedelta
from functools import reduce
from typing import Any

import msgspec
import pytest

from models import notifications, orders, payments, saga_fold, stock
from models.messages import Payload
from models.order_messages import (
    CancelOrder,
    OrderCommandRefused,
    Style,
)
from models.payment_messages import (
    AuthorizePayment,
    CapturePayment,
    PaymentCommandRefused,
    PaymentCompleted,
    PaymentRefunded,
    RefundPayment,
)
from models.saga_messages import SagaTimedOut
from models.saga_requests import waiting
from models.sagas import react
from models.stock_messages import (
    HOLD,
    ExpireReservation,
    ReserveStock,
    StockCommandRefused,
)
from tests.models.market import (
    ID,
    LINES,
    PAYMENT,
    TOTAL,
    WHY,
    Ended,
    Progress,
    end,
    moments,
    placed,
)
from tests.models.shop import NOON

STYLES: tuple[Style, ...] = ("orchestration", "choreography")
BOTH = pytest.mark.parametrize("style", STYLES)
CANCEL = CancelOrder(order_id=ID, reason=WHY)
SOLD = Ended(status="CONFIRMED", captured=TOTAL, left=(3, 4), told="confirmed")
REFUNDED = (TOTAL, 0, TOTAL)


def money(ended: Ended) -> tuple[int, int, int]:
    return ended.captured, ended.voided, ended.refunded


def folded(model: Any, events: list[Payload]) -> Any:
    return reduce(model.evolve, events, None)


@BOTH
@pytest.mark.parametrize("cancelled", [False, True])
def test_race_7_what_is_asked_again_in_the_same_words_changes_nothing(
    style: Style,
    cancelled: bool,  # noqa: FBT001 - as given
) -> None:
    for shop in moments("deducted", style):
        if cancelled:
            shop.send(CANCEL)
        ended = end(shop)
        for command in (placed(style), *shop.asked(Payload), *([CANCEL] if cancelled else ())):
            shop.send(command)
        assert end(shop) == ended


@BOTH
def test_race_7_what_is_asked_again_in_other_words_is_refused_and_reported(style: Style) -> None:
    for shop in moments("all reserved", style):
        ended = end(shop)
        (authorize,) = shop.asked(AuthorizePayment)
        reserve, *_ = shop.asked(ReserveStock)
        shop.send(msgspec.structs.replace(placed(style), method="another"))
        shop.send(msgspec.structs.replace(authorize, amount=1))
        shop.send(msgspec.structs.replace(reserve, quantity=1000))
        assert end(shop) == ended
        assert isinstance(shop.events["orders", ID][-1], OrderCommandRefused)
        assert isinstance(shop.events["payments", PAYMENT][-1], PaymentCommandRefused)
        assert isinstance(shop.events["stock", reserve.sku][-1], StockCommandRefused)


@BOTH
def test_race_8_a_late_paid_after_the_cancellation_goes_back_and_revives_nothing(
    style: Style,
) -> None:
    for shop in moments("capturing", style, silent=["capture"]):
        shop.rest()
        shop.cancel()
        shop.rest()
        assert shop.orders[ID].status == "CANCEL_PENDING"
        shop.speak()
        ended = end(shop)
        assert (ended.status, money(ended)) == ("CANCELLED", REFUNDED)

        shop.send(shop.bank.answers[f"{PAYMENT}/capture/1"])
        assert end(shop) == ended


@BOTH
@pytest.mark.parametrize(
    ("method", "key"),
    [("card", "authorize"), ("card", "capture/1"), ("card-capture-refused", "capture/1")],
)
def test_race_9_a_late_answer_that_says_otherwise_is_kept_in_the_ledger_only(
    style: Style, method: str, key: str
) -> None:
    """A late "failed" after a success, and a late "paid" after a refusal."""
    for shop in moments("captured" if method == "card" else "capturing", style, method):
        ended = end(shop)
        asked = len(shop.asked(Payload))
        first = shop.bank.answers[f"{PAYMENT}/{key}"]
        refused = first.outcome == "succeeded"
        late = {"outcome": "refused" if refused else "succeeded", "code": None}
        shop.send(msgspec.structs.replace(first, amount=0 if refused else TOTAL, **late))
        shop.rest()

        payment = shop.payments[PAYMENT]
        assert [each.name for each in payment.disputed] == [key]
        assert (payment.captured, payment.voided, payment.refunded) == money(ended)
        assert shop.orders[ID].status == ended.status
        assert len(shop.asked(Payload)) == asked


@BOTH
def test_race_10_a_capture_and_a_refund_that_are_asked_and_answered_twice_are_one(
    style: Style,
) -> None:
    for seed, shop in enumerate(moments("capturing", style)):
        shop.wander(seed, most=seed % 12)
        (capture,) = shop.asked(CapturePayment)
        shop.send(capture)
        shop.rest()
        shop.cancel()
        shop.wander(seed, most=seed % 12)
        for command in (*shop.asked(RefundPayment), *shop.bank.answers.values(), capture):
            shop.send(command)
        ended = end(shop)
        assert (ended.status, money(ended)) == ("CANCELLED", REFUNDED)
        for effect in (PaymentCompleted, PaymentRefunded):
            assert sum(isinstance(each, effect) for each in shop.events["payments", PAYMENT]) == 1


@BOTH
@pytest.mark.parametrize("progress", ["all reserved", "captured", "deducted"])
def test_race_12_a_replay_of_any_history_rebuilds_everything_and_asks_for_nothing(
    style: Style, progress: Progress
) -> None:
    for shop in moments(progress, style):
        shop.cancel()
        shop.rest()
        assert folded(orders, shop.events["orders", ID]) == shop.orders[ID]
        payment = folded(payments, shop.events["payments", PAYMENT])
        assert payment == shop.payments[PAYMENT]
        notices = folded(notifications, shop.events["notifications", ID])
        assert notices == shop.notices[ID]
        for sku in LINES:
            assert folded(stock, shop.events["stock", sku]).level == shop.levels[sku]
        assert (payments.calls(payment), notifications.calls(notices)) == ((), ())
        assert waiting(folded(saga_fold, shop.events["sagas", ID])) == ()


@BOTH
def test_race_14_a_deadline_is_over_when_its_message_says_so_and_never_before(
    style: Style,
) -> None:
    """Clocks that are early, or ring for what was met, change nothing; the readers have none."""
    progress: Progress
    for progress in ("some reserved", "all reserved", "captured"):
        for shop in moments(progress, style):
            for (sku, reservation), found in shop.reservations.items():
                assert found.expires_at is not None
                early = found.expires_at - timedelta(milliseconds=1)
                about = {"sku": sku, "reservation_id": reservation, "order_id": ID}
                shop.send(ExpireReservation(**about, at=early, reply_to="ada"))
            saga = shop.sagas[ID]
            assert saga.deadline is not None
            for deadline, at in ((saga.deadline, NOON), (NOON + HOLD, NOON + HOLD)):
                rung = SagaTimedOut(order_id=ID, deadline=deadline, at=at)
                assert react(saga, rung, home="ada", now=NOON + 9 * HOLD) == (saga, (), ())
            assert end(shop) == SOLD
