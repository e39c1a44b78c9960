"""Crashes at any step, on the pure models: the same outcome, and no second effect outside.

The same with real processes is in `tests/faults`.
"""

from __future__ import annotations

from dataclasses import asdict
from random import Random
from typing import Any

import pytest
from hypothesis import settings

from models.order_messages import CancelOrder, Style
from models.stock_messages import ReceiveStock
from tests.models.bank import METHODS
from tests.models.crashing import CrashingShop
from tests.models.market import ENOUGH, ID, WHY, placed
from tests.models.shop import Shop
from tests.models.shop_books import check_at_rest
from tests.models.test_whole_orders import WholeOrders


@pytest.mark.parametrize("cancelled_at", [None, 5, 15, 25, 35])
@pytest.mark.parametrize("missing", [None, *ENOUGH])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("style", ["orchestration", "choreography"])
def test_an_order_ends_the_same_with_a_crash_in_every_step(
    style: Style, method: str, missing: str | None, cancelled_at: int | None
) -> None:
    for seed in range(6):
        calm, crashing = Shop(), CrashingShop()
        for shop in (calm, crashing):
            _live(shop, Random(seed), style, method, missing, cancelled_at)
            check_at_rest(shop)
        assert _outcome(crashing) == _outcome(calm)


def _live(  # noqa: PLR0913, PLR0917 - all that an order's life depends on
    shop: Shop,
    chance: Random,
    style: Style,
    method: str,
    missing: str | None,
    cancelled_at: int | None,
) -> None:
    for sku, quantity in ENOUGH.items():
        if sku != missing:
            shop.send(ReceiveStock(sku=sku, quantity=quantity))
    shop.send(placed(style, method))
    count = 0
    while steps := shop.steps():
        if count == cancelled_at:
            shop.send(CancelOrder(order_id=ID, reason=WHY))
        chance.choice(steps)()
        count += 1


def _outcome(shop: Shop) -> dict[str, Any]:
    """All that was decided, and all that was done outside."""
    accounts = {payment: asdict(account) for payment, account in shop.bank.accounts.items()}
    return {"accounts": accounts, "answers": shop.bank.answers, "events": shop.events}


class CrashingOrders(WholeOrders):
    """Whole orders in a shop that crashes in every step."""

    def __init__(self) -> None:
        super().__init__()
        self.shop = CrashingShop()


TestCrashingOrders = CrashingOrders.TestCase
TestCrashingOrders.settings = settings(deadline=None, max_examples=20, stateful_step_count=40)
