"""The stock agent: movements on the topic, answers to the order's partition."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agents.publishing import reading
from agents.stock import STOCK
from models.messages import Message
from models.stock_messages import (
    DeductStock,
    ReceiveStock,
    ReserveStock,
    StockCommand,
    StockReservationFailed,
    StockReserved,
)
from tests.agents.stage import NOON, Stage, kinds, message, messages

LINE = {"sku": "KB-1", "reservation_id": "mina:1/1", "order_id": "mina:1", "reply_to": "mina"}


def received(quantity: int = 5, **changes: object) -> Message:
    """Goods come in, as the API says it."""
    return message(
        ReceiveStock(sku="KB-1", quantity=quantity), subject="KB-1", home="KB-1", **changes
    )


def reserve(quantity: int = 2, **changes: object) -> Message:
    """A saga asks for goods."""
    command = ReserveStock(**LINE, quantity=quantity, expires_at=NOON + timedelta(minutes=30))
    return message(command, subject="KB-1", home="KB-1", correlationid="mina:1", **changes)


@pytest.fixture
def stage() -> Stage:
    """The agent, on the partition of the SKU."""
    return Stage(STOCK.handle, reading(StockCommand), "KB-1")


def test_a_reservation_is_an_event_of_the_sku_and_an_answer_at_the_orders_home(
    stage: Stage,
) -> None:
    stage.say(received())

    outputs = stage.say(reserve(), foreign=False)

    (event,), (reply,) = messages(outputs, "stock"), messages(outputs, "sagas.replies")
    assert isinstance(event.data, StockReserved)
    assert reply.data == event.data
    assert (event.partitionkey, reply.partitionkey) == ("KB-1", "mina")
    assert (event.sequence, reply.sequence) == (2, None)
    assert event.id != reply.id
    assert event.causationid == reply.causationid == reserve().id
    assert reply.correlationid == "mina:1"


def test_who_asks_again_gets_the_same_answer_and_nothing_moves(stage: Stage) -> None:
    stage.say(received(quantity=1))
    (first,) = messages(stage.say(reserve(), foreign=False), "sagas.replies")
    stage.say(received(quantity=9, id="later"))

    again = stage.say(reserve(id="again"), foreign=False)

    assert kinds(again) == [("sagas.replies", "StockReservationFailed")]
    assert isinstance(first.data, StockReservationFailed)
    assert messages(again, "sagas.replies")[0].data == first.data


def test_goods_that_come_in_are_counted_once_however_often_it_is_said(stage: Stage) -> None:
    stage.say(received(), received())
    stage.say(received())

    outputs = stage.say(reserve(quantity=6), foreign=False)

    assert kinds(outputs) == [
        ("stock", "StockReservationFailed"),
        ("sagas.replies", "StockReservationFailed"),
    ]


def test_a_command_writes_the_counters_and_one_reservation_however_many_are_open(
    stage: Stage,
) -> None:
    stage.say(received(quantity=1_000))
    for number in range(50):
        stage.say(
            message(
                ReserveStock(
                    sku="KB-1",
                    reservation_id=f"o{number}/1",
                    order_id=f"o{number}",
                    reply_to="mina",
                    quantity=1,
                    expires_at=NOON,
                ),
                subject="KB-1",
                home="KB-1",
                id=f"r{number}",
            ),
            foreign=False,
        )
    before = dict(stage.store.data)

    stage.say(
        message(
            DeductStock(sku="KB-1", reservation_id="o7/1", order_id="o7", reply_to="mina"),
            subject="KB-1",
            home="KB-1",
        ),
        foreign=False,
    )

    changed = [key for key, value in stage.store.data.items() if before.get(key) != value]
    assert len(changed) == 2


def test_reservations_of_two_skus_under_one_id_do_not_meet() -> None:
    """A foreign producer may say anything; the key of a reservation holds its SKU."""
    twin = Stage(STOCK.handle, reading(StockCommand), "KB-1")
    sku = next(
        f"x{n}" for n in range(1_000) if Stage(STOCK.handle, twin.decode, f"x{n}").partition
        == twin.partition
    )  # fmt: skip
    twin.say(received())
    twin.say(reserve(), foreign=False)

    other = message(
        DeductStock(sku=sku, reservation_id="mina:1/1", order_id="mina:1", reply_to="mina"),
        subject=sku,
        home=sku,
    )

    assert kinds(twin.say(other, foreign=False))[0] == ("stock", "StockDeductionRefused")
