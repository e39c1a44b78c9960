"""A shop that crashes in every step: what was done is lost once, and done again.

As the runtime has it: a unit of work leaves whole or not at all, and what was not committed is
decided again from the same records. What was done outside stays done: a call whose answer was lost
in the crash is made again under its key.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Final

from models.notifications import Mail
from models.payments import Call
from tests.models.shop import Queue, Shop

_OURS: Final = (
    "queues",
    "orders",
    "payments",
    "levels",
    "reservations",
    "notices",
    "sagas",
    "ended",
    "choreographed",
    "sent",
    "events",
)
_OF_POLICIES: Final = ("memories", "heard", "asked")


class CrashingShop(Shop):
    """Does everything twice, and remembers the first time only where that is outside."""

    def _deliver(self, queue: Queue) -> None:
        before = self.remembered()
        super()._deliver(queue)
        lost = self.remembered()
        self._forget(before)
        super()._deliver(queue)
        assert self.remembered() == lost, "what is decided again is something else"

    def _call(self, call: Call) -> None:
        self.bank.do(call)
        super()._call(call)

    def _mail(self, mail: Mail) -> None:
        before = self.remembered()
        super()._mail(mail)
        self._forget(before)
        super()._mail(mail)

    def remembered(self) -> dict[str, Any]:
        """Return a copy of all tables and topics."""
        ours = {name: _copy(getattr(self, name)) for name in _OURS}
        return ours | {name: _copy(getattr(self.policies, name)) for name in _OF_POLICIES}

    def _forget(self, before: dict[str, Any]) -> None:
        """Go back to what was remembered before."""
        for name in _OURS:
            setattr(self, name, before[name])
        for name in _OF_POLICIES:
            setattr(self.policies, name, before[name])


def _copy(thing: Any) -> Any:
    """Return a copy of what changes in place: all else is frozen."""
    if isinstance(thing, dict):
        copied = thing.copy()
        copied.update({key: _copy(each) for key, each in thing.items()})
        return copied
    return thing.copy() if isinstance(thing, deque | list | set) else thing
