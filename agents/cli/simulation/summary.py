"""What a simulation has come to: its figures, as rows for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from agents.cli import rendering
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
            "placed": self.made.placed,
            "orders": self.made.orders,
            "rejected": self.made.rejected,
            "money": msgspec.to_builtins(self.made.money),
            "stock": msgspec.to_builtins(self.overall.stock),
            "compared": self.compared,
            "mismatches": self.mismatches,
        }

    def rows(self) -> str:
        """The summary as people read it."""
        return rendering.table(self._rows(), right=[1])

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

    def _rows(self) -> Iterator[tuple[object, ...]]:
        yield "sent", self.sent
        yield "accepted", self.accepted
        yield "duplicates", self.duplicates, "recognised by their idempotency key"
        if self.made is None or self.overall is None:
            return
        yield "placed", self.made.placed
        for status in (*_ORDER, *_ENDS):
            if count := self.made.orders.get(status):
                yield status.lower().replace("_", " "), count
        for reason, count in sorted(self.made.rejected.items()):
            yield f"  {reason}", count
        for name in _MONEY:
            for currency, sums in sorted(self.made.money.items()):
                if amount := getattr(sums, name):
                    yield (
                        f"{name} {currency}",
                        rendering.money(amount, currency)[: -len(currency) - 1],
                    )
        yield "stock on hand", self.overall.stock.on_hand
        yield "stock reserved", self.overall.stock.reserved
