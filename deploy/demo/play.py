"""The play: the first hundred orders and their table, then more of them at a gentle rate.

Every other order is checked out by one saga, those between by the contexts among themselves, so
that the table shows both styles side by side.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from itertools import islice
from typing import Final

from agents.cli.client import Api
from agents.cli.simulation.plan import STYLES, plans
from agents.cli.simulation.simulation import Manner, Simulation
from deploy.demo.stage import Stage

FIRST: Final = 100  # orders before the table, and between two accounts afterwards


@dataclass(frozen=True, kw_only=True)
class Script:
    """How many orders (None: without end), how fast at first and afterwards, by which customers."""

    orders: int | None
    rate: float
    gentle_rate: float
    seed: int
    users: int

    def next(self, sent: int) -> int:
        """How many orders come next."""
        return FIRST if self.orders is None else min(FIRST, self.orders - sent)


async def play(script: Script, api: Api, stage: Stage) -> bool:
    """Send orders and show them; whether every one of them was accounted for."""
    customers = plans(script.seed, script.users, uuid.uuid4().hex[:12], STYLES)
    sent, well = 0, True
    while number := script.next(sent):
        # Whoever watches may place orders too: after the first table, totals are not ours alone.
        manner = Manner(rate=script.gentle_rate if sent else script.rate, shared=sent > 0)
        simulation = Simulation(api, manner, note=stage.say, ended=stage.show)
        if not sent:
            await simulation.stock_up(str(script.seed))
        async with stage.counting():
            summary = await simulation.run(islice(customers, number))
        sent += number
        well = well and not summary.mismatches
        if sent == number:
            stage.table(summary)
        else:
            stage.account(summary)
    return well
