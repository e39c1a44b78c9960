"""The stock agent: movements on the topic, answers to the order's partition."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from agents.publishing import CODEC, reading
from agents.stock import STOCK
from models.messages import Message
from models.stock_messages import (
    DeductStock,
    ExpireReservation,
    ReceiveStock,
    ReleaseStock,
    ReserveStock,
    RestockStock,
    StockCommand,
    StockReservationExpired,
    StockReservationFailed,
    StockReserved,
)
from streams.timers import PREFIX, Alarm, due_key
from tests.agents.stage import NOON, Stage, kinds, message, messages

UNTIL = NOON + timedelta(minutes=30)
LINE = {"sku": "KB-1", "reservation_id": "mina:1/1", "order_id": "mina:1", "reply_to": "mina"}


def received(quantity: int = 5, **changes: object) -> Message:
    """Goods come in, as the API says it."""
    return message(
        ReceiveStock(sku="KB-1", quantity=quantity), subject="KB-1", home="KB-1", **changes
    )


def reserve(quantity: int = 2, reservation_id: str = "mina:1/1", **changes: object) -> Message:
    """A saga asks for goods."""
    about = LINE | {"reservation_id": reservation_id}
    command = ReserveStock(**about, quantity=quantity, expires_at=UNTIL)
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


# The clock.


def ask(
    kind: type[DeductStock | ReleaseStock | RestockStock], reservation_id: str = "mina:1/1"
) -> Message:
    """A saga asks for the end of a reservation."""
    about = LINE | {"reservation_id": reservation_id}
    return message(kind(**about), subject="KB-1", home="KB-1", correlationid="mina:1")


def alarms(stage: Stage) -> list[Message]:
    """What the clock will say, soonest first; each record lies where it is due."""
    found = [(key, value) for key, value in sorted(stage.store.data.items()) if key[:2] == PREFIX]
    said = []
    for key, value in found:
        alarm = msgspec.msgpack.decode(value, type=Alarm)
        command = CODEC.decode(alarm.value)
        assert isinstance(command.data, ExpireReservation)
        assert key.startswith(due_key(command.data.at, ""))
        assert (alarm.topic, alarm.key) == ("stock.commands", command.partitionkey.encode())
        said.append(command)
    return said


def test_a_reservation_is_committed_with_the_message_that_ends_it(stage: Stage) -> None:
    stage.say(received())

    stage.say(reserve(), foreign=False)

    (said,) = alarms(stage)
    assert said.data == ExpireReservation(**LINE, at=UNTIL)
    assert (said.source, said.subject, said.partitionkey) == ("/clock", "KB-1", "KB-1")
    assert (said.causationid, said.correlationid) == (reserve().id, "mina:1")


@pytest.mark.parametrize("kind", [DeductStock, ReleaseStock, RestockStock])
def test_a_reservation_that_ends_otherwise_is_ended_by_no_clock(
    stage: Stage, kind: type[DeductStock | ReleaseStock | RestockStock]
) -> None:
    stage.say(received())
    stage.say(reserve(), foreign=False)

    stage.say(ask(kind), foreign=False)

    assert alarms(stage) == []


def test_a_reserve_that_is_refused_or_comes_again_sets_no_clock(stage: Stage) -> None:
    stage.say(reserve(quantity=9), foreign=False)
    assert alarms(stage) == []
    stage.say(received())
    stage.say(reserve(reservation_id="mina:1/2"), foreign=False)
    (first,) = alarms(stage)

    stage.say(reserve(reservation_id="mina:1/2", id="again"), foreign=False)

    assert alarms(stage) == [first]


def test_what_has_expired_is_available_again_and_told_at_the_orders_home(stage: Stage) -> None:
    stage.say(received(quantity=2))
    stage.say(reserve(), foreign=False)
    (said,) = alarms(stage)

    outputs = stage.say(said)

    (event,), (reply,) = messages(outputs, "stock"), messages(outputs, "sagas.replies")
    assert isinstance(event.data, StockReservationExpired)
    assert reply.data == event.data
    assert (event.partitionkey, reply.partitionkey) == ("KB-1", "mina")
    assert event.causationid == reply.causationid == said.id
    assert alarms(stage) == []
    later = stage.say(reserve(reservation_id="mina:1/2"), foreign=False)
    assert kinds(later) == [("stock", "StockReserved"), ("sagas.replies", "StockReserved")]


def test_a_clock_that_says_it_twice_or_too_late_changes_nothing(stage: Stage) -> None:
    stage.say(received())
    stage.say(reserve(), foreign=False)
    (said,) = alarms(stage)
    stage.say(said)
    assert stage.say(said) == []

    stage.say(reserve(reservation_id="mina:1/2", id="other"), foreign=False)
    (other,) = alarms(stage)
    stage.say(ask(DeductStock, "mina:1/2"), foreign=False)

    assert stage.say(other) == []


def test_a_deduction_after_expiry_leaves_no_clock_behind(stage: Stage) -> None:
    stage.say(received())
    stage.say(reserve(), foreign=False)
    stage.say(*alarms(stage))

    outputs = stage.say(ask(DeductStock), foreign=False)

    assert [kind for topic, kind in kinds(outputs) if topic == "stock"] == [
        "StockReserved",
        "StockDeducted",
    ]
    assert alarms(stage) == []


def test_an_expiry_from_before_there_was_a_clock_is_told_to_nobody(stage: Stage) -> None:
    stage.say(received())
    stage.say(reserve(), foreign=False)
    about = {name: value for name, value in LINE.items() if name != "reply_to"}
    old = message(ExpireReservation(**about, at=UNTIL), subject="KB-1", home="KB-1")

    assert kinds(stage.say(old)) == [("stock", "StockReservationExpired")]
