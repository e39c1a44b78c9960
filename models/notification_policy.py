"""Choreography in notifications: what a customer is told as the order goes on.

| fact                                    | then      |
|-----------------------------------------|-----------|
| OrderPaid                               | confirmed |
| OrderShipped, OrderDelivered            | the same  |
| OrderRejected, OrderExpired             | the same  |
| OrderCancelled                          | the same  |

Each is a Notify; only the newest is waited for. Nothing overtakes anything here: the order's facts
come in order, and what became of a notification is this context's own.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from models.messages import Payload
from models.notification_messages import (
    Kind,
    NotificationFailed,
    NotificationSent,
    NotificationSuperseded,
    Notify,
)
from models.order_messages import (
    OrderCancelled,
    OrderCreated,
    OrderDelivered,
    OrderExpired,
    OrderPaid,
    OrderRejected,
    OrderShipped,
)

_KINDS: Final[dict[type[Payload], Kind]] = {
    OrderPaid: "confirmed",
    OrderShipped: "shipped",
    OrderDelivered: "delivered",
    OrderRejected: "rejected",
    OrderExpired: "expired",
    OrderCancelled: "cancelled",
}
_LAST: Final = ("delivered", "rejected", "expired", "cancelled")
_TOLD: Final = NotificationSent | NotificationFailed | NotificationSuperseded


class Memory(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """Whom to tell, what is being told, and whether that is settled, in whatever way."""

    order_id: str
    to: str | None = None
    name: str | None = None
    telling: Kind | None = None
    told: bool = False


def follow(
    memory: Memory | None,
    fact: Payload,
    *,
    home: str,  # noqa: ARG001 - every policy has the same form
    now: datetime,  # noqa: ARG001 - likewise
) -> Memory | None:
    """Return what is remembered of the order after a fact."""
    if memory is None:
        return _begun(fact) if isinstance(fact, OrderCreated) else None
    if isinstance(fact, _TOLD) and fact.kind == memory.telling and not memory.told:
        return msgspec.structs.replace(memory, told=True)
    kind = _KINDS.get(type(fact))
    if kind is None or kind == memory.telling:
        return memory
    return msgspec.structs.replace(memory, telling=kind, told=False)


def wanted(memory: Memory | None) -> tuple[Payload, ...]:
    """Return the commands whose outcome is waited for: one, or none."""
    if memory is None or memory.telling is None or memory.told:
        return ()
    return (Notify(order_id=memory.order_id, kind=memory.telling, to=memory.to, name=memory.name),)


def finished(memory: Memory) -> bool:
    """Whether the last thing that there is to say was said."""
    return memory.told and memory.telling in _LAST


def _begun(order: OrderCreated) -> Memory | None:
    if order.saga != "choreography":
        return None
    to, name = (order.customer.email, order.customer.name) if order.customer else (None, None)
    return Memory(order_id=order.order_id, to=to, name=name)
