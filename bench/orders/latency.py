"""How long a customer waits: from `POST /orders?wait=…` until the order is confirmed.

Open load over HTTP (`bench/orders/placing.py`): an order that was due while the system stalled has
waited since then. For one run the wait is told apart by stages, from the times at which each event
was written to its topic.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any, NamedTuple

from bench.figures import Results, percentile, show
from bench.orders.cells import column
from bench.orders.clients import Client
from bench.orders.log import timestamps
from bench.orders.placing import WAIT_SECONDS
from bench.orders.system import System
from bench.orders.throughput import CPU, PROCESSES, cost
from bench.running import ParticipantFailed

# Not counted: the first seconds of a rate, in which caches and batch sizes settle.
SETTLING = 2
_PERCENTS = (50, 90, 99)
# What comes one after the other; each is written by the agent that decides on the one before.
_STAGES = (
    ("the command is in the log", "orders.commands", "CreateOrder"),
    ("created", "orders", "OrderCreated"),
    ("authorized, by the gateway", "payments", "PaymentAuthorized"),
    ("reserved, every line", "sagas.replies", "StockReserved"),
    ("confirmed", "orders", "OrderConfirmed"),
)


class Placed(NamedTuple):
    """An order as its client saw it; times in milliseconds, `due` since the epoch."""

    order_id: str | None
    due: float
    waited: float | None


class Waits:
    """Orders of one client, without those of its first seconds, and what all of them cost."""

    def __init__(self, said: dict[str, Any], rate: float, costs: dict[str, float]) -> None:
        placed = sorted((Placed(*each) for each in said["placed"]), key=lambda each: each.due)
        self.all = len(placed)
        self.placed = placed[int(rate * SETTLING) :]
        self._more = {"late_ms": said["late_ms"], "cpu_seconds": said["cpu_seconds"], **costs}

    def figures(self) -> dict[str, Any]:
        """Percentiles; an order that was not confirmed in time has waited at least that long."""
        waits = [1000.0 * WAIT_SECONDS if p.waited is None else p.waited for p in self.placed]
        return {
            "counted": len(waits),
            "unconfirmed": sum(each.waited is None for each in self.placed),
            **{f"p{percent}": percentile(waits, percent) for percent in _PERCENTS},
            "max": max(waits),
            **self._more,
        }


def place(system: System, rate: float, seconds: float, **orders: object) -> Waits:
    """Place orders at a rate for so many seconds that count; `orders` says which ones."""
    cpu = system.cpu()
    said = Client(system, "placing", seconds + SETTLING, rate=rate, **orders).figures()
    return Waits(said, rate, cost(system, cpu, len(said["placed"])))


def stages(system: System, waits: Waits) -> dict[str, list[float]]:
    """Percentiles of the time that each stage took, and of the answer's way back to the client."""
    reached = {each.order_id: [each.due] for each in waits.placed if each.waited is not None}
    for _, topic, kind in _STAGES:
        times: dict[str, float] = {}
        for event, milliseconds in timestamps(system.broker.address, topic):
            if event["type"] == kind and event["correlationid"] in reached:
                times[event["correlationid"]] = milliseconds  # of several lines, the last
        for order_id, since in reached.items():
            since.append(times.get(str(order_id), math.nan))
    for each in waits.placed:
        if each.waited is not None:
            reached[each.order_id].append(each.due + each.waited)
    spans = [[later - sooner for sooner, later in pairwise(since)] for since in reached.values()]
    if any(math.isnan(span) for each in spans for span in each):
        raise ParticipantFailed("an order was confirmed of which some event is missing")
    names = [*(name for name, _, _ in _STAGES), "projected, and answered"]
    return {
        name: [percentile(column, percent) for percent in _PERCENTS]
        for name, column in zip(names, zip(*spans, strict=True), strict=True)
    }


def report(results: Results) -> None:
    """Print what was measured."""
    rows = results.select(measure="latency")
    header = tuple(f"p{percent}" for percent in _PERCENTS)
    show(
        "From when an order was due until its client knows that it is confirmed, in ms; "
        "CPU in ms per order.",
        ("", *header, "max", "unconfirmed", *(f"CPU, {process}" for process in PROCESSES)),
        (
            (
                name,
                *(column(rows, each, name) for each in (*header, "max")),
                column(rows, "unconfirmed", name, ".0f"),
                *(column(rows, CPU.format(process), name) for process in PROCESSES),
            )
            for name in rows.participants
        ),
    )
    for row in rows.rows:
        if "stages" in row:
            show(
                f"Where that time goes, at {row['participant']}: ms from the line above.",
                ("until", *header),
                ((name, *(f"{value:.1f}" for value in v)) for name, v in row["stages"].items()),
            )
