"""Whole orders on the pure models: whatever overtakes what, every order ends once, and rightly.

The machine places, cancels, ships and repeats; delivers any queue's next message; answers any
call, twice if it likes; lets any deadline pass. When all has come to rest, the books are compared.
Orders of both styles are in the same shop, and fight for the same goods.

`ORDERFLOW_STEPS` sets how many steps are taken in all (100 000 in the long run: `make faults`).
"""

from __future__ import annotations

import os
from itertools import chain
from random import Random
from typing import TypeVar, get_args

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from models.messages import Payload
from models.order_messages import (
    CancelOrder,
    ConfirmDelivery,
    CreateOrder,
    Customer,
    OrderLine,
    ShipOrder,
    Style,
)
from models.payment_messages import RefundPayment
from models.stock_messages import AdjustStock, OrderLineCommand, ReceiveStock
from tests.models import clock
from tests.models.bank import METHODS
from tests.models.shop import Shop
from tests.models.shop_books import check_always, check_at_rest

STEPS = int(os.environ.get("ORDERFLOW_STEPS", "3600"))
LENGTH = 60  # of one example, in steps; some end before, so that 48 or more are taken on average
TAKEN = 45

USERS = st.sampled_from(["ada", "bob"])
SKUS = st.sampled_from(["TEA", "CUP"])
QUANTITIES = st.integers(1, 3)
LINES = st.lists(st.tuples(SKUS, QUANTITIES), min_size=1, max_size=3)
CUSTOMERS = st.sampled_from([None, Customer(name="Ada", email="ada@example.org")])
ANY = st.integers(0, 999)  # of what there is
STYLES: st.SearchStrategy[Style] = st.sampled_from(get_args(Style))
OFTEN = st.sampled_from(("card", "card", "card", *METHODS))


T = TypeVar("T")


