"""How many queries the read side answers while orders flow, and what orders lose by it."""

from __future__ import annotations

from typing import Any

from bench.figures import Results, show
from bench.orders.asking import LIST, ORDER
from bench.orders.cells import column
from bench.orders.clients import Client
from bench.orders.latency import SETTLING, place
from bench.orders.system import System

RATE = 50  # orders per second meanwhile
NOTHING = "no queries"
_SHOWN = {ORDER: "GET /orders/{id}", LIST: "GET /users/{user}/orders"}
KINDS = (NOTHING, *_SHOWN.values())
_ABOUT = {shown: about for about, shown in _SHOWN.items()}


def measure(system: System, kind: str, seconds: float) -> dict[str, Any]:
    """Ask for so many seconds while orders are placed."""
    about = _ABOUT.get(kind)
    asking = about and Client(system, "asking", seconds + SETTLING, about=about)
    orders = place(system, RATE, seconds).figures()
    return {**orders, **(asking.figures() if asking else {})}


def report(results: Results) -> None:
    """Print what was measured."""
    rows = results.select(measure="queries")
    columns = ("queries_per_second", "query_p50", "query_p99", "p50", "p99")
    show(
        f"Queries, as fast as they are answered, while {RATE} orders/s are placed; waits in ms.",
        ("", "queries/s", "p50", "p99", "orders: p50", "p99", "unconfirmed"),
        (
            (
                name,
                *(column(rows, each, name, ",.1f") for each in columns),
                column(rows, "unconfirmed", name, ".0f"),
            )
            for name in rows.participants
        ),
    )
