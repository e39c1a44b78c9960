"""Whole orders, placed by `simulate`, while what carries them is killed, frozen and robbed.

They take turns in both styles of checkout, so that each misfortune meets both in the same workers.
At the end the independent auditor reads every topic and the gateway's ledger, and must have
nothing to say: no order lost, none with two ends, nobody charged twice, nothing oversold.
"""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

from deploy.kafka.broker import LocalBroker
from tests.faults.exits import EXIT_CODE
from tests.faults.misfortunes import SESSION_SECONDS, pause
from tests.faults.shop import Shop


async def test_workers_killed_frozen_and_robbed_of_their_disks(
    market: LocalBroker, tmp_path: Path
) -> None:
    async with Shop(market.address, tmp_path) as shop:
        first, second = shop.worker(RELAY_EXIT_AT="in-publish:150"), shop.worker()
        await shop.open()
        shop.order(count=400, rate=12)
        assert await first.exit_code() == EXIT_CODE
        first.environment.pop("RELAY_EXIT_AT")
        first.start()
        await shop.after(30)
        second.signal(signal.SIGSTOP)
        await pause(SESSION_SECONDS + 2)
        second.signal(signal.SIGCONT)
        await shop.after(30)
        first.kill()
        first.start()
        await shop.after(30)
        second.kill()
        second.wipe()
        second.start()
        shop.views.kill()
        shop.views.start()
        await shop.views.until_ready()
        await shop.after(30)
        found = await shop.verdict()
        assert found.orders.total() > 200


async def test_the_gateway_killed_and_frozen_while_it_is_asked(
    market: LocalBroker, tmp_path: Path
) -> None:
    async with Shop(market.address, tmp_path, seed=2) as shop:
        shop.worker()
        await shop.open()
        shop.order(count=120, rate=12)
        for _ in range(3):
            await shop.after(15)
            shop.gateway.kill()
            await pause(1)
            shop.gateway.start()
        await shop.after(10)
        shop.gateway.signal(signal.SIGSTOP)
        await pause(4)
        shop.gateway.signal(signal.SIGCONT)
        await shop.verdict()


async def test_a_broker_that_goes_away_in_the_middle_of_the_load(
    market: LocalBroker, tmp_path: Path
) -> None:
    async with Shop(market.address, tmp_path, seed=3) as shop:
        shop.worker()
        await shop.open()
        shop.order(count=120, rate=12)
        await shop.after(30)
        market.kill()
        await pause(5)
        await asyncio.to_thread(market.start)
        await shop.verdict()


async def test_contexts_together_then_apart_then_together_again(
    market: LocalBroker, tmp_path: Path
) -> None:
    """Each way with a kill in between, while orders come in."""
    async with Shop(market.address, tmp_path, seed=4) as shop:
        together = shop.worker()
        await shop.open()
        shop.order(count=200, rate=8)
        await shop.after(25)
        together.kill()
        apart = [
            shop.worker(ORDERFLOW_CONTEXTS=contexts)
            for contexts in ("orders,sagas", "payments", "stock,notifications")
        ]
        await shop.after(40)
        apart[1].kill()
        apart[1].start()
        await shop.after(25)
        for worker in apart:
            worker.kill()
        together.start()
        shop.workers = [together]
        await shop.verdict()


async def test_with_payments_down_orders_are_taken_and_stock_answers_and_all_end_when_they_are_back(
    market: LocalBroker, tmp_path: Path
) -> None:
    async with Shop(market.address, tmp_path, seed=5) as shop:
        shop.worker(ORDERFLOW_CONTEXTS="orders,stock,sagas,notifications")
        payments = shop.worker(ORDERFLOW_CONTEXTS="payments")
        await shop.open()
        shop.order(80, 8, "--shared")  # goods come in that `simulate` does not know of
        await shop.after(10)
        payments.terminate()
        await payments.exit_code()
        await shop.after(30)  # orders are taken all the same
        await shop.receive("WHILE-PAYMENTS-ARE-DOWN", 7)
        assert await shop.pending() > 0
        payments.start()
        await shop.verdict()
        assert await shop.pending() == 0
