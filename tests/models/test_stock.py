"""Stock: every row of its table, and every status of a reservation against every command."""

from __future__ import annotations

import msgspec
import pytest

from models.money import MAX_AMOUNT
from models.stock import (
    Level,
    Reservation,
    Stock,
    answer,
    decide,
    evolve,
    expiry,
    refuse,
    reservation_in,
)
from models.stock_messages import (
    AdjustStock,
    StockAdjusted,
    StockCommand,
    StockCommandRefused,
    StockEvent,
)
from tests.models.given import Past
from tests.models.stock_story import (
    ADJUST,
    ADJUSTED,
    ALL,
    DEDUCT,
    DEDUCTED,
    EXPIRE,
    EXPIRED,
    FAILED,
    LINE,
    MOMENT,
    NOON,
    NOTHING_RELEASED,
    NOTHING_RESTOCKED,
    OPEN,
    PASTS,
    RECEIVE,
    RECEIVED,
    RELEASE,
    RELEASED,
    RESERVE,
    RESERVED,
    RESTOCK,
    RESTOCKED,
    SKU,
    STOCK,
    failed,
    folded,
    undeducted,
)


def refused(command: StockCommand, available: int, reason: str) -> StockCommandRefused:
    name = type(command).__name__
    return StockCommandRefused(sku=SKU, command=name, available=available, reason=reason)


def numbers(past: Past[Stock, StockCommand, StockEvent]) -> tuple[int, int, int]:
    level = folded(past.events).level
    return level.on_hand, level.reserved, level.available


# What comes in, and what is counted.


def test_goods_that_come_in_are_on_hand() -> None:
    past = STOCK.given().when(RECEIVE).then(RECEIVED)

    assert numbers(past) == (5, 0, 5)


def test_a_count_changes_what_is_on_hand() -> None:
    past = STOCK.given(RECEIVED).when(ADJUST).then(ADJUSTED)

    assert numbers(past) == (3, 0, 3)


def test_a_count_may_take_all_that_is_available_and_no_more() -> None:
    most = msgspec.structs.replace(ADJUST, change=-2)
    too_much = msgspec.structs.replace(ADJUST, change=-3)

    STOCK.given(*OPEN).when(most).then(ADJUSTED)
    STOCK.given(*OPEN).when(too_much).then(
        refused(too_much, 2, "only 2 are available; take away at most 2")
    )


def test_a_count_of_an_unknown_sku_can_only_find_goods() -> None:
    found = AdjustStock(sku=SKU, change=1, reason="behind the shelf")

    STOCK.given().when(ADJUST).then(refused(ADJUST, 0, "only 0 are available; take away at most 0"))
    STOCK.given().when(found).then(StockAdjusted(sku=SKU, change=1, reason="behind the shelf"))


def test_a_count_that_changes_nothing_is_refused() -> None:
    nothing = msgspec.structs.replace(ADJUST, change=0)

    STOCK.given(RECEIVED).when(nothing).then(
        refused(nothing, 5, "a change of 0 changes nothing; give the difference")
    )


@pytest.mark.parametrize(
    "command", [RECEIVE, AdjustStock(sku=SKU, change=5, reason="found")], ids=["receive", "adjust"]
)
def test_more_on_hand_than_json_readers_count_exactly_is_refused(command: StockCommand) -> None:
    fits = Stock(sku=SKU, level=Level(on_hand=MAX_AMOUNT - 5))
    full = Stock(sku=SKU, level=Level(on_hand=MAX_AMOUNT - 4))

    (event,) = decide(fits, command)
    assert evolve(fits, event).level.on_hand == MAX_AMOUNT
    (event,) = decide(full, command)
    reason = f"{MAX_AMOUNT - 4} on hand and 5 more are beyond 2**53; adjust it down first"
    assert event == refused(command, MAX_AMOUNT - 4, reason)


# What is kept for an order line.


def test_what_is_available_can_be_reserved() -> None:
    past = STOCK.given(RECEIVED).when(RESERVE).then(RESERVED)

    assert numbers(past) == (5, 3, 2)


def test_the_last_unit_can_be_reserved_and_nothing_beyond_it() -> None:
    last = msgspec.structs.replace(RESERVE, quantity=5)
    beyond = msgspec.structs.replace(RESERVE, quantity=6)

    (granted,) = STOCK.given(RECEIVED).when(last).events
    (denied,) = STOCK.given(RECEIVED).when(beyond).events
    assert granted == msgspec.structs.replace(RESERVED, quantity=5)
    assert denied == msgspec.structs.replace(
        FAILED, quantity=6, available=5, reason="only 5 of 6 are available"
    )


