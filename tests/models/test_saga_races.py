"""Races that two partitions, or two deciders, run with the checkout saga in between.

Their numbers are those of the domain's list of races and odd deliveries.
"""

from __future__ import annotations

from models.order_messages import CreateOrder, OrderLine
from models.stock_messages import ReceiveStock
from tests.models.saga_facts import (
    ALREADY_CAPTURED,
    AUTHORIZED,
    CANCELLED,
    CAPTURED,
    COMPLETE,
    CONFIRMED,
    NOT_CAPTURED,
    NOT_VOIDED,
    REFUND,
    REFUNDED,
    REQUESTED,
    VOIDED,
    WHY,
    not_reserved,
    order_refuses,
    released,
    told,
)
from tests.models.saga_story import (
    HELD,
    PIVOT,
    RESERVED,
    done,
    each,
    ended,
    given,
    turned,
    undone,
)
from tests.models.shop import Shop
from tests.models.shop_books import check_at_rest


def test_race_1_a_cancellation_before_the_confirmation_wins() -> None:
    story = given(*RESERVED, REQUESTED, order_refuses("ConfirmOrder", "CANCEL_PENDING"))

    story.when(*each(released), VOIDED).asks(COMPLETE)


def test_race_1_a_cancellation_after_the_confirmation_undoes_it() -> None:
    """The capture that the confirmation asked for is out, and decides how the money comes back."""
    story = given(*RESERVED).when(CONFIRMED, REQUESTED)
    story.then(done("confirm"), *story.events[1:2], turned("cancel", WHY), undone("confirm"))

    story.when(CAPTURED).asks(REFUND)


def test_race_2_a_void_that_finds_the_money_taken_becomes_a_refund() -> None:
    story = given(*PIVOT, NOT_CAPTURED).when(ALREADY_CAPTURED)
    story.then(done("capture")).asks(REFUND)

    story.when(ALREADY_CAPTURED).then().asks()
    story.when(VOIDED).then().asks()
    story.when(REFUNDED, *each(released), REQUESTED).asks(COMPLETE)


def test_race_2_a_stuck_void_that_finds_the_money_taken_goes_on_with_a_refund() -> None:
    story = given(*PIVOT, NOT_CAPTURED, NOT_VOIDED).when(ALREADY_CAPTURED).asks(REFUND)
    assert story.saga is not None
    assert story.saga.state == "compensating"


def test_race_4_of_two_orders_for_the_last_unit_one_is_sold_and_one_rejected() -> None:
    shop = Shop()
    shop.send(ReceiveStock(sku="TEA", quantity=1))
    for user in ("ada", "bob"):
        line = OrderLine(sku="TEA", quantity=1, unit_price=100)
        order_id = f"{user}:1"
        shop.send(
            CreateOrder(
                order_id=order_id, user_id=user, lines=(line,), currency="USD", method="card"
            )
        )

    shop.rest()

    assert sorted(order.status for order in shop.orders.values()) == ["CONFIRMED", "REJECTED"]
    check_at_rest(shop)


def test_race_5_a_line_released_before_it_was_reserved_is_refused_when_it_comes() -> None:
    """Whatever the order of both answers."""
    story = given(*HELD, REQUESTED)
    for answers in ((released(1), not_reserved(1)), (not_reserved(1), released(1))):
        story.when(*answers).then(undone("reserve", 1)).asks()


def test_race_8_money_taken_after_the_cancellation_goes_back_and_revives_nothing() -> None:
    story = given(*PIVOT, REQUESTED).when(CAPTURED).then(done("capture")).asks(REFUND)

    over = story.when(REFUNDED, *each(released), CANCELLED, told("cancelled"))
    assert over.events[-1] == ended("cancelled", WHY)
    for late in (CAPTURED, CONFIRMED, AUTHORIZED, REFUNDED):
        assert over.when(late).then().asks().saga == over.saga


def test_race_9_a_late_refusal_after_success_changes_nothing() -> None:
    for late in (not_reserved(2), NOT_CAPTURED, order_refuses("ConfirmOrder", "CONFIRMED")):
        story = given(*PIVOT, CAPTURED)
        assert story.when(late).then().asks().saga == story.saga
