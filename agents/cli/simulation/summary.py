"""What a simulation has come to: its figures, as rows for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from agents.cli import rendering
from agents.cli.simulation.plan import STYLES
from agents.cli.simulation.totals import Totals

_ORDER: Final = ("PENDING", "CONFIRMED", "SHIPPED", "DELIVERED", "CANCEL_PENDING", "CANCELLED")
_ENDS: Final = ("EXPIRED", "REJECTED")
_MONEY: Final = ("ordered", "captured", "refunded")


@dataclass(frozen=True, kw_only=True)
class Summary:
    """`made` is what the read side's totals grew by during the run, `overall` what they are now.

    `mismatches` are all places where the read side does not agree with what was sent.
    `compared` tells whether the totals were held against the single orders, too.
    """

    sent: int
    accepted: int
    duplicates: int
    made: Totals | None = None
    overall: Totals | None = None
    compared: bool = False
    mismatches: list[str] = field(default_factory=list)

    def record(self) -> dict[str, Any]:
        """The summary as JSON has it."""
        said = {"sent": self.sent, "accepted": self.accepted, "duplicates": self.duplicates}
        if self.made is None or self.overall is None:
            return {**said, "mismatches": self.mismatches}
        return {
            **said,
            **_record(self.made),
            "styles": {style: _record(totals) for style, totals in self._styles().items()},
            "stock": msgspec.to_builtins(self.overall.stock),
            "compared": self.compared,
            "mismatches": self.mismatches,
        }

    def rows(self) -> str:
        """The summary as people read it; where there are several styles, side by side."""
        return rendering.table(self._rows(), right=range(1, len(STYLES) + 2))

    def verdict(self) -> str:
        """In a sentence, whether all is accounted for."""
        if self.mismatches:
            return "\n".join(
                [f"{len(self.mismatches)} mismatches:", *(f"  {m}" for m in self.mismatches)]
            )
        if self.made is None:
            return "not followed; with --wait each order is followed to its end and accounted for"
        totals = "and the totals agree" if self.compared else "the totals were not compared"
        return f"every accepted order is known and has ended, {totals}"

    def _styles(self) -> dict[str, Totals]:
        """What each style of checkout has made, as far as there were orders of it."""
        made = self.made.styles if self.made else {}
        return {style: made[style] for style in STYLES if style in made and made[style].placed}

    def _rows(self) -> Iterator[tuple[object, ...]]:
        styles = self._styles()
        beside = styles if len(styles) > 1 else {}
        blank = ("",) * len(beside)
        if beside:
            yield "", *beside, "all"
        yield "sent", *blank, self.sent
        yield "accepted", *blank, self.accepted
        yield "duplicates", *blank, self.duplicates, "recognised by their idempotency key"
        if self.made is None or self.overall is None:
            return
        columns = [_figures(totals) for totals in (*beside.values(), self.made)]
        for name in columns[-1]:
            yield name, *(figures.get(name, "-") for figures in columns)
        yield "stock on hand", *blank, self.overall.stock.on_hand
        yield "stock reserved", *blank, self.overall.stock.reserved


def _record(totals: Totals) -> dict[str, Any]:
    return {
        "placed": totals.placed,
        "orders": totals.orders,
        "rejected": totals.rejected,
        "money": msgspec.to_builtins(totals.money),
    }


def _figures(totals: Totals) -> dict[str, object]:
    """What there is of orders and money, by the names of their rows."""
    figures: dict[str, object] = {"placed": totals.placed}
    for status in (*_ORDER, *_ENDS):
        if count := totals.orders.get(status):
            figures[status.lower().replace("_", " ")] = count
    for reason, count in sorted(totals.rejected.items()):
        figures[f"  {reason}"] = count
    for name in _MONEY:
        for currency, sums in sorted(totals.money.items()):
            if amount := getattr(sums, name):
                written = rendering.money(amount, currency)[: -len(currency) - 1]
                figures[f"{name} {currency}"] = written
    return figures