def test_a_failed_reservation_is_remembered_even_when_goods_come_in() -> None:
    past = STOCK.given().when(RESERVE).then(FAILED).when(RECEIVE).then(RECEIVED)

    past.when(RESERVE).then()
    assert answer(folded(past.events), RESERVE) == FAILED


def test_reserved_goods_leave() -> None:
    past = STOCK.given(*OPEN).when(DEDUCT).then(DEDUCTED)

    assert numbers(past) == (2, 0, 2)


def test_reserved_goods_are_released() -> None:
    past = STOCK.given(*OPEN).when(RELEASE).then(RELEASED)

    assert numbers(past) == (5, 0, 5)


def test_deducted_goods_come_back_once() -> None:
    past = STOCK.given(*OPEN, DEDUCTED).when(RESTOCK).then(RESTOCKED).when(RESTOCK).then()

    assert numbers(past) == (5, 0, 5)


def test_a_reservation_expires_at_its_deadline_and_not_a_moment_before() -> None:
    early = msgspec.structs.replace(EXPIRE, at=NOON - MOMENT)

    past = STOCK.given(*OPEN).when(early).then().when(EXPIRE).then(EXPIRED)
    assert numbers(past) == (5, 0, 5)


@pytest.mark.parametrize("past", PASTS)
def test_only_an_open_reservation_has_a_time_at_which_it_ends_by_itself(past: str) -> None:
    ends = msgspec.structs.replace(EXPIRE, reply_to="mina")

    assert expiry(folded(PASTS[past]), RESERVE) == (ends if past == "open" else None)


def test_what_is_about_no_reservation_has_no_time_at_which_it_ends() -> None:
    assert expiry(None, RECEIVE) is expiry(folded((RECEIVED,)), RECEIVE) is None


def test_goods_of_an_expired_reservation_are_deducted_if_they_are_still_there() -> None:
    past = STOCK.given(*PASTS["expired"]).when(DEDUCT).then(RESERVED, DEDUCTED)

    assert numbers(past) == (2, 0, 2)


@pytest.mark.parametrize(("left", "events"), [(3, (RESERVED, DEDUCTED)), (2, None)])
def test_after_expiry_the_last_goods_are_enough(
    left: int, events: tuple[StockEvent, ...] | None
) -> None:
    lost = StockAdjusted(sku=SKU, change=left - 5, reason="fire")
    refusal = undeducted(left, f"it has expired, and only {left} of 3 are available")

    STOCK.given(*PASTS["expired"], lost).when(DEDUCT).then(*(events or (refusal,)))


def test_a_deduction_after_expiry_is_refused_for_good_if_the_goods_are_gone() -> None:
    gone = undeducted(0, "it has expired, and only 0 of 3 are available")

    past = STOCK.given(*PASTS["expired, and none left"]).when(DEDUCT).then(gone)
    past = past.when(RECEIVE).then(RECEIVED).when(DEDUCT).then()
    assert answer(folded(past.events), DEDUCT) == gone


RENEW = msgspec.structs.replace(RESERVE, expires_at=NOON + MOMENT)


def test_an_expired_reservation_is_renewed_for_longer_if_the_goods_are_still_there() -> None:
    renewed = msgspec.structs.replace(RESERVED, expires_at=NOON + MOMENT)
    past = STOCK.given(*PASTS["expired"]).when(RENEW).then(renewed)

    assert answer(folded(past.events), RENEW) == renewed
    assert numbers(past) == (5, 3, 2)
    past.when(RENEW).then().when(DEDUCT).then(DEDUCTED)


def test_an_expired_reservation_whose_goods_are_gone_is_not_renewed_nor_deducted() -> None:
    gone = failed(0, "only 0 of 3 are available")
    past = STOCK.given(*PASTS["expired, and none left"]).when(RENEW).then(gone)

    assert answer(folded(past.events), RENEW) == gone
    past = past.when(RENEW).then().when(RECEIVE).then(RECEIVED)
    past.when(DEDUCT).then(undeducted(5, "it has expired, and could not be renewed"))


def test_a_release_before_its_reserve_refuses_the_late_reserve() -> None:
    past = STOCK.given(RECEIVED).when(RELEASE).then(NOTHING_RELEASED)

    past.when(RESERVE).then(failed(5, "it was released before it was asked for"))


