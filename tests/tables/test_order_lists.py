"""Lists of a user's orders: newest first, page by page, whatever happens meanwhile."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.messages import Message
from models.order_messages import OrderConfirmed, Status
from models.order_projection import OrderView
from tables import order_lists
from tables.keys import compose, newest_first
from tables.order_views import MOST_A_PAGE, PAGE, orders_of
from tests.tables.order_events import created
from tests.tables.partition import Partition, partition_of_orders
from tests.tables.told import after, message


def placed(number: int, user_id: str = "ada", seconds: float | None = None) -> Message:
    """An order, placed so many seconds after noon."""
    order_id = f"{user_id}:{number:03d}"
    return message(created(order_id, user_id), 1, seconds=number if seconds is None else seconds)


def ids(partition: Partition, user_id: str = "ada", **chosen: Any) -> list[str]:
    """Order ids on one page."""
    found = orders_of(partition.reader, user_id, **chosen)
    return [view.order_id for view in found.orders]


def walk(
    partition: Partition,
    limit: int,
    meanwhile: Callable[[], object] = lambda: None,
    status: Status | None = None,
) -> list[OrderView]:
    """All pages of a user's orders, by cursor."""
    found, cursor = orders_of(partition.reader, "ada", limit=limit, status=status)
    while cursor is not None:
        meanwhile()
        more, cursor = orders_of(partition.reader, "ada", limit=limit, cursor=cursor, status=status)
        found += more
    return found


def test_a_user_sees_their_orders_newest_first_and_nobody_elses(orders: Partition) -> None:
    orders.tell(placed(1), placed(3), placed(2), placed(4, "ad"), placed(5, "ada2"))

    assert ids(orders) == ["ada:003", "ada:002", "ada:001"]
    assert ids(orders, "ad") == ["ad:004"]
    assert ids(orders, "nobody") == []


def test_orders_of_one_moment_are_all_there(orders: Partition) -> None:
    orders.tell(*[placed(number, seconds=1) for number in range(5)])

    assert [view.order_id for view in walk(orders, 2)] == [f"ada:00{n}" for n in range(5)]


def test_a_page_has_twenty_orders_and_a_cursor_if_there_are_more(orders: Partition) -> None:
    orders.tell(*[placed(number) for number in range(PAGE)])
    assert orders_of(orders.reader, "ada").cursor is None

    orders.tell(placed(PAGE))
    page = orders_of(orders.reader, "ada")
    assert len(page.orders) == PAGE
    assert page.cursor is not None
    assert ids(orders, cursor=page.cursor) == ["ada:000"]


def test_pages_are_counted_from_one(orders: Partition) -> None:
    orders.tell(*[placed(number) for number in range(5)])

    assert ids(orders, page=1, limit=2) == ["ada:004", "ada:003"]
    assert ids(orders, page=2, limit=2) == ["ada:002", "ada:001"]
    assert ids(orders, page=3, limit=2) == ["ada:000"]
    assert ids(orders, page=4, limit=2) == []


def test_a_cursor_neither_skips_nor_repeats_while_orders_arrive(orders: Partition) -> None:
    orders.tell(*[placed(number) for number in range(30)])
    numbers = iter(range(30, 1_000))
    found = walk(orders, 4, lambda: orders.tell(*[placed(next(numbers)) for _ in range(6)]))

    assert [view.order_id for view in found] == [f"ada:{n:03d}" for n in reversed(range(30))]


def test_a_list_by_status_follows_the_status(orders: Partition) -> None:
    orders.tell(*[placed(number) for number in range(6)])
    orders.tell(*[message(OrderConfirmed(order_id=f"ada:00{n}"), 2) for n in (1, 3, 5)])

    assert ids(orders, status="CONFIRMED") == ["ada:005", "ada:003", "ada:001"]
    assert ids(orders, status="PENDING") == ["ada:004", "ada:002", "ada:000"]
    assert ids(orders, status="REJECTED") == []
    assert [view.status for view in walk(orders, 2, status="PENDING")] == ["PENDING"] * 3
    assert len(walk(orders, 2)) == 6


