"""The checkout saga under any facts in any order: it asks nothing twice, and forgets nothing.

What comes is either anything at all, or an answer to something that was asked: without those no
walk would get beyond the first step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from models.messages import Payload
from models.notification_messages import Kind, NotificationEvent, Notify
from models.order_messages import (
    CancelOrder,
    CompleteCancellation,
    ConfirmOrder,
    ExpireOrder,
    MarkOrderPaid,
    OrderCommand,
    OrderCreated,
    OrderEvent,
    RejectOrder,
    Status,
    Style,
)
from models.payment_messages import (
    AuthorizePayment,
    CapturePayment,
    Operation,
    PaymentCommand,
    PaymentEvent,
    RefundPayment,
    VoidPayment,
)
from models.saga_requests import waiting
from models.stock_messages import (
    DeductStock,
    OrderLineCommand,
    ReleaseStock,
    ReserveStock,
    RestockStock,
    StockEvent,
)
from tests.models.saga_facts import (
    ALREADY_CAPTURED,
    AUTHORIZED,
    CANCELLED,
    CAPTURED,
    CONFIRMED,
    DECLINED,
    EXPIRED,
    ID,
    MINA,
    NOON,
    NOT_CAPTURED,
    NOT_REFUNDED,
    PAID,
    PAYMENT,
    REFUNDED,
    REJECTED,
    REQUESTED,
    VOIDED,
    created,
    deducted,
    not_deducted,
    not_reserved,
    order_refuses,
    released,
    reserved,
    restocked,
    told,
)
from tests.models.saga_story import Journey, given

PROPERTY = settings(deadline=None)  # the machine is shared: time is not what is tested

COMMANDS = [schema.__name__ for schema in get_args(OrderCommand | PaymentCommand)]
AMOUNTS = st.sampled_from([0, 1, 6000, 2**53])
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "amount": AMOUNTS,
    "available": AMOUNTS,
    "by": st.sampled_from(get_args(Kind)),
    "captured": AMOUNTS,
    "change": st.integers(-5, 5),
    "code": st.sampled_from(["already_captured", "card_declined", "x"]),
    "command": st.sampled_from([*COMMANDS, "Nonsense"]),
    "currency": st.sampled_from(["USD", "KRW"]),
    "currency_source": st.just("given"),
    "customer": st.sampled_from([None, MINA]),
    "expires_at": st.just(NOON),
    "key": st.just("k"),
    "kind": st.sampled_from(get_args(Kind)),
    "lines": st.sampled_from([created(n).lines for n in range(3)]),
    "method": st.sampled_from([None, "card"]),
    "name": st.none(),
    "operation": st.sampled_from(get_args(Operation)),
    "order_id": st.sampled_from([ID, ID, ID, "mina:another"]),
    "outcome": st.sampled_from(["succeeded", "refused"]),
    "payment_id": st.sampled_from([PAYMENT, PAYMENT, "mina:another/payment"]),
    "quantity": AMOUNTS,
    "reason": st.sampled_from(["because", "already_captured"]),
    "reference": st.none(),
    "refund_id": st.just(f"{PAYMENT}/return"),
    "reservation_id": st.sampled_from([*(f"{ID}/{n}" for n in range(5)), "mina:another/1"]),
    "retryable": st.booleans(),
    "saga": st.sampled_from(get_args(Style)),
    "sku": st.just("SKU-A"),
    "state": st.sampled_from([*get_args(Status), "NONE"]),
    "to": st.just("mina@example.org"),
    "total": AMOUNTS,
    "tracking": st.just("T-1"),
    "user_id": st.just("mina"),
    "version": st.sampled_from([1, 2]),
}
FACTS = tuple(
    schema
    for family in (OrderEvent, PaymentEvent, StockEvent, NotificationEvent)
    for schema in get_args(family)
)


def any_of(schema: type[Payload]) -> st.SearchStrategy[Payload]:
    return st.builds(schema, **{field: FIELDS[field] for field in schema.__struct_fields__})


def answer(command: Payload, *, good: bool) -> Payload:
    """What comes of a command; what nobody may refuse is done either way."""
    if isinstance(command, OrderLineCommand):
        line = int(command.reservation_id.rpartition("/")[2])
        return LINE_ANSWERS[type(command)][good](line)
    return told(command.kind) if isinstance(command, Notify) else ANSWERS[type(command)][good]


# Refused, and done.
LINE_ANSWERS: dict[type[Payload], tuple[Callable[[int], Payload], Callable[[int], Payload]]] = {
    ReserveStock: (not_reserved, reserved),
    DeductStock: (not_deducted, deducted),
    ReleaseStock: (released, released),
    RestockStock: (restocked, restocked),
}
ANSWERS: dict[type[Payload], tuple[Payload, Payload]] = {
    AuthorizePayment: (DECLINED, AUTHORIZED),
    ConfirmOrder: (order_refuses("ConfirmOrder", "CANCEL_PENDING"), CONFIRMED),
    CapturePayment: (NOT_CAPTURED, CAPTURED),
    VoidPayment: (ALREADY_CAPTURED, VOIDED),
    RefundPayment: (NOT_REFUNDED, REFUNDED),
    MarkOrderPaid: (PAID, PAID),
    RejectOrder: (REJECTED, REJECTED),
    CancelOrder: (REQUESTED, REQUESTED),
    CompleteCancellation: (CANCELLED, CANCELLED),
    ExpireOrder: (EXPIRED, EXPIRED),
}
# Either any fact at all, or which of the commands that are out is answered, and how.
HAPPENINGS = st.lists(
    st.one_of(
        st.sampled_from(FACTS).flatmap(any_of),
        st.tuples(st.integers(0, 10), st.sampled_from([True, True, False])),
    ),
    max_size=40,
)
LINES = st.integers(0, 4)


def walk(story: Journey, happenings: list[Any]) -> Journey:
    for happening in happenings:
        out = waiting(story.saga)
        if isinstance(happening, Payload):
            story = story.when(happening)
        elif out:
            chosen, good = happening
            command = out[chosen % len(out)]
            story = story.when(answer(command, good=good))
            assert _settled(command, good=good) == (command not in story.waits_for)
    return story


def _settled(command: Payload, *, good: bool) -> bool:
    """Nobody waits for it any more; whether an order is paid is not waited for by itself."""
    return not isinstance(command, MarkOrderPaid) and (good or type(command) is not RefundPayment)


@PROPERTY
@for_all(LINES, HAPPENINGS)
def test_no_fact_raises_and_nothing_is_asked_twice(lines: int, happenings: list[Any]) -> None:
    """`Journey.when` checks the rest of it: the fold, JSON, and what the saga waits for."""
    walk(given(created(lines)), happenings)


@PROPERTY
@for_all(LINES, HAPPENINGS)
def test_once_all_that_was_asked_is_answered_every_saga_has_ended(
    lines: int, happenings: list[Any]
) -> None:
    """Whatever happened before: nothing is forgotten."""
    story = walk(given(created(lines)), happenings)

    for _ in range(50):
        for command in waiting(story.saga):
            story = story.when(answer(command, good=True))

    assert story.saga is not None
    assert story.saga.state == "completed"
    assert waiting(story.saga) == ()


@pytest.mark.parametrize("schema", FACTS, ids=lambda schema: schema.__name__)
def test_no_fact_begins_a_saga_but_an_order(schema: type[Payload]) -> None:
    """What may be meant for one that begins later is kept; nothing is said, and nothing asked."""

    @PROPERTY
    @for_all(any_of(schema))
    def check(fact: Payload) -> None:
        story = given().when(fact)
        if not isinstance(fact, OrderCreated):
            story.then().asks()
            assert story.saga is None or story.saga.state == "expected"

    check()