def test_a_restock_of_what_was_not_deducted_gives_back_nothing_and_releases_it() -> None:
    past = STOCK.given(*OPEN).when(RESTOCK).then(RELEASED, NOTHING_RESTOCKED)

    assert numbers(past) == (5, 0, 5)
    past.when(DEDUCT).then(undeducted(5, "the reservation was released"))


def test_a_release_of_deducted_goods_is_answered_that_they_have_left() -> None:
    """So the asker restocks them; bringing them back here might sell what is on its way."""
    past = STOCK.given(*OPEN, DEDUCTED).when(RELEASE).then()

    assert answer(folded(past.events), RELEASE) == DEDUCTED
    past.when(RESTOCK).then(RESTOCKED).when(RELEASE).then()


def test_a_restock_beyond_what_can_be_counted_is_refused_and_possible_later() -> None:
    gone = Reservation(order_id="mina:1", status="deducted", quantity=3, expires_at=NOON)
    full = Stock(sku=SKU, level=Level(on_hand=MAX_AMOUNT - 2), reservation=gone)
    room = msgspec.structs.replace(full, level=Level(on_hand=MAX_AMOUNT - 3))

    reason = f"{MAX_AMOUNT - 2} on hand and 3 more are beyond 2**53; adjust it down first"
    assert decide(full, RESTOCK) == (refused(RESTOCK, MAX_AMOUNT - 2, reason),)
    assert answer(full, RESTOCK) is None
    assert decide(room, RESTOCK) == (RESTOCKED,)


# Commands that contradict the reservation.


def test_a_reserve_of_another_quantity_under_the_same_id_is_refused() -> None:
    more = msgspec.structs.replace(RESERVE, quantity=4)

    past = (
        STOCK.given(*OPEN)
        .when(more)
        .then(refused(more, 2, "3 were asked for under this id, not 4; use a new id"))
    )
    assert answer(folded(past.events), more) is None
    assert answer(folded(past.events), RESERVE) == RESERVED


def test_a_reserve_with_another_deadline_is_a_repetition() -> None:
    later = msgspec.structs.replace(RESERVE, expires_at=NOON + MOMENT)

    past = STOCK.given(*OPEN).when(later).then()
    assert answer(folded(past.events), later) == RESERVED


@pytest.mark.parametrize("command", ALL[2:], ids=lambda each: type(each).__name__)
def test_nobody_touches_the_reservation_of_another_order(command: StockCommand) -> None:
    foreign = msgspec.structs.replace(command, order_id="ari:1")
    reason = "the reservation is of another order; use an id of your own"

    past = STOCK.given(*OPEN).when(foreign).then(refused(foreign, 2, reason))
    assert answer(folded(past.events), foreign) is None


@pytest.mark.parametrize("past", PASTS)
def test_a_state_is_the_same_after_json_and_its_version_counts_its_events(past: str) -> None:
    stock = folded(PASTS[past])

    assert msgspec.json.decode(msgspec.json.encode(stock), type=Stock) == stock
    assert stock.version == stock.level.version == len(PASTS[past])


def test_an_open_reservation_is_small_in_json() -> None:
    reservation = folded(OPEN).reservation

    assert msgspec.json.encode(reservation) == (
        b'{"order_id":"mina:1","status":"open","quantity":3,"expires_at":"2026-03-02T12:00:00Z"}'
    )
    assert msgspec.json.encode(folded(OPEN).level) == b'{"on_hand":5,"reserved":3,"version":2}'


def test_refusals_are_numbered_too() -> None:
    stock = evolve(None, refuse(None, ADJUST, "its id was used before"))

    assert stock == Stock(sku=SKU, level=Level(version=1))


def test_a_refusal_tells_what_is_available() -> None:
    assert refuse(folded(OPEN), RESERVE, "why").available == 2
    assert refuse(None, RESERVE, "why").available == 0


def test_a_command_tells_which_reservation_it_is_about() -> None:
    assert [reservation_in(each) for each in ALL] == [None, None, *[LINE["reservation_id"]] * 5]


def test_nobody_waits_for_an_answer_where_nothing_was_asked_for_an_order_line() -> None:
    assert [answer(folded(OPEN), each) for each in (RECEIVE, ADJUST, EXPIRE)] == [None] * 3
    assert answer(folded((RECEIVED,)), RESERVE) is None
    assert answer(folded(OPEN), DEDUCT) is answer(folded(OPEN), RELEASE) is None
