"""`simulate`: a stream of realistic orders, with an account of every one of them at the end."""

from __future__ import annotations

import asyncio
import uuid
from itertools import islice
from typing import Any, Final

import click
from faust.cli import option

from agents.cli import arguments
from agents.cli.command import FAILED, ApiCommand, Spec
from agents.cli.simulation.plan import STYLES, plans
from agents.cli.simulation.progress import Progress
from agents.cli.simulation.simulation import Manner, Simulation
from agents.cli.simulation.traffic import Traffic
from models.order_messages import Style

_BOTH: Final = "both"
_TURNS: Final[dict[str | None, tuple[Style, ...]]] = {
    None: (),
    **{style: (style,) for style in STYLES},
    _BOTH: STYLES,
}


async def simulate(command: ApiCommand, **given: Any) -> int:
    """Send realistic orders, and account for them.

    Customers who come back, baskets in four currencies, declined cards, goods that run short,
    changes of mind, requests sent twice: all drawn from the seed. At the end the read side is
    asked what became of each order; where it does not agree with what was sent, that is listed,
    and the exit code is 1.
    """
    count, run = given["count"], uuid.uuid4().hex[:12]
    customers = plans(given["seed"], given["users"], run, _TURNS[given["saga"]])
    progress = Progress(command.stderr, lambda: status(simulation.traffic, count))
    simulation = Simulation(command.api, _manner(given), note=progress.say)
    await simulation.stock_up(f"{given['seed']}-{run}" if given["restock"] else str(given["seed"]))
    try:
        async with progress.shown():
            summary = await simulation.run(islice(customers, count))
    except asyncio.CancelledError:
        command.note("interrupted; what was accepted goes on")
        raise
    command.tell(summary.record(), lambda _: summary.rows())
    command.note(summary.verdict())
    return FAILED if summary.mismatches else 0


def _manner(given: dict[str, Any]) -> Manner:
    return Manner(
        rate=given["rate"],
        in_flight=given["in_flight"],
        patience=given["patience"],
        follow=given["wait"],
        shared=given["shared"],
    )


def status(traffic: Traffic, count: int) -> str:
    """How far it is, in a line."""
    ends = ", ".join(f"{number} {name.lower()}" for name, number in traffic.outcomes.most_common())
    return f"{traffic.sent}/{count} sent, {traffic.open} under way" + (f", {ends}" if ends else "")


COMMAND: Final = Spec(
    simulate,
    "simulate --rate 20/s --count 200 --seed 1",
    option("--rate", type=arguments.rate, default="20/s", help="Never faster than this."),
    option("--count", type=click.IntRange(min=1), default=200, help="How many orders."),
    option("--seed", type=int, default=1, help="The same seed draws the same orders."),
    option("--users", type=click.IntRange(1, 1_000_000), default=50, help="How many customers."),
    option(
        "--saga",
        type=click.Choice([*STYLES, _BOTH]),
        help="What drives their checkout, or both by turns; without it, what the server has set.",
    ),
    option(
        "--wait/--no-wait", default=True, help="Follow each order to its end, and account for it."
    ),
    option(
        "--patience",
        type=arguments.duration,
        default="60s",
        help="For a server that is away, and for an order to come to its end.",
    ),
    option(
        "--in-flight", type=click.IntRange(min=1), default=32, help="Requests at a time, at most."
    ),
    option("--restock", is_flag=True, help="Receive goods again, although there were some."),
    option("--shared", is_flag=True, help="Others place orders too: do not compare the totals."),
)
