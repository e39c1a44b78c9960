"""Orders: what every state makes of every command, and of any sequence of them."""

from __future__ import annotations

from datetime import timedelta
from functools import reduce

import msgspec
import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from models.order_messages import (
    CancelOrder,
    CompleteCancellation,
    ConfirmOrder,
    CreateOrder,
    ExpireOrder,
    MarkOrderPaid,
    OrderCommand,
    OrderCommandRefused,
    OrderEvent,
    RejectOrder,
    ShipOrder,
)
from models.orders import Order, decide, evolve
from tests.models.order_story import (
    COMMANDS,
    CREATE,
    DEAREST,
    ID,
    LINES,
    NOON,
    ORDER,
    PASTS,
    TOTAL,
)

PROPERTY = settings(deadline=None)
FINISHED = {"REJECTED", "EXPIRED", "CANCELLED", "DELIVERED"}

# + is the step that domain.md has, = a step that was taken already (nothing follows), x a refusal.
TABLE = """
            create confirm reject expire pay cancel complete ship deliver
none           +      x      x      x     x    x       x      x      x
pending        =      +      +      +     x    +       x      x      x
confirmed      =      =      x      x     +    +       x      x      x
paid           =      =      x      x     =    +       x      +      x
shipped        =      =      x      x     =    x       x      =      +
delivered      =      =      x      x     =    x       x      =      =
rejected       =      x      =      x     x    x       x      x      x
expired        =      x      x      =     x    x       x      x      x
cancelling     =      x      x      x     x    =       +      x      x
cancelled      =      x      x      x     x    =       =      x      x
withdrawn      =      =      x      x     =    =       +      x      x
undone         =      =      x      x     =    =       =      x      x
"""
COLUMNS, *ROWS = (row.split() for row in TABLE.strip().splitlines())
CELLS = [
    (past, command, mark)
    for past, *marks in ROWS
    for command, mark in zip(COLUMNS, marks, strict=True)
]


def test_the_table_has_every_state_and_every_command() -> None:
    assert [past for past, *_ in ROWS] == list(PASTS)
    assert list(COMMANDS) == COLUMNS


@pytest.mark.parametrize(("past", "command", "mark"), CELLS)
def test_a_command_is_a_step_or_was_taken_or_is_refused(past: str, command: str, mark: str) -> None:
    events = ORDER.given(*PASTS[past]).when(COMMANDS[command]).events

    refused = any(isinstance(event, OrderCommandRefused) for event in events)
    assert mark == ("x" if refused else "+" if events else "=")


@pytest.mark.parametrize(
    ("past", "command"), [(past, command) for past, command, mark in CELLS if mark == "x"]
)
def test_a_refusal_names_command_and_state_and_changes_nothing_but_the_version(
    past: str, command: str
) -> None:
    before = ORDER.given(*PASTS[past])
    order, decision = before.state, before.when(COMMANDS[command])
    (event,) = decision.events
    assert isinstance(event, OrderCommandRefused)

    assert event.command == type(COMMANDS[command]).__name__
    assert event.state == (order.status if order else "NONE")
    assert decision.then(event).state == (
        msgspec.structs.replace(order, version=order.version + 1) if order else None
    )


# Whatever is asked, in whatever order.

amounts = st.sampled_from([0, TOTAL - 1, TOTAL, TOTAL + 1])
instants = st.sampled_from([NOON, NOON + timedelta(minutes=30)])
this_order = st.just(ID)
reasons = st.text(min_size=1, max_size=5)
commands: st.SearchStrategy[OrderCommand] = st.one_of(
    st.sampled_from(list(COMMANDS.values())),
    st.builds(
        CreateOrder,
        order_id=this_order,
        user_id=st.sampled_from(["mina", "jun"]),
        lines=st.lists(st.sampled_from([*LINES, DEAREST]), min_size=1, max_size=3).map(tuple),
        currency=st.sampled_from(["USD", "KRW"]),
        method=st.just("card"),
    ),
    st.builds(ConfirmOrder, order_id=this_order, authorized=amounts, reserved=st.integers(0, 3)),
    st.builds(RejectOrder, order_id=this_order, reason=reasons),
    st.builds(
        ExpireOrder,
        order_id=this_order,
        deadline=instants,
        at=instants,
        payment_outstanding=st.booleans(),
    ),
    st.builds(MarkOrderPaid, order_id=this_order, captured=amounts),
    st.builds(CancelOrder, order_id=this_order, reason=reasons),
    st.builds(
        CompleteCancellation,
        order_id=this_order,
        stock_returned=st.booleans(),
        money_returned=st.booleans(),
    ),
    st.builds(ShipOrder, order_id=this_order, tracking=reasons),
)
pasts = st.sampled_from(list(PASTS.values()))


@PROPERTY
@for_all(pasts, st.lists(commands, max_size=12))
def test_whatever_is_asked_is_answered_and_counted(
    past: tuple[OrderEvent, ...], asked: list[OrderCommand]
) -> None:
    order = ORDER.given(*past).state
    for command in asked:
        events = decide(order, command)
        after = reduce(evolve, events, order)

        assert len(events) <= 1
        for event in events:
            assert msgspec.convert(msgspec.to_builtins(event), type(event)) == event
        if order is None:
            assert after is None or after.version == 1
        else:
            assert after is not None
            assert after.version == order.version + len(events)
            assert order.status not in FINISHED or after.status == order.status
        order = after


@PROPERTY
@for_all(pasts, st.lists(commands, max_size=6), commands)
def test_the_same_command_again_takes_no_second_step(
    past: tuple[OrderEvent, ...], asked: list[OrderCommand], command: OrderCommand
) -> None:
    order = ORDER.given(*past).state
    for each in asked:
        order = reduce(evolve, decide(order, each), order)

    once = decide(order, command)
    twice = decide(reduce(evolve, once, order), command)

    assert twice == () or (twice == once and isinstance(twice[0], OrderCommandRefused))


@pytest.mark.parametrize("past", PASTS)
def test_a_state_is_read_from_its_table_as_it_was_written(past: str) -> None:
    order = ORDER.given(*PASTS[past]).state

    assert msgspec.json.decode(msgspec.json.encode(order), type=Order | None) == order


@PROPERTY
@for_all(st.text(min_size=1, max_size=255), st.text(min_size=1, max_size=255))
def test_whatever_the_ids_are_a_refusal_can_be_read_back(user_id: str, order_id: str) -> None:
    command = msgspec.structs.replace(CREATE, user_id=user_id, order_id=order_id)
    (event,) = decide(None, command)

    assert msgspec.convert(msgspec.to_builtins(event), type(event)) == event
