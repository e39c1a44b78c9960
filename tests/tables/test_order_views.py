"""The read models of orders, in a real store: written once, read by range."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from models.order_projection import OrderView
from models.totals_projection import OrderTotals
from streams.commit import POSITION_KEY
from streams.partitioner import partition_of
from streams.reading import Freshness, NotHere, reader, readers
from tables import order_views
from tests.models.test_order_projection import journey
from tests.tables.journeys import happy
from tests.tables.order_events import (
    CANCELLING,
    COMMAND_REFUSED,
    CONFIRMED,
    CREATED,
    LEGACY,
    REJECTED,
    TOTAL,
    created,
)
from tests.tables.partition import Partition
from tests.tables.payment_events import AUTHORIZED, PAYMENT_REFUSED, REQUESTED
from tests.tables.told import ADA, after, message, told

HAPPY = [each for events in happy().values() for each in events]
NOBODY = "nobody:01JNAFQ3E0ABCDEFGHJKMNPQRS"


def types(partition: Partition, order_id: str = ADA) -> list[str]:
    """The history of an order, by type."""
    return [entry.type for entry in order_views.history(partition.reader, order_id).entries]


def test_views_in_the_store_are_those_of_the_pure_projection(orders: Partition) -> None:
    orders.tell(*HAPPY[:9])
    orders.tell(*HAPPY[9:])
    expected = journey(HAPPY)

    assert order_views.order(orders.reader, ADA) == expected.order
    assert order_views.payment(orders.reader, ADA) == expected.payment
    assert order_views.saga(orders.reader, ADA) == expected.saga
    assert order_views.totals([orders.reader]).orders == {"DELIVERED": 1}


def test_of_an_unknown_order_there_is_nothing(orders: Partition) -> None:
    assert order_views.order(orders.reader, NOBODY) is None
    assert order_views.payment(orders.reader, NOBODY) is None
    assert order_views.saga(orders.reader, NOBODY) is None
    assert order_views.history(orders.reader, NOBODY) == ([], False)
    assert order_views.totals([orders.reader]) == OrderTotals()


def test_the_history_is_in_the_order_of_projection(orders: Partition) -> None:
    placed, paid = told("/orders", [CREATED, CONFIRMED]), told("/payments", [REQUESTED, AUTHORIZED])
    mixed = [placed[0], paid[0], message(created("ada:2")), paid[1], placed[1]]
    orders.tell(*mixed)

    entries = order_views.history(orders.reader, ADA).entries
    assert [entry.type for entry in entries] == [
        "OrderCreated",
        "PaymentRequested",
        "PaymentAuthorized",
        "OrderConfirmed",
    ]
    assert [entry.position for entry in entries] == [1, 2, 4, 5]
    assert [entry.id for entry in entries] == [each.id for each in mixed if each.subject == ADA]
    assert types(orders, "ada:2") == ["OrderCreated"]


def test_a_history_is_read_in_pieces(orders: Partition) -> None:
    orders.tell(*HAPPY)
    read, after_, more = [], 0, True
    while more:
        entries, more = order_views.history(orders.reader, ADA, after=after_, limit=4)
        read += entries
        after_ = entries[-1].position

    assert read == order_views.history(orders.reader, ADA).entries
    assert len(read) == len(HAPPY)


def test_an_event_that_comes_again_writes_nothing(orders: Partition) -> None:
    """As a foreign producer, or one without our origins, may send it."""
    orders.tell(*HAPPY)

    assert orders.tell(*HAPPY) == {}
    assert orders.tell(message(REJECTED, 2, identity="forged")) == {}


def test_events_without_a_number_are_known_by_their_id(orders: Partition) -> None:
    refusal = message(COMMAND_REFUSED, identity="r-1")
    orders.tell(refusal, refusal, message(LEGACY, identity="l-1"))
    assert orders.tell(refusal, message(LEGACY, identity="l-1")) == {}

    orders.tell(message(COMMAND_REFUSED, identity="r-2"))
    assert types(orders) == ["OrderCommandRefused"] * 2
    assert types(orders, "123") == ["OrderCreated"]


def test_what_is_refused_about_no_order_has_a_history_and_makes_no_order(
    orders: Partition,
) -> None:
    orders.tell(message(COMMAND_REFUSED), message(PAYMENT_REFUSED, source="/payments"))

    assert order_views.order(orders.reader, ADA) is None
    assert types(orders) == ["OrderCommandRefused", "PaymentCommandRefused"]
    assert order_views.totals([orders.reader]) == OrderTotals()


def test_a_payment_that_came_first_is_found_when_its_order_is_placed(orders: Partition) -> None:
    orders.tell(*told("/payments", [REQUESTED, AUTHORIZED]))
    assert order_views.orders_of(orders.reader, "ada") == ([], None)

    orders.tell(*told("/orders", [CREATED]))
    (found,) = order_views.orders_of(orders.reader, "ada").orders
    assert (found.status, found.payment_status) == ("PENDING", "authorized")


def test_what_a_command_led_to_is_found_by_its_id(orders: Partition) -> None:
    refusal = message(COMMAND_REFUSED, 2, cause="c-1")
    orders.tell(message(CREATED, 1, cause="c-0"), refusal, message(CANCELLING, 3, cause="c-2"))

    (entry,) = order_views.caused_by(orders.reader, ADA, "c-1")
    assert (entry.id, entry.type) == (refusal.id, "OrderCommandRefused")
    assert order_views.caused_by(orders.reader, ADA, "c-9") == []


def test_only_the_last_thousand_entries_are_searched_for_a_cause(orders: Partition) -> None:
    orders.tell(message(CREATED, 1, cause="c-0"))
    orders.tell(*[message(COMMAND_REFUSED, n, cause=f"c-{n}") for n in range(2, 1_002)])

    assert order_views.caused_by(orders.reader, ADA, "c-0") == []
    assert len(order_views.caused_by(orders.reader, ADA, "c-1001")) == 1


def test_an_order_is_looked_up_where_its_user_is(
    app: Any, open_partition: Callable[[int], Partition]
) -> None:
    mine = partition_of(b"ada", app.partitions)
    open_partition(mine)

    assert order_views.reader_of(app, ADA).partition == mine
    with pytest.raises(NotHere) as caught:
        order_views.reader_of(app, other_user(app, mine))
    assert (caught.value.partition, caught.value.reason) == (1 - mine, "not assigned")


def other_user(app: Any, partition: int) -> str:
    """An order id of a user in another partition."""
    users = (f"user-{n}" for n in range(100))
    return next(f"{u}:1" for u in users if partition_of(u.encode(), app.partitions) != partition)


def test_an_old_order_is_looked_for_everywhere(
    app: Any, open_partition: Callable[[int], Partition]
) -> None:
    away = 1 - partition_of(b"123", app.partitions)
    open_partition(away).tell(message(LEGACY))
    assert order_views.reader_of(app, "123").partition == away
    with pytest.raises(NotHere):
        order_views.reader_of(app, "124")

    open_partition(1 - away)
    assert order_views.reader_of(app, "123").partition == away
    assert order_views.reader_of(app, "124").partition == partition_of(b"124", app.partitions)


def test_totals_and_freshness_are_merged_over_the_partitions(
    app: Any, open_partition: Callable[[int], Partition]
) -> None:
    open_partition(0).tell(message(CREATED, 1, seconds=7))
    open_partition(1).tell(message(created("mina:1", "mina"), 1, seconds=3))
    found = readers(app, order_views.TABLE)
    totals = order_views.totals(found)

    assert totals.orders == {"PENDING": 2}
    assert totals.money["USD"].ordered == 2 * TOTAL
    assert [each.freshness() for each in found] == [Freshness(after(7), 0), Freshness(after(3), 0)]
    assert reader(app, order_views.TABLE, "ada").get(POSITION_KEY) is None


def test_a_commit_says_which_orders_changed_and_what_happened(orders: Partition) -> None:
    states = orders.tell(
        *told("/orders", [CREATED, REJECTED]), message(COMMAND_REFUSED, source="/x", identity="r")
    )
    changed: list[OrderView] = list(order_views.changed_orders(states))
    entries = [(about, entry.type) for about, entry in order_views.new_entries(states)]

    assert [(each.order_id, each.status) for each in changed] == [(ADA, "REJECTED")]
    assert entries == [
        (ADA, "OrderCreated"),
        (ADA, "OrderRejected"),
        (ADA, "OrderCommandRefused"),
    ]
    gone = dict.fromkeys(states)
    assert not list(order_views.changed_orders(gone))
    assert not list(order_views.new_entries(gone))


def test_a_thousand_events_of_one_order_are_a_thousand_small_records(orders: Partition) -> None:
    orders.tell(message(CREATED, 1))
    states: list[dict[bytes, bytes | None]] = [
        orders.tell(message(COMMAND_REFUSED, n)) for n in (2, 3)
    ]
    orders.tell(*[message(COMMAND_REFUSED, n) for n in range(4, 1_000)])
    last = orders.tell(message(COMMAND_REFUSED, 1_000))

    sizes = [sum(len(value or b"") for value in each.values()) for each in (*states, last)]
    assert max(sizes) - min(sizes) < 20
    assert len(last) == len(states[0])
