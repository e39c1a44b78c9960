"""The clock of a shop in memory: deadlines pass when whoever holds the shop says so, in any order.

As in the agents, a deadline that was met meanwhile says nothing to anybody.
"""

from __future__ import annotations

from models import order_policy
from models.order_ids import user_of
from models.order_messages import OrderTimedOut
from models.saga_messages import SagaTimedOut
from models.sagas import react
from models.stock_messages import ExpireReservation
from tests.models.shop import Shop


def miss(shop: Shop, order_id: str) -> None:
    """The answers that a saga waits for are missed: it asks again, or gives up."""
    saga = shop.sagas[order_id]
    assert saga.deadline is not None, "it waits for nothing"
    shop.now = max(shop.now, saga.deadline)
    passed = SagaTimedOut(order_id=order_id, deadline=saga.deadline, at=saga.deadline)
    after, events, commands = react(saga, passed, home=saga.home, now=shop.now)
    assert after is not None
    shop.sagas[order_id] = after
    shop.events["sagas", order_id].extend(events)
    for command in commands:
        if command not in shop.sent[order_id]:
            shop.sent[order_id].append(command)
        shop.send(command)


def run_out(shop: Shop, order_id: str) -> None:
    """The time of an order that nobody coordinates is over."""
    deadline = order_policy.due(shop.policies.memories.get(("orders", order_id)))
    if deadline is not None:
        passed = OrderTimedOut(order_id=order_id, deadline=deadline, at=deadline)
        shop.policies.follow("orders", "orders", passed)


def expire(shop: Shop, sku: str, reservation: str) -> None:
    """Put on its way that a reservation has been held for too long."""
    found = shop.reservations[sku, reservation]
    if found.status == "open" and found.expires_at is not None:
        shop.now = max(shop.now, found.expires_at)
        shop.send(
            ExpireReservation(
                sku=sku,
                reservation_id=reservation,
                order_id=found.order_id,
                at=found.expires_at,
                reply_to=user_of(found.order_id),
            )
        )
