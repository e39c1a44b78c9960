"""What the simulated customers will do: drawn from a seed, before anything is sent.

The same seed gives the same customers, baskets, cards and changes of mind, in whichever style of
checkout and however the system behaves; only the idempotency keys differ from run to run, so that
a second run is new business.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate, count, cycle
from random import Random
from typing import Any, Final, Literal, TypeVar, get_args

from agents.cli.simulation.catalogue import CATALOGUE, CURRENCIES, Product
from models.order_messages import Style

T = TypeVar("T")
Repeat = Literal["at once", "later"]
Cancel = Literal["at once", "soon", "confirmed"]

STYLES: Final[tuple[Style, ...]] = get_args(Style)
DECLINED: Final = ("card-declined", "card-insufficient-funds")
_REPEATS: Final[tuple[Repeat, ...]] = ("at once", "later")
_CANCELS: Final[tuple[Cancel, ...]] = ("at once", "soon", "confirmed")

_DECLINE: Final = 0.06  # chances
_CANCEL: Final = 0.04
_REPEAT: Final = 0.03
_SHIP: Final = 0.2
_DELIVER: Final = 0.5  # of what is shipped
_SOON: Final = 1.5  # seconds after which a customer has another think, at most
_SIZES: Final = (1, 2, 3, 4, 5)  # of baskets in lines, and of lines in goods
_OFTEN: Final = (60, 90, 110, 117, 120)  # cumulated

_NAMES: Final = (
    *("ada", "boris", "chloe", "dan", "emre", "fatima", "goro", "hana", "ines", "jun", "kofi"),
    *("lena", "minji", "noor", "oskar", "priya", "quinn", "rosa", "sami", "tariq", "uma", "vera"),
    *("wanda", "xenia", "yusuf", "zoe"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """One order to be placed, and what its customer and the shop will do about it.

    `total` is in minor units, `pause` the seconds before the customer cancels or sends it again.
    """

    key: str
    body: dict[str, Any]  # for POST /orders
    total: int
    repeat: Repeat | None
    cancel: Cancel | None
    pause: float
    ship: bool
    deliver: bool

    @property
    def declined(self) -> bool:
        """Whether the card is one that the gateway declines."""
        return self.body["payment_method"] in DECLINED

    @property
    def style(self) -> Style | None:
        """The style of checkout that it names."""
        named: Style | None = self.body.get("saga")
        return named

    @property
    def goods(self) -> int:
        """How many goods leave the shop if all goes well."""
        return sum(line["quantity"] for line in self.body["lines"])


def plans(seed: int, users: int, run: str, styles: Sequence[Style] = ()) -> Iterator[Plan]:
    """Orders without end, by so many users; `run` is in their idempotency keys.

    They take turns in naming the styles of checkout; without any, the server has its way.
    """
    chance = Random(seed)  # noqa: S311 - to be repeated by its seed; it guards nothing
    customers = [_name(number) for number in range(users)]
    for number, named in zip(count(1), cycle([{"saga": style} for style in styles] or [{}])):
        plan = _plan(chance, _zipf(chance, customers), f"{run}-{number}")
        yield replace(plan, body={**plan.body, **named})


def _plan(chance: Random, user: str, key: str) -> Plan:
    currency = chance.choice(CURRENCIES)
    lines = [_line(chance, product, currency) for product in _basket(chance)]
    cancel = _maybe(chance, _CANCEL, _CANCELS)
    ship = chance.random() < _SHIP and cancel is None
    return Plan(
        key=key,
        body={
            "user_id": user,
            "customer": {"name": user.capitalize(), "email": f"{user}@example.com"},
            "lines": lines,
            "currency": currency,
            "payment_method": _maybe(chance, _DECLINE, DECLINED) or "card",
        },
        total=sum(line["quantity"] * line["unit_price"] for line in lines),
        repeat=_maybe(chance, _REPEAT, _REPEATS),
        cancel=cancel,
        pause=chance.uniform(0, _SOON),
        ship=ship,
        deliver=ship and chance.random() < _DELIVER,
    )


def _basket(chance: Random) -> list[Product]:
    size = chance.choices(_SIZES, cum_weights=_OFTEN)[0]
    basket: dict[str, Product] = {}
    while len(basket) < size:
        product = _zipf(chance, CATALOGUE)
        basket[product.sku] = product
    return list(basket.values())


def _line(chance: Random, product: Product, currency: str) -> dict[str, Any]:
    return {
        "sku": product.sku,
        "name": product.name,
        "quantity": chance.choices(_SIZES, cum_weights=_OFTEN)[0],
        "unit_price": product.price(currency),
    }


def _zipf(chance: Random, ranked: Sequence[T]) -> T:
    """One of them: the second half as often as the first, the third a third as often, and so on."""
    return chance.choices(ranked, cum_weights=_harmonic(len(ranked)))[0]


@cache
def _harmonic(size: int) -> tuple[float, ...]:
    return tuple(accumulate(1 / rank for rank in range(1, size + 1)))


def _maybe(chance: Random, how_often: float, one_of: Sequence[T]) -> T | None:
    """One of them, now and then."""
    return chance.choice(one_of) if chance.random() < how_often else None


def _name(number: int) -> str:
    again, which = divmod(number, len(_NAMES))
    return f"{_NAMES[which]}-{again + 1}" if again else _NAMES[which]
