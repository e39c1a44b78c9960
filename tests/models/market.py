"""One order in a shop whose others may be silent: how far it is, what goes wrong, how it ends.

`moments` has every shop whose order is just so far, on several ways of getting there; a test lets
something go wrong in each of them, lets it rest, and says how the order ends with `Ended`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import Any, Final, Literal, TypeVar

from models.messages import Payload
from models.order_messages import CancelOrder, ConfirmOrder, CreateOrder, Customer, OrderLine, Style
from models.payment_messages import GatewayAnswered, payment_of
from models.payments import Call
from models.saga_deadlines import DEFAULT
from models.stock_messages import (
    AdjustStock,
    DeductStock,
    ReceiveStock,
    StockReleased,
    StockRestocked,
)
from tests.models import clock
from tests.models.bank import Bank
from tests.models.shop import Shop
from tests.models.shop_books import check_at_rest

ID: Final = "ada:1"
PAYMENT: Final = payment_of(ID)
LINES: Final = {"TEA": 2, "CUP": 1}  # for 100 each
TOTAL: Final = 300
ENOUGH: Final = {"TEA": 5, "CUP": 5}
WHY: Final = "changed my mind"
# The first does whatever is first in line, the others what chance says.
WAYS: Final = (None, 1, 2, 3)

# The columns of the matrix, and two more between "all reserved" and "captured", where races run.
Progress = Literal[
    "nothing",
    "some reserved",
    "all reserved",
    "confirming",
    "capturing",
    "captured",
    "deducted",
]


P = TypeVar("P", bound=Payload)


class HesitantBank(Bank):
    """Refuses some times to give money back, and says that it may be asked again."""

    hesitates = 0

    def do(self, call: Call) -> GatewayAnswered:
        if call.operation not in {"void", "refund"} or not self.hesitates:
            return super().do(call)
        self.hesitates -= 1
        self.answers[call.key] = GatewayAnswered(
            payment_id=call.payment_id,
            order_id=call.order_id,
            key=call.key,
            operation=call.operation,
            outcome="refused",
            code="try_again_later",
            retryable=True,
        )
        return self.answers[call.key]


class Market(Shop):
    """A shop with one order, `ID`; SKUs, and operations of the gateway, may be `silent`."""

    bank: HesitantBank

    def __init__(
        self, style: Style, method: str, silent: Iterable[str], stock: dict[str, int]
    ) -> None:
        super().__init__()
        self.bank = HesitantBank()
        self.silent: set[str] = set()
        for sku, quantity in stock.items():
            self.send(ReceiveStock(sku=sku, quantity=quantity))
        self.rest()
        self.silent |= set(silent)
        self.send(placed(style, method))

    def steps(self) -> list[Any]:
        return [step for step in super().steps() if not self._waits_for_the_silent(step.args[0])]

    def _waits_for_the_silent(self, what: object) -> bool:
        if isinstance(what, Call):
            return what.operation in self.silent
        return isinstance(what, tuple) and what[2] in self.silent

    @property
    def style(self) -> Style:
        return "choreography" if ID in self.choreographed else "orchestration"

    def asked(self, kind: type[P]) -> list[P]:
        """What the saga or the policies have ever asked for, of one kind."""
        wanted = [each for asked in self.policies.asked.values() for each in asked]
        return [each for each in (*self.sent[ID], *wanted) if isinstance(each, kind)]

    def progress(self) -> Progress | None:
        """How far the order is; None between two of the columns, and where it goes back."""
        held = Counter(each.status for each in self.reservations.values())
        payment = self.payments.get(PAYMENT)
        far: Progress | None = "nothing"
        if ID not in self.orders or self.orders[ID].status not in {"PENDING", "CONFIRMED"}:
            far = None
        elif held["deducted"]:
            far = "deducted" if held["deducted"] == len(LINES) else None
        elif payment is not None and payment.captured:
            far = None if self.asked(DeductStock) else "captured"
        elif payment is not None and payment.of("capture"):
            far = "capturing"
        elif held["open"] == len(LINES):
            far = "confirming" if self.asked(ConfirmOrder) else "all reserved"
        elif held["open"]:
            far = "some reserved"
        return far

    # What happens to it.

    def persist(self) -> None:
        """Let a saga that waits ask again; without one, what was asked still lies there."""
        self.rest()
        if self.style == "orchestration":
            self.wait()

    def give_up(self) -> None:
        """Let an order's time be over; a confirmed one without a saga is its customer's to end."""
        self.rest()
        if self.style == "orchestration":
            self.wait(DEFAULT.attempts + 1)
        elif self.orders[ID].confirmed:
            self.cancel()
        else:
            clock.run_out(self, ID)
        self.rest()

    def speak(self) -> None:
        """Let the silent answer."""
        self.silent.clear()

    def wander(self, seed: int, most: int = 10_000) -> None:
        """Do all that may happen, in an order of chance."""
        chance = Random(seed)
        for _ in range(most):
            if not (steps := self.steps()):
                return
            chance.choice(steps)()

    def cancel(self) -> None:
        """The customer cancels, and all hear of it before anything else happens."""
        self.send(CancelOrder(order_id=ID, reason=WHY))
        self.hurry("orders.commands")
        self.hurry("orders")

    def hold_too_long(self, *, lost: bool = False) -> None:
        """Put on its way that all reservations have expired; perhaps the goods are lost as well."""
        for sku, reservation in self.reservations:
            clock.expire(self, sku, reservation)
            if lost:
                self.send(AdjustStock(sku=sku, change=-ENOUGH[sku], reason="broken"))

    def expire(self, *, lost: bool = False) -> None:
        """All reservations expire, and all hear of it before anything else happens."""
        self.hold_too_long(lost=lost)
        self.hurry("stock.commands")
        self.hurry("sagas.replies")

    def wait(self, times: int = 1) -> None:
        """Let the deadline of the saga pass, so many times, with all that follows."""
        for _ in range(times):
            clock.miss(self, ID)
            self.rest()


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How an order ended: its status and why, where its money and its goods are, who was told.

    `released` and `restocked` are what was given back, in pieces; `left` is what the shop has, and
    `told` the last that its customer was told.
    """

    status: str
    reason: str = ""
    authorized: int = TOTAL
    captured: int = 0
    voided: int = 0
    refunded: int = 0
    released: int = 0
    restocked: int = 0
    left: tuple[int, ...] = tuple(ENOUGH.values())
    told: str