class WholeOrders(RuleBasedStateMachine):
    """Everything that may happen to a shop, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.shop = Shop()
        self.order_ids: list[str] = []
        self.from_outside: list[CreateOrder | CancelOrder | ShipOrder | ConfirmDelivery] = []

    @initialize(stock=st.lists(st.integers(1, 30), min_size=2, max_size=2))
    def open(self, stock: list[int]) -> None:
        for sku, quantity in zip(("TEA", "CUP"), stock, strict=True):
            self.receive(sku, quantity)
        self.shop.rest()

    @rule(user=USERS, lines=LINES, method=OFTEN, customer=CUSTOMERS, style=STYLES)
    def place(
        self,
        *,
        user: str,
        lines: list[tuple[str, int]],
        method: str,
        customer: Customer | None,
        style: Style,
    ) -> None:
        order_id = f"{user}:{len(self.order_ids)}"
        self.order_ids.append(order_id)
        self._ask(
            CreateOrder(
                order_id=order_id,
                user_id=user,
                customer=customer,
                lines=tuple(
                    OrderLine(sku=sku, quantity=quantity, unit_price=100) for sku, quantity in lines
                ),
                currency="USD",
                method=method,
                saga=style,
            )
        )

    @rule(sku=SKUS, quantity=st.integers(1, 6))
    def receive(self, sku: str, quantity: int) -> None:
        self.shop.send(ReceiveStock(sku=sku, quantity=quantity))

    @rule(sku=SKUS, change=st.integers(-4, -1))
    def lose(self, sku: str, change: int) -> None:
        self.shop.send(AdjustStock(sku=sku, change=change, reason="broken"))

    @precondition(lambda self: self.order_ids)
    @rule(which=ANY)
    def cancel(self, which: int) -> None:
        order_id = _one(self.order_ids, which)
        self._ask(CancelOrder(order_id=order_id, reason="changed my mind"))

    @precondition(lambda self: self.order_ids)
    @rule(which=ANY)
    def ship(self, which: int) -> None:
        self._ask(ShipOrder(order_id=_one(self.order_ids, which), tracking="T-1"))

    @precondition(lambda self: self.order_ids)
    @rule(which=ANY)
    def bring(self, which: int) -> None:
        self._ask(ConfirmDelivery(order_id=_one(self.order_ids, which)))

    @precondition(lambda self: self.from_outside)
    @rule(which=ANY)
    def ask_again(self, which: int) -> None:
        self.shop.send(_one(self.from_outside, which))

    @precondition(lambda self: self._asked())
    @rule(which=ANY)
    def something_asked_comes_again(self, which: int) -> None:
        """As a deadline will have it, and as late as it likes."""
        self.shop.send(_one(self._asked(), which))

    @precondition(lambda self: self.shop.policies.memories)
    @rule(which=ANY)
    def policy_asks_again(self, which: int) -> None:
        self.shop.policies.ask_again(*_one(list(self.shop.policies.memories), which))

    @precondition(lambda self: self.shop.reservations)
    @rule(which=ANY, lost=st.booleans())
    def hold_for_too_long(self, which: int, lost: bool) -> None:  # noqa: FBT001 - as drawn
        """A reservation expires; perhaps its goods, and all others of their kind, are gone."""
        (sku, reservation_id), found = _one(list(self.shop.reservations.items()), which)
        clock.expire(self.shop, sku, reservation_id)
        if lost:
            self.lose(sku, -found.quantity - self.shop.levels[sku].available)

    @precondition(lambda self: self._waiting())
    @rule(which=ANY, times=st.integers(1, 7))
    def miss_answers(self, which: int, times: int) -> None:
        """The deadline of a saga passes, so often perhaps that it gives up."""
        order_id = _one(self._waiting(), which)
        for _ in range(times):
            if order_id in self._waiting():
                clock.miss(self.shop, order_id)

    @precondition(lambda self: self.order_ids)
    @rule(which=ANY)
    def run_out(self, which: int) -> None:
        clock.run_out(self.shop, _one(self.order_ids, which))

    @precondition(lambda self: self.shop.steps())
    @rule(count=st.integers(1, 80), chance=st.randoms())
    def go_on(self, count: int, chance: Random) -> None:
        for _ in range(count):
            if steps := self.shop.steps():
                chance.choice(steps)()

    @precondition(lambda self: self.shop.bank.answers)
    @rule(which=ANY)
    def bank_answers_again(self, which: int) -> None:
        self.shop.send(_one(list(self.shop.bank.answers.values()), which))

    @invariant()
    def the_books_are_right_at_every_moment(self) -> None:
        check_always(self.shop)

    def teardown(self) -> None:
        self.shop.rest()
        check_at_rest(self.shop)
        self._refund_by_hand()
        check_at_rest(self.shop)
        assert not self.shop.stuck()

    def _refund_by_hand(self) -> None:
        """The bank relents, and an operator asks it under a new refund id."""
        self.shop.bank.relents = True
        for order_id in self.shop.stuck():
            asked = _refund(
                [*self.shop.sent[order_id], *self.shop.policies.asked["payments", order_id]]
            )
            by_hand = f"{asked.refund_id} by hand"
            self.shop.send(msgspec.structs.replace(asked, refund_id=by_hand))
        self.shop.rest()

    def _waiting(self) -> list[str]:
        """The sagas that may miss answers; what comes before its order is waited for far longer."""
        return [
            order_id
            for order_id, saga in self.shop.sagas.items()
            if saga.deadline is not None and saga.state != "expected"
        ]

    def _asked(self) -> list[Payload]:
        """What went over a topic: of what policies ask, the commands to stock."""
        wanted = chain(*self.shop.policies.asked.values())
        of_stock = (each for each in wanted if isinstance(each, OrderLineCommand))
        return [*chain(*self.shop.sent.values()), *of_stock]

    def _ask(self, command: CreateOrder | CancelOrder | ShipOrder | ConfirmDelivery) -> None:
        self.from_outside.append(command)
        self.shop.send(command)


def _refund(sent: list[Payload]) -> RefundPayment:
    return next(each for each in sent if isinstance(each, RefundPayment))


def _one(things: list[T], which: int) -> T:
    return things[which % len(things)]


TestWholeOrders = WholeOrders.TestCase
TestWholeOrders.settings = settings(
    deadline=None, max_examples=-(-STEPS // TAKEN), stateful_step_count=LENGTH
)
