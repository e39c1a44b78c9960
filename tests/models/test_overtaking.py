"""What a policy makes of an order does not depend on which topic it hears first.

Real orders are lived through in a shop; then each context hears its facts again, in other orders
that are as possible: each topic in order, and nothing before what this context itself did to bring
it about. The end is the same memory, and the same was asked for.

One thing depends on who is first: a customer's cancellation against what goes forward. Of those
orders only such replays count in which nothing else was asked for than in the original.
"""

from __future__ import annotations

from collections import deque
from random import Random
from typing import Any, Final, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.messages import Payload
from models.notification_messages import NoticeEvent, Notify
from models.order_ids import user_of
from models.order_messages import (
    CancelOrder,
    CompleteCancellation,
    ConfirmOrder,
    CreateOrder,
    MarkOrderPaid,
    OrderCancellationRequested,
    OrderCancelled,
    OrderConfirmed,
    OrderCreated,
    OrderLine,
    OrderPaid,
    OrderRejected,
    OrderShipped,
    RejectOrder,
    ShipOrder,
    Style,
)
from models.payment_messages import (
    AuthorizePayment,
    CapturePayment,
    PaymentCaptureRequested,
    PaymentFailed,
    PaymentRefunded,
    PaymentRefundRequested,
    PaymentRequested,
    PaymentVoided,
    PaymentVoidRequested,
    PaymentVoidWanted,
    RefundPayment,
    VoidPayment,
)
from models.stock_messages import (
    DeductStock,
    ReceiveStock,
    ReleaseStock,
    ReserveStock,
    RestockStock,
    StockDeducted,
    StockDeductionRefused,
    StockReleased,
    StockReservationFailed,
    StockReserved,
    StockRestocked,
)
from tests.models.bank import METHODS
from tests.models.shop import NOON, Shop
from tests.models.shop_policies import POLICIES

ID = "ada:1"
Heard = list[tuple[str, Payload]]  # with the topic
Kinds = tuple[type[Payload], ...]
# What a context must have asked for, or heard, before a fact can reach it.
NEEDS: Final[dict[str, dict[type[Payload], Kinds]]] = {
    "orders": {
        PaymentRequested: (OrderCreated,),
        StockReserved: (OrderCreated,),
        StockReservationFailed: (OrderCreated,),
        StockReleased: (OrderCreated, OrderConfirmed, OrderCancellationRequested),
        OrderCancellationRequested: (CancelOrder,),
        StockDeducted: (OrderConfirmed,),
        StockDeductionRefused: (OrderConfirmed,),
        OrderConfirmed: (ConfirmOrder,),
        OrderPaid: (MarkOrderPaid,),
        OrderRejected: (RejectOrder,),
        OrderCancelled: (CompleteCancellation,),
        PaymentCaptureRequested: (OrderConfirmed,),
        PaymentRefundRequested: (OrderCancellationRequested,),
    },
    "payments": {
        PaymentRequested: (AuthorizePayment,),
        PaymentCaptureRequested: (CapturePayment,),
        PaymentVoidWanted: (VoidPayment,),
        PaymentVoidRequested: (VoidPayment,),
        PaymentVoided: (VoidPayment,),
        PaymentRefundRequested: (RefundPayment,),
        OrderConfirmed: (AuthorizePayment,),
        StockReservationFailed: (AuthorizePayment,),
        OrderRejected: (PaymentFailed, PaymentVoided),
        OrderCancelled: (PaymentFailed, PaymentVoided, PaymentRefunded),
    },
    "stock": {
        OrderConfirmed: (ReserveStock,),
        PaymentCaptureRequested: (ReserveStock,),
        PaymentVoidRequested: (ReserveStock,),
        OrderRejected: (ReleaseStock,),
        OrderShipped: (DeductStock,),
        StockReserved: (ReserveStock,),
        StockReservationFailed: (ReserveStock,),
        StockDeducted: (DeductStock, ReleaseStock),
        StockDeductionRefused: (DeductStock,),
        StockReleased: (ReleaseStock,),
        StockRestocked: (RestockStock,),
    },
    "notifications": dict.fromkeys(get_args(NoticeEvent), (Notify,)),
}