def test_orders_that_leave_a_list_do_not_hide_the_others(orders: Partition) -> None:
    orders.tell(*[placed(number) for number in range(12)])
    leaving = iter(range(11, -1, -1))

    def confirm() -> None:
        orders.tell(message(OrderConfirmed(order_id=f"ada:{next(leaving):03d}"), 2))

    found = walk(orders, 3, confirm, status="PENDING")
    assert [view.order_id for view in found] == [f"ada:{n:03d}" for n in reversed(range(12))]


@settings(max_examples=25, deadline=None)
@given(
    times=st.lists(st.integers(-5, 5), max_size=12),
    arriving=st.lists(st.integers(-5, 5), max_size=12),
    limit=st.integers(1, 5),
)
def test_pages_hold_each_order_once_whatever_the_times_of_those_that_arrive(
    times: list[int], arriving: list[int], limit: int
) -> None:
    with partition_of_orders() as partition:
        partition.tell(*[placed(n, seconds=at) for n, at in enumerate(times)])
        late = iter([placed(100 + n, seconds=at) for n, at in enumerate(arriving)])
        found = walk(partition, limit, lambda: partition.tell(*islice(late, 1)))

    names = [view.order_id for view in found]
    assert len(names) == len(set(names))
    assert {f"ada:{n:03d}" for n in range(len(times))} <= set(names)
    assert [view.created_at for view in found] == sorted(
        (view.created_at for view in found if view.created_at), reverse=True
    )


def cursor_of(partition: Partition, **chosen: Any) -> str:
    """The cursor behind the first order of a list."""
    found = orders_of(partition.reader, "ada", limit=1, **chosen).cursor
    assert found is not None
    return found


def test_a_cursor_of_another_list_is_refused(orders: Partition) -> None:
    orders.tell(*[placed(number) for number in range(3)])
    orders.tell(*[placed(number, "mina") for number in range(3)])
    every, pending = cursor_of(orders), cursor_of(orders, status="PENDING")

    elsewhere: list[dict[str, Any]] = [
        {"user_id": "mina", "cursor": every},
        {"user_id": "ada", "cursor": every, "status": "PENDING"},
        {"user_id": "ada", "cursor": pending},
        {"user_id": "ada", "cursor": pending, "status": "CONFIRMED"},
    ]
    for chosen in elsewhere:
        with pytest.raises(ValueError, match=r"is no cursor of this list; use the one that"):
            orders_of(orders.reader, **chosen)


STAMP = newest_first(after(0))


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "abc",
        "nonsense!",
        "é",
        "user%2Fada",
        *[
            urlsafe_b64encode(key).rstrip(b"=").decode()
            for key in (
                compose("user", "ada"),
                compose("user", "ada", STAMP),
                compose("user", "ada", STAMP, "ada:1", "more"),
                compose("user", "ada", "yesterday", "ada:1"),
                compose("user", "ada", STAMP, "ada:1")[:-1],
                compose("user", "ada", STAMP, "\x7f")[:-2] + b"\xff\x00",
            )
        ],
        urlsafe_b64encode(compose("user", "ada", STAMP, "ada:1")).decode(),
    ],
)
def test_garbage_is_no_cursor(orders: Partition, cursor: str) -> None:
    orders.tell(placed(1))

    with pytest.raises(ValueError, match="is no cursor of this list"):
        orders_of(orders.reader, "ada", cursor=cursor)


@given(st.text(max_size=60) | st.binary(max_size=40).map(lambda b: urlsafe_b64encode(b).decode()))
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_cursor_or_refused(cursor: str) -> None:
    with suppress(ValueError):
        order_lists.place_of(cursor, compose("user", "ada"))


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"page": 0}, "no page 0; pages count from 1"),
        ({"limit": 0}, "limit is 0; give a number from 1 to 100"),
        ({"limit": MOST_A_PAGE + 1}, "limit is 101; give a number from 1 to 100"),
        ({"page": 502}, "would skip 10020 orders, and 10000 is the most; use cursor="),
        ({"page": 1, "cursor": "x"}, "give one of them"),
    ],
)
def test_what_cannot_be_a_page_is_said_with_the_cure(
    orders: Partition, chosen: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        ids(orders, **chosen)
