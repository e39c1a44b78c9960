"""The lists of the board: each saga where it belongs, the longest there first, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from models.messages import Message, Payload
from models.order_messages import Style
from models.saga_messages import SagaStarted
from tables.order_views import MOST_A_PAGE, PAGE, saga
from tables.saga_lists import ListName, keys_of, sagas_in
from tests.models.test_projections import interleavings
from tests.tables.partition import Partition, partition_of_orders
from tests.tables.saga_events import (
    asked_again,
    begun,
    done,
    ended,
    saga_started,
    stuck,
    undoing,
    undone,
)
from tests.tables.told import ADA, message

LISTS: tuple[ListName, ...] = ("running", "waiting", "compensating", "stuck", "completed")


def told(order_id: str, *events: Payload, seconds: float = 0, first: int = 1) -> list[Message]:
    """Events of the saga of an order, all at one time, numbered from `first`."""
    return [
        message(
            replace(event, order_id=order_id),
            number,
            source="/sagas",
            seconds=seconds,
            identity=f"{order_id}-{number}",
        )
        for number, event in enumerate(events, first)
    ]


def started(style: Style = "orchestration") -> SagaStarted:
    return replace(saga_started(), style=style)


def ids(*partitions: Partition, **chosen: Any) -> list[str]:
    """Order ids on one page."""
    found = sagas_in([each.reader for each in partitions], **chosen)
    return [view.order_id for view in found.sagas]


def lists(partition: Partition, order_id: str) -> list[str]:
    """The lists in which a saga is."""
    return [name for name in LISTS if order_id in ids(partition, state=name)]


def walk(
    partitions: Iterable[Partition],
    limit: int,
    meanwhile: Callable[[], object] = lambda: None,
    **chosen: Any,
) -> list[str]:
    """All pages of a list, by cursor."""
    readers = [each.reader for each in partitions]
    found, cursor = sagas_in(readers, limit=limit, **chosen)
    while cursor is not None:
        meanwhile()
        more, cursor = sagas_in(readers, limit=limit, cursor=cursor, **chosen)
        found += more
    return [view.order_id for view in found]


def test_a_saga_is_in_the_list_of_its_state(orders: Partition) -> None:
    way: list[tuple[Payload, list[str]]] = [
        (started(), ["running"]),
        (begun("authorize"), ["running"]),
        (asked_again(), ["running", "waiting"]),
        (done("authorize"), ["running"]),
        (undoing(), ["compensating"]),
        (asked_again(), ["waiting", "compensating"]),
        (stuck("authorize"), ["stuck"]),
        (undone("authorize"), ["compensating"]),
        (ended("rejected"), ["completed"]),
    ]
    for number, (event, expected) in enumerate(way, 1):
        orders.tell(*told(ADA, event, first=number))
        assert lists(orders, ADA) == expected, event


def test_without_a_state_all_that_are_under_way_are_listed(orders: Partition) -> None:
    orders.tell(*told("a:1", started(), seconds=3))
    orders.tell(*told("b:1", started(), undoing(), seconds=1))
    orders.tell(*told("c:1", started(), stuck(), seconds=2))
    orders.tell(*told("d:1", started(), ended(), seconds=0))

    assert ids(orders) == ["b:1", "c:1", "a:1"]


def test_those_that_are_longest_in_their_state_come_first(orders: Partition) -> None:
    for number in range(3):
        orders.tell(*told(f"a:{number}", started(), seconds=number))
    orders.tell(*told("a:0", undoing(), seconds=9, first=2))
    orders.tell(*told("a:2", undoing(), seconds=5, first=2))

    assert ids(orders, state="running") == ["a:1"]
    assert ids(orders, state="compensating") == ["a:2", "a:0"]
    assert ids(orders) == ["a:1", "a:2", "a:0"]


def test_those_that_wait_longest_come_first(orders: Partition) -> None:
    orders.tell(*told("a:1", started(), seconds=1))
    orders.tell(*told("b:1", started(), begun("authorize"), seconds=2))
    orders.tell(*told("a:1", begun("authorize"), asked_again(), seconds=5, first=2))
    orders.tell(*told("b:1", asked_again(), seconds=9, first=3))
    orders.tell(*told("c:1", started(), asked_again(), seconds=3))

    assert ids(orders, state="waiting") == ["b:1", "c:1", "a:1"]


def test_completed_ones_come_newest_first(orders: Partition) -> None:
    for number in range(3):
        orders.tell(*told(f"a:{number}", started(), ended(), seconds=number))

    assert ids(orders, state="completed") == ["a:2", "a:1", "a:0"]
    assert ids(orders) == []


def test_a_list_may_be_of_one_style(orders: Partition) -> None:
    styles: tuple[Style, ...] = ("choreography", "orchestration", "choreography")
    for number, style in enumerate(styles):
        orders.tell(*told(f"a:{number}", started(style), seconds=number))

    assert ids(orders) == ["a:0", "a:1", "a:2"]
    assert ids(orders, style="choreography") == ["a:0", "a:2"]
    assert ids(orders, state="running", style="orchestration") == ["a:1"]
    assert ids(orders, state="stuck", style="orchestration") == []


def test_a_page_is_of_all_partitions_together(
    open_partition: Callable[[int], Partition],
) -> None:
    both = [open_partition(0), open_partition(1)]
    for number in range(9):
        both[number % 2].tell(*told(f"a:{number}", started(), seconds=number))

    assert ids(*both, limit=4) == ["a:0", "a:1", "a:2", "a:3"]
    assert walk(both, 4) == [f"a:{number}" for number in range(9)]
    assert ids() == []


def test_a_page_has_twenty_and_a_cursor_if_there_are_more(orders: Partition) -> None:
    for number in range(PAGE):
        orders.tell(*told(f"a:{number:02d}", started(), seconds=number))
    assert sagas_in([orders.reader]).cursor is None

    orders.tell(*told("b:1", started(), seconds=99))
    page = sagas_in([orders.reader])
    assert len(page.sagas) == PAGE
    assert ids(orders, cursor=page.cursor) == ["b:1"]


def test_sagas_that_leave_or_come_neither_hide_nor_repeat_the_others(orders: Partition) -> None:
    for number in range(12):
        orders.tell(*told(f"a:{number:02d}", started(), seconds=number))
    numbers = iter(range(12))

    def meanwhile() -> None:
        number = next(numbers)
        orders.tell(*told(f"a:{number:02d}", ended(), seconds=99, first=2))
        orders.tell(*told(f"b:{number}", started(), seconds=200 + number))

    found = walk([orders], 3, meanwhile, state="running")
    assert found[:12] == [f"a:{number:02d}" for number in range(12)]
    assert len(set(found)) == len(found)


def test_sagas_of_one_moment_are_all_there(orders: Partition) -> None:
    for number in range(5):
        orders.tell(*told(f"a:{number}", started()))

    for state in (None, "running"):
        assert sorted(walk([orders], 2, state=state)) == [f"a:{number}" for number in range(5)]


def test_an_id_with_odd_characters_is_found_behind_a_cursor(orders: Partition) -> None:
    odd = ["a", "a\x00", "a\x00b", "a\x01", "ä", "z"]
    for order_id in odd:
        orders.tell(*told(order_id, started()))

    assert sorted(walk([orders], 1)) == sorted(odd)


@pytest.mark.parametrize("state", LISTS[1:])
def test_a_cursor_of_another_list_is_refused(orders: Partition, state: ListName) -> None:
    for number in range(2):
        orders.tell(*told(f"a:{number}", started()))
    readers = [orders.reader]
    every = sagas_in(readers, limit=1).cursor
    running = sagas_in(readers, "running", limit=1).cursor

    for cursor, chosen in ((every, state), (running, state), (running, None), ("nonsense", None)):
        with pytest.raises(ValueError, match="is no cursor of this list"):
            sagas_in(readers, chosen, cursor=cursor)
    with pytest.raises(ValueError, match="is no cursor of this list"):
        sagas_in(readers, "running", "orchestration", cursor=running)


@pytest.mark.parametrize("limit", [0, MOST_A_PAGE + 1])
def test_a_page_has_a_limit(orders: Partition, limit: int) -> None:
    with pytest.raises(ValueError, match=f"limit is {limit}; give a number from 1 to 100"):
        ids(orders, limit=limit)


@settings(max_examples=40, deadline=None)
@given(interleavings(), st.integers(1, 7))
def test_whatever_happens_a_saga_is_where_its_view_belongs_and_nowhere_else(
    messages: list[Message], size: int
) -> None:
    with partition_of_orders() as partition:
        for at in range(0, len(messages), size):
            partition.tell(*messages[at : at + size])
        listed = {key for key, _ in partition.reader.scan(b"board/", limit=10)}

        assert listed == keys_of(saga(partition.reader, ADA))


def test_an_event_that_moves_nothing_costs_no_record_of_a_list(orders: Partition) -> None:
    orders.tell(*told(ADA, started(), begun("authorize")))
    states = orders.tell(*told(ADA, done("authorize"), begun("reserve"), first=3))

    assert not [key for key in states if key.startswith(b"board/")]
    moved = orders.tell(*told(ADA, ended(), first=5))
    assert len([key for key in moved if key.startswith(b"board/")]) == 2
