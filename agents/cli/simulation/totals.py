"""The read side's totals, and the same figures made from single orders, to be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TypeVar

import msgspec

from agents.cli.simulation.journey import ALIVE, Journey

Figures = dict[str, int]
S = TypeVar("S", bound=msgspec.Struct)


class Sums(msgspec.Struct, frozen=True):
    """Money of one currency, in minor units; all that ever was."""

    ordered: int = 0
    authorized: int = 0
    captured: int = 0
    refunded: int = 0
    voided: int = 0


class Stock(msgspec.Struct, frozen=True):
    """Goods of all SKUs."""

    on_hand: int = 0
    reserved: int = 0


class Coverage(msgspec.Struct, frozen=True):
    """Of how many partitions the totals are; the worker that was asked may not have them all."""

    counted: int = 0
    all: int = 0


class Freshness(msgspec.Struct, frozen=True):
    """How many records are known and not yet counted."""

    behind: int = 0


class Totals(msgspec.Struct, frozen=True):
    """What `GET /totals` says."""

    placed: int = 0
    orders: dict[str, int] = {}
    rejected: dict[str, int] = {}
    money: dict[str, Sums] = {}
    styles: dict[str, Totals] = {}
    stock: Stock = Stock()
    partitions: Coverage = Coverage()
    freshness: Freshness = Freshness()

    @property
    def at_rest(self) -> bool:
        """Whether all is counted and nothing under way: what changes now is of later orders."""
        moving = self.orders.get("PENDING", 0) + self.orders.get("CANCEL_PENDING", 0)
        held = any(s.authorized - s.captured - s.voided for s in self.money.values())
        missing = self.partitions.all - self.partitions.counted
        return not (moving or held or self.stock.reserved or missing or self.freshness.behind)

    def since(self, before: Totals) -> Totals:
        """The difference to an earlier time."""
        return Totals(
            placed=self.placed - before.placed,
            orders=_less(self.orders, before.orders),
            rejected=_less(self.rejected, before.rejected),
            money={
                currency: _difference(sums, before.money.get(currency, Sums()))
                for currency, sums in self.money.items()
            },
            styles={
                style: totals.since(before.styles.get(style, Totals()))
                for style, totals in self.styles.items()
            },
            stock=_difference(self.stock, before.stock),
        )

    def figures(self) -> Figures:
        """What single orders can be held against; money kept is what was captured, less refunds."""
        return _nonzero(
            {
                "placed": self.placed,
                **{f"placed by {style}": totals.placed for style, totals in self.styles.items()},
                **{f"orders {status}": count for status, count in self.orders.items()},
                **{f"rejected for {reason}": count for reason, count in self.rejected.items()},
                **{f"ordered {name}": sums.ordered for name, sums in self.money.items()},
                **{f"kept {name}": s.captured - s.refunded for name, s in self.money.items()},
                **{
                    f"held {name}": s.authorized - s.captured - s.voided
                    for name, s in self.money.items()
                },
                "goods on hand": self.stock.on_hand,
                "goods reserved": self.stock.reserved,
            }
        )


def figures_of(journeys: Iterable[Journey]) -> Figures:
    """The figures that these orders, one by one, should have made."""
    figures: Counter[str] = Counter()
    for journey in journeys:
        if journey.order_id is None or journey.view is None:
            continue
        plan, view = journey.plan, journey.view
        currency = plan.body["currency"]
        figures.update({"placed": 1, f"orders {view.status}": 1, f"ordered {currency}": plan.total})
        if view.style is not None:
            figures[f"placed by {view.style}"] += 1
        if view.status == "REJECTED":
            figures[f"rejected for {view.reason}"] += 1
        if view.status in ALIVE:
            figures.update({f"kept {currency}": plan.total, "goods on hand": -plan.goods})
    return _nonzero(figures)


def differences(of_orders: Figures, of_totals: Figures) -> list[str]:
    """Where the two do not agree."""
    return [
        f"{name}: the orders make {of_orders.get(name, 0)}, the totals say {of_totals.get(name, 0)}"
        for name in sorted({*of_orders, *of_totals})
        if of_orders.get(name, 0) != of_totals.get(name, 0)
    ]


def _less(after: Mapping[str, int], before: Mapping[str, int]) -> dict[str, int]:
    names = sorted({*after, *before})
    return _nonzero({name: after.get(name, 0) - before.get(name, 0) for name in names})


def _difference(after: S, before: S) -> S:
    return type(after)(
        **{n: getattr(after, n) - getattr(before, n) for n in after.__struct_fields__}
    )


def _nonzero(figures: Mapping[str, int]) -> Figures:
    return {name: figure for name, figure in figures.items() if figure}
