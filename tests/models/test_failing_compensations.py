"""A compensation that fails: tried again, and then a human's; the order is visibly unfinished."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from models.order_messages import Style
from models.payment_messages import (
    RefundPayment,
    return_of,
)
from models.saga_deadlines import DEFAULT
from models.saga_messages import SagaAskedAgain, SagaStuck
from tests.models.market import (
    ID,
    PAYMENT,
    TOTAL,
    WHY,
    Ended,
    Progress,
    end,
    moments,
)
from tests.models.shop_books import check_at_rest

BOTH = pytest.mark.parametrize("style", ["orchestration", "choreography"])


REFUNDED = Ended(status="CANCELLED", reason=WHY, captured=TOTAL, refunded=TOTAL, told="cancelled")
VOIDED = replace(REFUNDED, captured=0, refunded=0, voided=TOTAL)


@BOTH
def test_compensation_refused_for_good_stays_visible_until_a_human_has_settled_it(
    style: Style,
) -> None:
    for shop in moments("deducted", style, "card-refund-refused"):
        shop.cancel()
        shop.rest()
        check_at_rest(shop)
        assert (shop.orders[ID].status, shop.stuck()) == ("CANCEL_PENDING", [ID])
        assert shop.saga(ID).state == "stuck"

        shop.bank.relents = True
        by_hand = f"{return_of(PAYMENT)} by hand"
        shop.send(RefundPayment(payment_id=PAYMENT, order_id=ID, refund_id=by_hand, amount=TOTAL))
        assert end(shop) == replace(REFUNDED, restocked=3)


@pytest.mark.parametrize("progress", ["all reserved", "captured"])
def test_compensation_refused_for_now_is_tried_again_with_backoff(progress: Progress) -> None:
    for shop in moments(progress, "orchestration"):
        shop.bank.hesitates = 3
        shop.cancel()
        shop.rest()
        shop.wait(3)
        again = [each for each in shop.events["sagas", ID] if isinstance(each, SagaAskedAgain)]
        spans = [later.deadline - each.deadline for each, later in pairwise(again)]
        assert spans == [4 * DEFAULT.undoing, 8 * DEFAULT.undoing]
        assert end(shop) == replace(VOIDED if progress == "all reserved" else REFUNDED, released=3)


def test_compensation_refused_for_too_long_calls_a_human_and_is_tried_for_ever() -> None:
    for shop in moments("deducted", "orchestration", "card-refund-refused"):
        shop.bank.hesitates, shop.bank.relents = 20, True
        shop.cancel()
        shop.rest()
        shop.wait(19)
        called = [each for each in shop.events["sagas", ID] if isinstance(each, SagaStuck)]
        assert [each.step for each in called] == ["capture"]
        assert (shop.orders[ID].status, shop.stuck()) == ("CANCEL_PENDING", [ID])
        shop.wait()
        assert end(shop) == replace(REFUNDED, restocked=3)
