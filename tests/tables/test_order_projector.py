"""What is written of orders is what the pure projection says, whatever the units of work."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from models.messages import Message
from models.order_messages import Status
from models.order_projection import OrderView
from models.totals_projection import OrderTotals, count_order
from tables import order_views
from tables.keys import compose
from tests.models.test_order_projection import journey
from tests.models.test_projections import interleavings
from tests.tables.order_events import CREATED, LEGACY, REJECTED, created
from tests.tables.partition import Partition, partition_of_orders
from tests.tables.told import ADA, message, told


@settings(max_examples=40, deadline=None)
@given(interleavings(), st.integers(1, 7), st.booleans())
def test_the_store_holds_what_the_projection_says(
    messages: list[Message],
    size: int,
    again: bool,  # noqa: FBT001 - drawn
) -> None:
    with partition_of_orders() as partition:
        partition.tell(message(LEGACY))
        for at in range(0, len(messages), size):
            partition.tell(*messages[at : at + size])
            if again:
                assert partition.tell(*messages[: at + size]) == {}
        expected = journey(messages)

        assert order_views.order(partition.reader, ADA) == expected.order
        assert order_views.payment(partition.reader, ADA) == expected.payment
        assert order_views.saga(partition.reader, ADA) == expected.saga
        check_totals(partition)
        check_lists(partition, expected.order)
        check_history(partition, messages)


def check_totals(partition: Partition) -> None:
    """The totals are those of the views, counted anew."""
    totals = OrderTotals()
    for key, _ in partition.reader.scan(compose("order"), limit=10):
        view = order_views.order(partition.reader, key.decode()[6:-1])
        assert view is not None
        totals = count_order(totals, None, view)
    assert order_views.totals([partition.reader]) == totals


def check_lists(partition: Partition, order: OrderView | None) -> None:
    """An order is in the list of its user and of its status, and in no other."""
    listed = order is not None and order.created_at is not None
    everywhere = partition.reader.scan(b"status/", limit=10)
    status: Status | None = order.status if order is not None and listed else None

    assert order_views.orders_of(partition.reader, "ada").orders == ([order] if listed else [])
    assert len(everywhere) == listed
    if listed:
        found = order_views.orders_of(partition.reader, "ada", status=status)
        assert found.orders == [order]


def check_history(partition: Partition, messages: list[Message]) -> None:
    """Every event once, in the order in which they came."""
    entries = order_views.history(partition.reader, ADA).entries

    assert [entry.id for entry in entries] == [each.id for each in messages]


def test_an_old_order_is_counted_and_in_nobodys_list(orders: Partition) -> None:
    orders.tell(message(LEGACY))

    assert order_views.totals([orders.reader]).placed == 1
    assert orders.reader.scan(b"user/", limit=1) == []


def test_a_name_with_odd_characters_keeps_to_itself(orders: Partition) -> None:
    odd = ["a", "a\x00", "a\x00b", "a\x01", "a/b", "ä", "a\x01\x01"]
    for number, user_id in enumerate(odd):
        order_id = f"{user_id}:{number}"
        orders.tell(message(created(order_id, user_id), 1))

    for number, user_id in enumerate(odd):
        page = order_views.orders_of(orders.reader, user_id)
        assert [view.order_id for view in page.orders] == [f"{user_id}:{number}"]
        assert len(order_views.history(orders.reader, f"{user_id}:{number}").entries) == 1


def test_an_order_changed_twice_in_one_unit_is_in_one_list(orders: Partition) -> None:
    states = orders.tell(*told("/orders", [CREATED, REJECTED]))

    lists = {key.split(b"\x00")[1]: value for key, value in states.items() if key[:7] == b"status/"}
    assert lists == {b"PENDING": None, b"REJECTED": ADA.encode()}
