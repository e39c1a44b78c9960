"""Stock under any sequence of commands: S1 to S4 of the domain hold at every step.

A machine plays commands of several orders against two SKUs, repeats any of them at any time, and
recomputes from the events alone, in its own way, what the counters must say.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from models.reservations import Reservation
from models.stock import Level, Stock, answer, decide, evolve, reservation_in
from models.stock_messages import (
    AdjustStock,
    DeductStock,
    ExpireReservation,
    ReceiveStock,
    ReleaseStock,
    ReserveStock,
    RestockStock,
    StockAdjusted,
    StockCommand,
    StockCommandRefused,
    StockDeducted,
    StockEvent,
    StockReceived,
    StockReleased,
    StockReservationExpired,
    StockReserved,
    StockRestocked,
)
from tests.models.stock_story import NOON

skus = st.sampled_from(["KB-1", "MS-2"])
orders = st.sampled_from(["ari:1", "ari:2", "mina:1"])
lines = st.integers(1, 2)
quantities = st.integers(1, 6)
kinds = st.sampled_from([DeductStock, ReleaseStock, RestockStock])

Book = tuple[str, str | None]


class Warehouse(RuleBasedStateMachine):
    """Counters and reservations as records of their own, as in the table."""

    def __init__(self) -> None:
        super().__init__()
        self.levels: dict[str, Level] = {}
        self.reservations: dict[Book, Reservation] = {}
        self.events: defaultdict[str, list[StockEvent]] = defaultdict(list)
        self.asked: list[StockCommand] = []
        self.answers: dict[StockCommand, StockEvent | None] = {}

    @rule(sku=skus, quantity=quantities)
    def receive(self, sku: str, quantity: int) -> None:
        self.handle(ReceiveStock(sku=sku, quantity=quantity))

    @rule(sku=skus, change=st.integers(-6, 3))
    def adjust(self, sku: str, change: int) -> None:
        self.handle(AdjustStock(sku=sku, change=change, reason="counted"))

    @rule(sku=skus, order=orders, line=lines, quantity=quantities, minutes=st.integers(0, 3))
    def reserve(self, sku: str, order: str, line: int, quantity: int, minutes: int) -> None:
        until = NOON + timedelta(minutes=minutes)
        about = self.about(sku, order, line)
        self.handle(ReserveStock(**about, reply_to="home", quantity=quantity, expires_at=until))

    @rule(kind=kinds, sku=skus, order=orders, line=lines)
    def ask(
        self, kind: type[DeductStock | ReleaseStock | RestockStock], sku: str, order: str, line: int
    ) -> None:
        self.handle(kind(**self.about(sku, order, line), reply_to="home"))

    @rule(sku=skus, order=orders, line=lines, minutes=st.integers(0, 3))
    def expire(self, sku: str, order: str, line: int, minutes: int) -> None:
        at = NOON + timedelta(minutes=minutes)
        self.handle(ExpireReservation(**self.about(sku, order, line), at=at))

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """An order line's command comes again, however late."""
        self.handle(data.draw(st.sampled_from(self.asked)))

    @invariant()
    def s1_on_hand_is_the_sum_of_its_movements(self) -> None:
        for sku, events in self.events.items():
            moved = totals(events)
            in_house = moved[StockReceived] + moved[StockAdjusted] + moved[StockRestocked]
            assert self.levels[sku].on_hand == in_house - moved[StockDeducted]

    @invariant()
    def s2_reserved_is_the_sum_of_open_reservations(self) -> None:
        for sku in self.events:
            kept = [each for (of, _), each in self.reservations.items() if of == sku]
            open_ones = sum(each.quantity for each in kept if each.status == "open")
            assert self.levels[sku].reserved == open_ones

    @invariant()
    def s3_available_is_never_negative(self) -> None:
        assert all(level.available >= 0 for level in self.levels.values())
        assert all(level.reserved >= 0 for level in self.levels.values())

    @invariant()
    def s4_a_reservation_ends_once(self) -> None:
        """Each grant ends at most once; a second grant, after expiry, is deducted at once."""
        for events in self.events.values():
            by_line: defaultdict[str, list[StockEvent]] = defaultdict(list)
            for event in events:
                if getattr(event, "quantity", 0) and hasattr(event, "reservation_id"):
                    by_line[event.reservation_id].append(event)
            for story in by_line.values():
                assert tuple(WORDS[type(each)] for each in story if type(each) in WORDS) in LIVES

    @invariant()
    def every_event_has_the_next_version(self) -> None:
        for sku, events in self.events.items():
            assert self.levels[sku].version == len(events)

    def about(self, sku: str, order: str, line: int) -> dict[str, Any]:
        return {"sku": sku, "reservation_id": f"{order}/{line}", "order_id": order}

    def handle(self, command: StockCommand) -> None:
        """Load, decide, evolve and store, as the agent does; and check what it answers."""
        book = command.sku, reservation_in(command)
        before = self.load(book)
        events = decide(before, command)
        after = before
        for event in events:
            after = evolve(after, event)
        self.levels[command.sku] = after.level
        if after.reservation is not None:
            self.reservations[book] = after.reservation
        self.events[command.sku].extend(events)
        if book[1] is not None:
            self.check(command, after, events)

    def load(self, book: Book) -> Stock:
        level = self.levels.get(book[0], Level())
        return Stock(sku=book[0], level=level, reservation=self.reservations.get(book))

    def check(self, command: StockCommand, after: Stock, events: tuple[StockEvent, ...]) -> None:
        self.asked.append(command)
        said = answer(after, command)
        refused = any(isinstance(event, StockCommandRefused) for event in events)
        if isinstance(command, ExpireReservation):
            found = after.reservation
            assert (said is not None) == (found is not None and found.status == "expired")
        else:
            assert (said is None) == refused
            assert self.answers.setdefault(command, said) == said
        assert said is None or said in self.events[command.sku]
        assert decide(after, command) == (events if refused else ())


# What may become of a reservation: granted, ended, and after expiry granted once more.
WORDS = {
    StockReserved: "reserved",
    StockDeducted: "deducted",
    StockReleased: "released",
    StockReservationExpired: "expired",
    StockRestocked: "restocked",
}
LIVES = {
    life[:length]
    for life in (
        ("reserved", "deducted", "restocked"),
        ("reserved", "released"),
        ("reserved", "expired", "reserved", "deducted", "restocked"),
    )
    for length in range(len(life) + 1)
}


def totals(events: list[StockEvent]) -> Counter[type[StockEvent]]:
    """Sum up what events moved, by their types."""
    moved: Counter[type[StockEvent]] = Counter()
    for event in events:
        moved[type(event)] += (
            event.change if isinstance(event, StockAdjusted) else getattr(event, "quantity", 0)
        )
    return moved


TestWarehouse = Warehouse.TestCase
TestWarehouse.settings = settings(deadline=None, max_examples=150, stateful_step_count=40)