def lived(chance: Random, style: Style, *, cancelled: bool) -> Shop:
    """A shop at rest after one order, whatever became of it."""
    shop = Shop()
    for sku in ("TEA", "CUP"):
        shop.send(ReceiveStock(sku=sku, quantity=chance.randint(1, 6)))
    shop.rest()
    lines = [(chance.choice(("TEA", "CUP")), chance.randint(1, 3)) for _ in range(3)]
    shop.send(
        CreateOrder(
            order_id=ID,
            user_id="ada",
            lines=tuple(OrderLine(sku=sku, quantity=n, unit_price=100) for sku, n in lines),
            currency="USD",
            method=chance.choice(("card", *METHODS)),
            saga=style,
        )
    )
    moment = chance.randint(0, 60)
    for step in range(1000):
        if cancelled and step == moment:
            shop.send(CancelOrder(order_id=ID, reason="changed my mind"))
        if steps := shop.steps():
            chance.choice(steps)()
    if not cancelled:
        shop.send(ShipOrder(order_id=ID, tracking="T-1"))
        shop.rest()
    return shop


def replayed(
    context: str, heard: Heard, asked: list[Payload], chance: Random
) -> tuple[Any, list[Payload]] | None:
    """Hear it in another order that is as possible; None, if there was none from here on."""
    policy, memory, again = POLICIES[context], None, []
    topics: dict[str, deque[Payload]] = {topic: deque() for topic, _ in heard}
    for topic, fact in heard:
        topics[topic].append(fact)
    did = [*asked, *(fact for _, fact in heard)]
    seen: list[Payload] = []
    while any(topics.values()):
        ready = [each for each in topics.values() if each and _may(context, each[0], did, seen)]
        if not ready:
            return None
        fact = chance.choice(ready).popleft()
        before = policy.wanted(memory)
        memory = policy.follow(memory, fact, home=user_of(ID) or "", now=NOON)
        news = [each for each in policy.wanted(memory) if each not in before]
        again += news
        seen += [fact, *news]
        if memory is not None and policy.finished(memory):
            memory = None
    return memory, again


def _may(context: str, fact: Payload, did: list[Payload], seen: list[Payload]) -> bool:
    """Whether what this context did for a fact is done; what it never did is no obstacle."""
    for kind in NEEDS[context].get(type(fact), ()):
        causes = [each for each in did if isinstance(each, kind) and _alike(each, fact)]
        if causes and not any(each in seen for each in causes):
            return False
    return True


def _alike(cause: Payload, fact: Payload) -> bool:
    """Whether they are about the same line, or the same notification, as far as they say."""
    for name in ("reservation_id", "kind"):
        one, other = getattr(cause, name, None), getattr(fact, name, None)
        if None not in (one, other) and one != other:
            return False
    return True


@pytest.mark.parametrize("context", POLICIES)
@pytest.mark.parametrize("style", get_args(Style))
@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32))
def test_the_order_of_topics_changes_neither_the_end_nor_what_is_asked(
    context: str, style: Style, seed: int
) -> None:
    chance = Random(seed)
    policies = lived(chance, style, cancelled=False).policies
    key = (context, ID)

    for _ in range(10):
        found = replayed(context, policies.heard[key], policies.asked[key], chance)
        assert found is not None
        memory, asked = found
        assert memory == policies.memories.get(key)
        assert sorted(map(repr, asked)) == sorted(map(repr, policies.asked[key]))


@pytest.mark.parametrize("context", POLICIES)
@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32))
def test_the_order_of_topics_does_not_change_the_end_of_a_cancelled_order(
    context: str, seed: int
) -> None:
    chance = Random(seed)
    policies = lived(chance, "choreography", cancelled=True).policies
    key = (context, ID)

    for _ in range(10):
        found = replayed(context, policies.heard[key], policies.asked[key], chance)
        # Who asks for something else would have heard something else, too.
        if found is not None and set(found[1]) <= set(policies.asked[key]):
            assert found[0] == policies.memories.get(key)
            assert sorted(map(repr, found[1])) == sorted(map(repr, policies.asked[key]))
