"""The long run: one misfortune after another, for minutes, and the auditor at the end.

    make faults SEED=7 MINUTES=10 WORKERS=3 RATE=1000 ORDERS=10 STEPS=100000

First the protocol alone, over 10 000 random histories, and whole orders in both styles on the pure
models, over STEPS random steps; then real workers on a real broker: the
relay at RATE deposits a second, then whole orders, by turns in both styles of checkout, at ORDERS a
second, MINUTES for each.
The seed chooses the misfortunes and the load, not the scheduling of processes.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from deploy.kafka.broker import LocalBroker
from tests.faults import misfortunes
from tests.faults.scene import Scene
from tests.faults.shop import Shop, market_of_its_own
from tests.faults.workers import ROOT

HISTORIES = 10_000


async def run(asked: argparse.Namespace) -> int:
    """Deposits at a steady rate, misfortunes in a row; returns how many there were."""
    named = os.environ.get("ORDERFLOW_BROKER", "").removeprefix("kafka://")
    broker = None if named else LocalBroker("faults")
    choices = [*misfortunes.OF_WORKERS]
    if broker is not None:
        broker.start()
        choices += misfortunes.of_broker(broker)
    directory = Path(tempfile.mkdtemp(prefix="orderflow-faults-"))
    prefix = f"faults{os.getpid()}."
    count = 0
    try:
        address = broker.address if broker is not None else named
        async with Scene(address, directory, prefix, seed=asked.seed, rate=asked.rate) as scene:
            for _ in range(asked.workers):
                await scene.worker().until_ready()
            end = time.monotonic() + asked.minutes * 60
            while time.monotonic() < end:
                number = scene.random.randrange(asked.workers)
                said = await scene.random.choice(choices)(scene, scene.workers[number])
                count += 1
                say(f"{count:4}  {scene.sent:8} sent  w{number} was/has {said}")
                await misfortunes.pause(scene.random.uniform(0, 4))
            for worker in scene.workers:
                if worker.ended:
                    worker.start()
            found = await scene.verdict()
            say(f"audited {len(found.deposits)} deposits: nothing lost, nothing twice; {found}")
    finally:
        if broker is not None:
            broker.discard()
    return count


async def run_orders(asked: argparse.Namespace) -> int:
    """Orders in both styles at a steady rate, misfortunes in a row for all that carries them."""
    directory = Path(tempfile.mkdtemp(prefix="orderflow-orders-"))
    count = 0
    with market_of_its_own() as broker:
        choices = [*misfortunes.OF_WORKERS, *misfortunes.of_broker(broker)]
        async with Shop(broker.address, directory, seed=asked.seed) as shop:
            for _ in range(asked.workers):
                shop.worker()
            await shop.open()
            shop.order(round(asked.minutes * 60 * asked.orders), asked.orders)
            while not shop.served:
                victim = shop.random.choice([*shop.workers, shop.views, shop.gateway])
                ours = victim in shop.workers
                choice = shop.random.choice(choices if ours else misfortunes.OF_ANY_PROCESS)
                said = await choice(shop, victim)
                count += 1
                say(f"{count:4}  {victim.directory.name} was/has {said}")
                await misfortunes.pause(shop.random.uniform(0, 8))
            for worker in [*shop.workers, shop.views, shop.gateway]:
                if worker.ended:
                    worker.start()
            found = await shop.verdict()
            say(f"audited {found.orders.total()} orders, nothing found wrong: {found.orders}")
    return count


def say(line: str) -> None:
    """Tell whoever watches."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def imagine(test: str, **size: int) -> None:
    """Run a test that needs no Kafka, for longer than usual."""
    environment = {**os.environ, **{name: str(value) for name, value in size.items()}}
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", test], check=True, cwd=ROOT, env=environment
    )


def main() -> None:
    """Read what is asked for from the command line, or the environment that `make` hands on."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    for name, default, kind in (
        ("seed", "1", int),
        ("minutes", "10", float),
        ("workers", "3", int),
        ("steps", "100000", int),
    ):
        parser.add_argument(f"--{name}", type=kind, default=os.environ.get(name.upper()) or default)
    parser.add_argument("--orders", type=float, default=os.environ.get("ORDERS") or "10")
    parser.add_argument("--rate", type=float, default=os.environ.get("RATE") or "500")
    asked = parser.parse_args()
    say(f"the protocol over {HISTORIES} histories of misfortune")
    imagine("tests/streams/test_protocol_model.py", ORDERFLOW_HISTORIES=HISTORIES)
    say(f"whole orders in both styles over {asked.steps} steps, without Kafka")
    imagine("tests/models/test_whole_orders.py", ORDERFLOW_STEPS=asked.steps)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # the broker's absence is known here
    what = f"{asked.workers} workers, {asked.rate:.0f} deposits/s, {asked.minutes} minutes"
    say(f"{what}, seed {asked.seed}")
    say(f"done: {asyncio.run(run(asked))} misfortunes")
    say(f"{asked.workers} workers, {asked.orders:.0f} orders/s, {asked.minutes} minutes")
    say(f"done: {asyncio.run(run_orders(asked))} misfortunes")


if __name__ == "__main__":
    main()