def end(shop: Market) -> Ended:
    """Let it rest, look into the books, and say how the order ended."""
    shop.rest()
    check_at_rest(shop)
    order, payment = shop.orders[ID], shop.payments[PAYMENT]
    movements = [each for sku in LINES for each in shop.events["stock", sku]]
    return Ended(
        status=order.status,
        reason=order.reason,
        authorized=payment.authorized,
        captured=payment.captured,
        voided=payment.voided,
        refunded=payment.refunded,
        released=sum(each.quantity for each in movements if isinstance(each, StockReleased)),
        restocked=sum(each.quantity for each in movements if isinstance(each, StockRestocked)),
        left=tuple(shop.levels[sku].on_hand if sku in shop.levels else 0 for sku in ENOUGH),
        told=shop.notices[ID].notices[-1].kind,
    )


def placed(style: Style, method: str = "card") -> CreateOrder:
    """The order: two TEA and one CUP."""
    return CreateOrder(
        order_id=ID,
        user_id="ada",
        customer=Customer(name="Ada", email="ada@example.org"),
        lines=tuple(OrderLine(sku=sku, quantity=n, unit_price=100) for sku, n in LINES.items()),
        currency="USD",
        method=method,
        saga=style,
    )


def moments(
    progress: Progress,
    style: Style,
    method: str = "card",
    *,
    silent: Iterable[str] = (),
    stock: dict[str, int] = ENOUGH,
) -> Iterator[Market]:
    """Every shop whose order is just so far, on several ways of getting there."""
    found = 0
    for seed in WAYS:
        life = _lives(Market(style, method, silent, stock), seed)
        far = [shop.progress() for shop in life]
        for steps in (count for count, each in enumerate(far) if each == progress):
            found += 1
            yield next(islice(_lives(Market(style, method, silent, stock), seed), steps, None))
    assert found, f"at no moment just that much is done: {progress}"


def _lives(shop: Market, seed: int | None) -> Iterator[Market]:
    """A shop before each of its steps, and at rest: the same for the same seed."""
    chance = Random(seed)
    yield shop
    while steps := shop.steps():
        (steps[0] if seed is None else chance.choice(steps))()
        yield shop
