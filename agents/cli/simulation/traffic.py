"""Sends planned orders at a rate, each on a journey of its own, and counts them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable

from agents.cli.simulation.journey import Journey
from agents.cli.simulation.pacing import Pacer
from agents.cli.simulation.patience import PatientApi
from agents.cli.simulation.plan import Plan


class Traffic:
    """Orders on their way through one server; `ended` is told of each that has come to its end."""

    def __init__(
        self,
        server: PatientApi,
        *,
        rate: float,
        follow: bool = True,
        ended: Callable[[Journey], None] = lambda _: None,
    ) -> None:
        self.sent = 0
        self.accepted = 0
        self.outcomes: Counter[str] = Counter()
        self._server = server
        self._pacer = Pacer(rate)
        self._follow = follow
        self._ended = ended
        # When answers fail to come, no more orders are sent than may be in flight.
        self._unanswered = asyncio.Semaphore(server.in_flight)

    @property
    def open(self) -> int:
        """How many accepted orders have not come to their end."""
        return self.accepted - self.outcomes.total()

    async def run(self, plans: Iterable[Plan]) -> list[Journey]:
        """Send them all, and return when each has ended or patience has.

        Raises:
            ServerAway: it has been for longer than there is patience.
        """
        journeys: list[Journey] = []
        try:
            async with asyncio.TaskGroup() as group:
                for plan in plans:
                    await self._pacer.turn()
                    await self._unanswered.acquire()
                    journeys.append(Journey(plan, self._server))
                    self.sent += 1
                    group.create_task(self._see_through(journeys[-1]))
        except BaseExceptionGroup as failures:
            raise _first(failures) from None
        return journeys

    async def _see_through(self, journey: Journey) -> None:
        try:
            await journey.send()
        finally:
            self._unanswered.release()
        self.accepted += journey.order_id is not None
        if self._follow and journey.order_id is not None:
            await journey.follow()
            self.outcomes[(journey.view and journey.view.status) or "UNKNOWN"] += 1
            self._ended(journey)


def _first(error: BaseException) -> BaseException:
    """What failed first; the others were cancelled for it, or failed likewise."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
