"""One simulated order: sent, perhaps twice, perhaps cancelled or shipped, followed to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final

import msgspec

from agents.cli.client import LONGEST_WAIT, Refused
from agents.cli.simulation.patience import PatientApi, seen
from agents.cli.simulation.plan import Plan

DEAD: Final = frozenset({"REJECTED", "EXPIRED", "CANCELLED"})
ALIVE: Final = frozenset({"CONFIRMED", "SHIPPED", "DELIVERED"})


class View(msgspec.Struct, frozen=True):
    """What the read side says of an order, as far as the simulation looks."""

    order_id: str
    status: str | None = None
    style: str | None = None
    total: int | None = None
    currency: str | None = None
    paid: bool = False
    stock_status: str | None = None
    reason: str | None = None

    @property
    def ended(self) -> bool:
        """Whether the checkout has come to its end: nothing held any more, or paid and deducted."""
        if self.status in ALIVE:
            return self.paid and self.stock_status == "deducted"
        return self.status in DEAD


class Journey:
    """What became of a plan. `troubles` are what should not have happened on the way."""

    def __init__(self, plan: Plan, server: PatientApi) -> None:
        self.plan = plan
        self.order_id: str | None = None
        self.repeats = 0
        self.view: View | None = None
        self.seconds = 0.0
        self.troubles: list[str] = []
        self._cancelled = False
        self._server = server
        self._clock = asyncio.get_running_loop().time
        self._begun = self._clock()

    @property
    def ended(self) -> bool:
        """Whether the order is where it stays, unless somebody asks for more."""
        if self.view is None or not self.view.ended:
            return False
        return self.view.status == "CANCELLED" if self._cancelled else True

    async def send(self) -> None:
        """Place the order; half of the customers who send it twice do so at once."""
        self._begun = self._clock()
        copies = 2 if self.plan.repeat == "at once" else 1
        await asyncio.gather(*(self._place() for _ in range(copies)))

    async def follow(self) -> None:
        """See it to its end, doing about it what the plan says."""
        if self.order_id is None:
            return
        if self.plan.repeat == "later":
            await asyncio.sleep(self.plan.pause)
            await self._place()
        if self.plan.cancel in {"at once", "soon"}:
            await self._cancel(self.plan.pause if self.plan.cancel == "soon" else 0)
        await self._until()
        self.seconds = self._clock() - self._begun
        if self._is("CONFIRMED"):
            await self._afterwards()

    async def _afterwards(self) -> None:
        if self.plan.cancel == "confirmed":
            await self._cancel(self.plan.pause)
            await self._until()
        if self.plan.ship:
            await self._ask("ship", {"tracking": f"PARCEL-{self.plan.key}"})
            await self._until("SHIPPED", "DELIVERED")
        if self.plan.deliver:
            await self._ask("deliver", {})
            await self._until("DELIVERED")

    async def _place(self) -> None:
        try:
            answer = await self._server.post("orders", body=self.plan.body, key=self.plan.key)
        except Refused as refused:
            self.troubles.append(f"was refused: {refused}")
            return
        order_id = str(answer.body.get("order_id"))
        if self.order_id is None:
            self.order_id = order_id
            return
        self.repeats += 1
        if order_id != self.order_id:
            self.troubles.append(f"sent again under its key became another order, {order_id}")

    async def _cancel(self, pause: float) -> None:
        """Change one's mind; too late is no trouble, the order goes its way then."""
        await asyncio.sleep(pause)
        self._cancelled = await self._ask("cancel", {"reason": "changed my mind"}, in_time=False)

    async def _ask(self, what: str, body: dict[str, Any], *, in_time: bool = True) -> bool:
        """Ask until the order has seen it; whether it did what was asked."""

        async def ask() -> bool | None:
            try:
                answer = await self._server.post(
                    *("orders", self.order_id or "", what),
                    body=body,
                    key=f"{self.plan.key}/{what}",
                    wait=LONGEST_WAIT,
                )
            except Refused as refused:
                if refused.status == HTTPStatus.NOT_FOUND:  # accepted, and not projected yet
                    return None
                if in_time or refused.status != HTTPStatus.CONFLICT:
                    self.troubles.append(f"could not be asked to {what}: {refused}")
                return False
            return answer.seen or None

        done = await seen(ask, lambda found: found is not None, self._server.patience)
        if done is None:
            self.troubles.append(f"was asked to {what}, and nothing came of it")
        return bool(done)

    async def _until(self, *statuses: str) -> None:
        """Look at the order until it is so, or patience is at its end."""

        def reached(_: View | None) -> bool:
            return self._is(*statuses) if statuses else self.ended

        await seen(self._look, reached, self._server.patience)

    def _is(self, *statuses: str) -> bool:
        return self.view is not None and self.view.status in statuses

    async def _look(self) -> View | None:
        try:
            self.view = msgspec.convert(await self._server.get("orders", self.order_id or ""), View)
        except Refused as refused:
            if refused.status != HTTPStatus.NOT_FOUND:  # not found: not projected yet
                raise
        return self.view


def flaws_of(journey: Journey) -> list[str]:
    """All that is wrong with one order, as far as the order itself shows it."""
    name = journey.order_id or f"the order under key {journey.plan.key}"
    return [f"{name} {flaw}" for flaw in (*journey.troubles, *_flaws(journey))]


def _flaws(journey: Journey) -> Iterator[str]:
    plan, view = journey.plan, journey.view
    if journey.order_id is None:
        return
    if view is None:
        yield "was accepted, and is not known"
        return
    if (view.total, view.currency) != (plan.total, plan.body["currency"]):
        sent = f"{plan.total} {plan.body['currency']}"
        yield f"was sent with a total of {sent}, and has {view.total} {view.currency}"
    if plan.style not in {None, view.style}:
        yield f"was sent to be checked out by {plan.style}, and is by {view.style}"
    if not journey.ended:
        yield f"has not ended: it is {view.status}, its stock {view.stock_status}"
    if plan.declined and view.status in ALIVE:
        yield f"is {view.status}, although its card was declined"
