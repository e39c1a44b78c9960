"""Metrics of a worker, by Prometheus' naming conventions; served at `/metrics`."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from prometheus_client import Counter, Gauge, Histogram

if TYPE_CHECKING:
    from streams.unit import Unit

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

UNITS = Counter("orderflow_units_total", "Units of work committed.", ["table"])
RECORDS = Counter(
    "orderflow_records_total", "Records applied, by what became of them.", ["table", "outcome"]
)
UNIT_RECORDS = Histogram(
    "orderflow_unit_records", "Records per unit of work.", ["table"],
    buckets=(1, 2, 5, 10, 25, 50, 100, 250, 500, 1000),
)  # fmt: skip
EFFECTS = Counter(
    "orderflow_effects_total", "Calls to the outside, by what came of them.", ["effect", "outcome"]
)
PENDING_EFFECTS = Gauge(
    "orderflow_effects_pending", "Calls to the outside that are not answered.", ["effect"]
)
TIMERS = Counter("orderflow_timers_total", "Timers that have fired.", ["table"])
TIMER_LATE_SECONDS = Histogram(
    "orderflow_timer_late_seconds",
    "Time from when a timer was due until its message is acknowledged.",
    ["table"],
    buckets=(*_SECONDS, 60, 300, 3600),
)
COMMIT_SECONDS = Histogram(
    "orderflow_commit_seconds",
    "Time until a commit record is acknowledged.",
    ["table"],
    buckets=_SECONDS,
)
PUBLISH_SECONDS = Histogram(
    "orderflow_publish_seconds",
    "Time until an outbox is acknowledged.",
    ["table"],
    buckets=_SECONDS,
)
RESTORE_SECONDS = Histogram(
    "orderflow_restore_seconds", "Time to restore what was assigned.", buckets=(*_SECONDS, 60, 300)
)
RESTORED_RECORDS = Counter(
    "orderflow_restored_records_total", "Changelog records read by restores."
)
FENCED = Counter(
    "orderflow_fenced_commits_total", "Commits after which somebody else had written.", ["table"]
)
GAPS = Counter(
    "orderflow_gaps_total", "Times that records were missed and sought back to.", ["table"]
)
LAG = Gauge(
    "orderflow_lag_records",
    "Records in the log that are not applied yet.",
    ["table", "topic", "partition"],
)
LANES = Gauge("orderflow_lanes", "Partitions that this worker works on.", ["table"])


class OfTable(NamedTuple):
    """The metrics of every unit of one table: looking them up by label cost 7 µs a time."""

    units: Counter
    sizes: Histogram
    handled: Counter
    commit_seconds: Histogram
    publish_seconds: Histogram


@cache
def of_table(table: str) -> OfTable:
    """Return the metrics that each unit of a table touches."""
    return OfTable(
        UNITS.labels(table),
        UNIT_RECORDS.labels(table),
        RECORDS.labels(table, "handled"),
        COMMIT_SECONDS.labels(table),
        PUBLISH_SECONDS.labels(table),
    )


def count_unit(table: str, unit: Unit[Any]) -> None:
    """Count a committed unit."""
    of = of_table(table)
    of.units.inc()
    of.sizes.observe(unit.handled + unit.repeats + unit.poisoned)
    of.handled.inc(unit.handled)
    if unit.repeats:
        RECORDS.labels(table, "repeat").inc(unit.repeats)
    if unit.poisoned:
        RECORDS.labels(table, "dead_letter").inc(unit.poisoned)
