"""A run from the stock in the shop to the account of every order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final

import msgspec

from agents.cli.client import LONGEST_WAIT, Api, Refused
from agents.cli.simulation.catalogue import CATALOGUE, Product
from agents.cli.simulation.journey import Journey, flaws_of
from agents.cli.simulation.patience import PatientApi, seen
from agents.cli.simulation.plan import Plan
from agents.cli.simulation.summary import Summary
from agents.cli.simulation.totals import Totals, differences, figures_of
from agents.cli.simulation.traffic import Traffic

_REPEATED: Final = 2.0  # seconds for an answer about stock; what was received long ago gets none


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How the orders are sent: at `rate` a second, at most `in_flight` requests at a time.

    With `follow` each is followed to its end; nothing is waited for longer than `patience`
    seconds. With `shared` others place orders too, so that the totals are not ours alone; else
    earlier orders have `rest` seconds to come to rest.
    """

    rate: float = 20.0
    in_flight: int = 32
    patience: float = 60.0
    follow: bool = True
    shared: bool = False
    rest: float = 10.0


class Simulation:
    """Simulated customers of one server. `note` is told what the operator should know."""

    def __init__(
        self,
        api: Api,
        manner: Manner,
        *,
        note: Callable[[str], None],
        ended: Callable[[Journey], None] = lambda _: None,
    ) -> None:
        self._manner = manner
        self._note = note
        self._server = PatientApi(
            api, in_flight=manner.in_flight, patience=manner.patience, note=note
        )
        self.traffic = Traffic(self._server, rate=manner.rate, follow=manner.follow, ended=ended)

    async def stock_up(self, name: str) -> None:
        """See that there is something to sell. What was received under a name is not again."""
        await asyncio.gather(*(self._receive(product, name) for product in CATALOGUE))

    async def _receive(self, product: Product, name: str) -> None:
        await self._server.post(
            *("stock", product.sku, "receive"),
            body={"quantity": product.stock},
            key=f"simulate-{name}-{product.sku}",
            wait=LONGEST_WAIT if await self._is_new(product) else _REPEATED,
        )

    async def _is_new(self, product: Product) -> bool:
        try:
            await self._server.get("stock", product.sku)
        except Refused as refused:
            if refused.status == HTTPStatus.NOT_FOUND:
                return True
            raise
        return False

    async def run(self, plans: Iterable[Plan]) -> Summary:
        """Send the orders; if they are followed, hold the read side against them at the end."""
        if not self._manner.follow:
            return self._summary(await self.traffic.run(plans))
        rest = 0.0 if self._manner.shared else self._manner.rest
        before = await seen(self._totals, lambda totals: totals.at_rest, rest)
        journeys = await self.traffic.run(plans)
        return await self._account(journeys, before)

    async def _account(self, journeys: Sequence[Journey], before: Totals) -> Summary:
        compared = before.at_rest and not self._manner.shared
        if not compared and not self._manner.shared:
            self._note("the totals are not compared: they were not at rest before this run")
        orders = figures_of(journeys)

        def wrong(totals: Totals) -> list[str]:
            return differences(orders, totals.since(before).figures()) if compared else []

        # They follow the single orders by a moment, partition by partition.
        totals = await seen(self._totals, lambda found: not wrong(found), self._manner.patience)
        flaws = [flaw for journey in journeys for flaw in flaws_of(journey)]
        return replace(
            self._summary(journeys),
            made=totals.since(before),
            overall=totals,
            compared=compared,
            mismatches=[*flaws, *wrong(totals)],
        )

    def _summary(self, journeys: Sequence[Journey]) -> Summary:
        return Summary(
            sent=self.traffic.sent,
            accepted=self.traffic.accepted,
            duplicates=sum(journey.repeats for journey in journeys),
            mismatches=[flaw for journey in journeys for flaw in journey.troubles],
        )

    async def _totals(self) -> Totals:
        return msgspec.convert(await self._server.get("totals"), Totals)
