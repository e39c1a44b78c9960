"""Orders: every row of the table of transitions, and each of its guards, as sentences of events."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from models.money import MAX_AMOUNT
from models.order_messages import (
    ConfirmOrder,
    OrderCommand,
    OrderCommandRefused,
    OrderConfirmed,
    OrderCreated,
    OrderEvent,
    Status,
)
from models.orders import LONGEST_ORDER_ID, Order, refuse
from tests.models.order_story import (
    CANCEL,
    CANCELLED,
    COMPLETE,
    CONFIRM,
    CONFIRMED,
    CREATE,
    CREATED,
    DEAREST,
    DELIVER,
    DELIVERED,
    EXPIRE,
    EXPIRED,
    ID,
    LINES,
    NOON,
    ORDER,
    PAID,
    PASTS,
    PAY,
    REJECT,
    REJECTED,
    REQUESTED,
    SHIP,
    SHIPPED,
    TOTAL,
)


def refused(command: OrderCommand, state: Status, reason: str) -> OrderCommandRefused:
    name = type(command).__name__
    return OrderCommandRefused(order_id=ID, command=name, state=state, reason=reason)


def folded(events: tuple[OrderEvent, ...]) -> Order:
    order = ORDER.given(*events).state
    assert order is not None
    return order


# Every row of the table.


def test_an_order_is_created_with_the_sum_of_its_lines() -> None:
    ORDER.given().when(CREATE).then(CREATED)


def test_a_pending_order_is_confirmed_on_money_and_stock() -> None:
    ORDER.given(CREATED).when(CONFIRM).then(CONFIRMED)


def test_a_pending_order_is_rejected_for_a_reason() -> None:
    ORDER.given(CREATED).when(REJECT).then(REJECTED)


def test_a_pending_order_expires_when_its_time_is_over() -> None:
    ORDER.given(CREATED).when(EXPIRE).then(EXPIRED)


def test_a_confirmed_order_is_paid_once_its_total_is_captured() -> None:
    ORDER.given(CREATED, CONFIRMED).when(PAY).then(PAID)


@pytest.mark.parametrize("past", [(CREATED,), (CREATED, CONFIRMED), (CREATED, CONFIRMED, PAID)])
def test_an_order_that_is_not_shipped_can_be_cancelled(past: tuple[OrderEvent, ...]) -> None:
    ORDER.given(*past).when(CANCEL).then(REQUESTED)


def test_a_cancellation_ends_when_stock_and_money_are_back_for_the_reason_it_was_asked() -> None:
    ORDER.given(CREATED, CONFIRMED, REQUESTED).when(COMPLETE).then(CANCELLED)


def test_a_paid_order_is_shipped() -> None:
    ORDER.given(CREATED, CONFIRMED, PAID).when(SHIP).then(SHIPPED)


def test_a_shipped_order_is_delivered() -> None:
    ORDER.given(CREATED, CONFIRMED, PAID, SHIPPED).when(DELIVER).then(DELIVERED)


def test_a_whole_order_is_one_sentence() -> None:
    told = ORDER.given().when(CREATE).then(CREATED).when(CONFIRM).then(CONFIRMED)
    told = told.when(PAY).then(PAID).when(SHIP).then(SHIPPED).when(DELIVER).then(DELIVERED)

    assert told.state == Order(
        order_id=ID,
        version=5,
        status="DELIVERED",
        total=TOTAL,
        currency="USD",
        lines=2,
        fingerprint=folded((CREATED,)).fingerprint,
        confirmed=True,
        paid=True,
        tracking="TRACK-1",
    )


# Its guards.


def changed(command: OrderCommand, **changes: object) -> OrderCommand:
    return msgspec.structs.replace(command, **changes)


@pytest.mark.parametrize(
    ("past", "command", "reason"),
    [
        (
            "pending",
            changed(CONFIRM, authorized=TOTAL - 1),
            "only 8699 of 8700 minor units are authorized",
        ),
        ("pending", changed(CONFIRM, reserved=1), "1 of 2 lines are reserved"),
        ("pending", changed(CONFIRM, reserved=3), "3 of 2 lines are reserved"),
        (
            "pending",
            changed(EXPIRE, at=NOON - timedelta(seconds=1)),
            "its time is over at 2026-03-02T12:00:00+00:00, and it was 2026-03-02T11:59:59+00:00",
        ),
        (
            "pending",
            changed(EXPIRE, payment_outstanding=True),
            "a payment request is unanswered; ask the gateway for its outcome first",
        ),
        (
            "confirmed",
            changed(PAY, captured=TOTAL - 1),
            "only 8699 of 8700 minor units are captured",
        ),
        ("cancelling", changed(COMPLETE, stock_returned=False), "its stock is not given back yet"),
        ("withdrawn", changed(COMPLETE, money_returned=False), "its money is not given back yet"),
        (
            "confirmed",
            SHIP,
            "the order is not paid yet; only a confirmed and paid order can be shipped",
        ),
    ],
)
def test_a_command_that_lacks_its_evidence_is_refused(
    past: str, command: OrderCommand, reason: str
) -> None:
    state = folded(PASTS[past]).status

    ORDER.given(*PASTS[past]).when(command).then(refused(command, state, reason))


def test_more_money_than_the_total_is_enough() -> None:
    ORDER.given(CREATED).when(changed(CONFIRM, authorized=TOTAL + 1)).then(CONFIRMED)


# Guards of a new order.

NAMES_ITS_USER = "the order id must be mina: and something after it, so that it names its user"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"order_id": "jun:01JNAFQ3E0"}, NAMES_ITS_USER),
        ({"order_id": "mina:"}, NAMES_ITS_USER),
        ({"order_id": "mina:a:b"}, NAMES_ITS_USER),
        (
            {"order_id": "mina:" + "1" * LONGEST_ORDER_ID},
            "the order id has 165 characters; use at most 160",
        ),
        (
            {"lines": (DEAREST, LINES[0])},
            "the total of 9007199254745942 minor units is beyond 2**53; split the order",
        ),
    ],
)
def test_an_order_that_cannot_be_is_refused_and_leaves_nothing(
    changes: dict[str, str], reason: str
) -> None:
    command = msgspec.structs.replace(CREATE, **changes)
    refusal = OrderCommandRefused(
        order_id=command.order_id, command="CreateOrder", state="NONE", reason=reason
    )

    assert ORDER.given().when(command).then(refusal).state is None


def test_the_largest_total_is_2_to_the_53() -> None:
    dearest = msgspec.structs.replace(CREATE, lines=(DEAREST,))
    created = msgspec.structs.replace(CREATED, lines=(DEAREST,), total=MAX_AMOUNT)

    ORDER.given().when(dearest).then(created)


def test_the_longest_order_id_leaves_room_for_the_ids_made_from_it() -> None:
    order_id = "mina:".ljust(LONGEST_ORDER_ID, "1")
    command = msgspec.structs.replace(CREATE, order_id=order_id)

    ORDER.given().when(command).then(msgspec.structs.replace(CREATED, order_id=order_id))


def test_an_order_id_may_be_used_again_after_it_was_refused() -> None:
    too_dear = msgspec.structs.replace(CREATE, lines=(DEAREST, DEAREST))
    refusal = refuse(None, too_dear, "too dear")

    ORDER.given(refusal).when(CREATE).then(CREATED)


# A repeated CreateOrder.


@pytest.mark.parametrize(
    "changes",
    [
        {"customer": None},
        {"lines": LINES[:1]},
        {"lines": LINES[::-1]},
        {"currency": "EUR"},
        {"method": "card-slow"},
        {"user_id": "jun"},
    ],
)
def test_an_order_that_exists_cannot_be_created_with_other_content(
    changes: dict[str, object],
) -> None:
    command = msgspec.structs.replace(CREATE, **changes)
    reason = "an order of this id exists already, with other content; use a new id"

    ORDER.given(CREATED, CONFIRMED).when(command).then(refused(command, "CONFIRMED", reason))


# What is said.


@pytest.mark.parametrize(
    ("past", "command", "reason"),
    [
        ((), SHIP, "there is no such order; create it first"),
        (PASTS["shipped"], CANCEL, "the order is on its way; only an order that is not shipped"),
        (PASTS["pending"], SHIP, "the order waits for its payment and its stock; only a confirmed"),
        (PASTS["cancelled"], PAY, "the order was cancelled; only a confirmed order can be paid"),
    ],
)
def test_a_refusal_is_a_sentence_for_an_operator(
    past: tuple[OrderEvent, ...], command: OrderCommand, reason: str
) -> None:
    (event,) = ORDER.given(*past).when(command).events

    assert isinstance(event, OrderCommandRefused)
    assert event.reason.startswith(reason)


def test_goods_leave_under_one_tracking_number() -> None:
    other = changed(SHIP, tracking="TRACK-2")
    (event,) = ORDER.given(*PASTS["shipped"]).when(other).events

    assert isinstance(event, OrderCommandRefused)


def test_an_agent_may_refuse_for_a_reason_of_its_own() -> None:
    why = "this command id was used before, with another body"

    assert refuse(folded(PASTS["paid"]), CANCEL, why) == refused(CANCEL, "CONFIRMED", why)
    assert refuse(None, CANCEL, why).state == "NONE"


def test_an_order_of_the_plain_envelope_has_neither_user_nor_lines() -> None:
    """Golden histories have such orders: what they say is enough for later decisions."""
    old = OrderCreated(
        order_id="123",
        user_id=None,
        lines=(),
        total=50_000,
        currency="KRW",
        currency_source="upcast",
    )
    confirm = ConfirmOrder(order_id="123", authorized=50_000, reserved=0)

    ORDER.given(old).when(confirm).then(OrderConfirmed(order_id="123"))
