"""Orders that cannot go on by themselves: nobody answers for too long, or a human has to settle it.

On a real Kafka, in both styles of checkout; the auditor judges at the end.
"""

from __future__ import annotations

import contextlib
import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp

from deploy.kafka.broker import LocalBroker
from tests.audit.findings import Audit
from tests.audit.logs import read_topics
from tests.faults.shop import CURRENCY, PRICE, SKU, Shop
from tests.faults.workers import eventually

RECEIVED = 100
USERS = ("ada", "boris", "chloe", "dan", "emre", "fatima")  # on all partitions
NOBODY_DECLINED = ("--decline", "0")
# Of the deadlines: 8 s, and not 26 minutes, until a saga has asked often enough, and 9 s, not 30
# minutes, until the time of an order is over.
A_TWO_HUNDREDTH = "0.005"


async def test_a_gateway_that_is_silent_beyond_all_deadlines(
    market: LocalBroker, tmp_path: Path
) -> None:
    """Who coordinates gives up, who observes calls a human, and both styles expire in the end."""
    shop = Shop(market.address, tmp_path, ORDERFLOW_PATIENCE=A_TWO_HUNDREDTH)
    shop.gateway.odds = NOBODY_DECLINED
    async with shop:
        first, second = shop.worker(), shop.worker()
        await shop.open()
        await shop.receive(SKU, RECEIVED)
        shop.gateway.signal(signal.SIGSTOP)
        coordinated = [await shop.place(user, "orchestration") for user in USERS]
        observed = [await shop.place(user, "choreography") for user in USERS]
        await every_saga(shop, coordinated, asked_again)
        first.kill()
        first.start()
        await every_saga(shop, coordinated, given_up)
        await every_saga(shop, observed, calling_for_a_human)
        await eventually(lambda: time_is_over(shop, observed), "the time of those is over")
        await shop.open()
        second.kill()
        shop.gateway.signal(signal.SIGCONT)
        second.start()
        await every_order(shop, coordinated + observed, "EXPIRED")
        found = await shop.verdict()
    asked = PRICE * len(coordinated + observed)
    money = found.money[CURRENCY]
    assert (money["authorized"], money["captured"], money["voided"]) == (asked, 0, asked)
    assert stock_of(found) == (RECEIVED, 0)


async def test_a_refund_that_the_gateway_refuses_is_settled_by_an_operator(
    market: LocalBroker, tmp_path: Path
) -> None:
    shop = Shop(market.address, tmp_path)
    shop.gateway.odds = NOBODY_DECLINED
    async with shop:
        shop.worker()
        await shop.open()
        await shop.receive(SKU, RECEIVED)
        order_id = await shop.place("ada", "orchestration", "card-refund-refused")
        await every_saga(shop, [order_id], ended)
        await shop.post(f"/orders/{order_id}/cancel", {"reason": "changed my mind"})
        await refunds_refused(shop, order_id, 1)
        why = {"by": "grace", "reason": "the bank has changed its mind"}
        await shop.post(f"/sagas/{order_id}/retry", {"step": "capture", **why})
        await refunds_refused(shop, order_id, 2)
        how = ("--by", "heidi", "--reason", "paid out in cash")
        await shop.operate("saga-skip", order_id, "--step", "capture", *how)
        await every_order(shop, [order_id], "CANCELLED")
        found = await shop.verdict()
    assert found.notes[0] == f"heidi skipped capture of order {order_id}: paid out in cash"
    assert stock_of(found) == (RECEIVED, 0)
    assert found.money[CURRENCY]["kept"] == PRICE


async def every_saga(
    shop: Shop, orders: list[str], condition: Callable[[dict[str, Any]], bool]
) -> None:
    """Wait until the sagas of these orders are all so."""

    async def so() -> bool:
        with contextlib.suppress(aiohttp.ClientResponseError):  # not projected yet
            return all([condition(await shop.get(f"/sagas/{order_id}")) for order_id in orders])
        return False

    await eventually(so, f"every saga is {condition.__name__}")


async def every_order(shop: Shop, orders: list[str], status: str) -> None:
    """Wait until these orders all have this status."""

    async def so() -> bool:
        found = [await shop.get(f"/orders/{order_id}") for order_id in orders]
        return all(order["status"] == status for order in found)

    await eventually(so, f"every order is {status}")


async def time_is_over(shop: Shop, orders: list[str]) -> bool:
    """Whether the clock has said so of all of these orders."""
    records = (await read_topics(shop.broker)).records["orders.commands"]
    messages = [json.loads(record.value or b"{}") for record in records]
    said = {each["subject"] for each in messages if each["type"] == "OrderTimedOut"}
    return said >= set(orders)


async def refunds_refused(shop: Shop, order_id: str, times: int) -> None:
    """Wait until the gateway has refused so many refunds, and a human is called."""

    async def so() -> bool:
        entries = (await shop.get(f"/orders/{order_id}/payment"))["entries"]
        return [entry["type"] for entry in entries].count("PaymentRefundFailed") == times

    await eventually(so, f"{times} refunds are refused")
    await every_saga(shop, [order_id], refused)


def stock_of(found: Audit) -> tuple[int, int]:
    """How much is on hand, and how much of it reserved."""
    return found.stock[SKU]["on_hand"], found.stock[SKU]["reserved"]


def asked_again(saga: dict[str, Any]) -> bool:
    """Its deadline has passed in silence at least once."""
    return int(saga["attempt"]) > 0


def given_up(saga: dict[str, Any]) -> bool:
    """It was silent for too long: the order is to expire."""
    return (saga["goal"], saga["reason"]) == ("expire", "no answer to authorize")


def calling_for_a_human(saga: dict[str, Any]) -> bool:
    """Nobody answers, and the saga can ask nobody."""
    return (saga["state"], saga["stuck"], saga["silent"]) == ("stuck", "authorize", True)


def refused(saga: dict[str, Any]) -> bool:
    """The money cannot be given back."""
    return (saga["state"], saga["stuck"], saga["silent"]) == ("stuck", "capture", False)


def ended(saga: dict[str, Any]) -> bool:
    """The journey has come to its end."""
    return saga["outcome"] is not None
