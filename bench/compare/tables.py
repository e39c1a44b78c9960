"""The tables of the comparison, one for each part of its page."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence

from bench.compare import coupling, lines
from bench.compare.coupling import CONTEXTS, Known
from bench.figures import Row, Rows, machine, spread, table
from models.order_messages import Style

FIRST: Style = "orchestration"
SECOND: Style = "choreography"
_STYLES = (FIRST, SECOND)
_HEADER = ("", *_STYLES, f"{SECOND}, {FIRST} = 1")
FULL, STEADY, JOURNEY = "full", "steady", "journey"
_WRITTEN = (
    ("records on topics", "topic_records", ",.1f"),
    ("bytes on topics", "topic_bytes", ",.0f"),
    ("records on changelogs", "changelog_records", ",.1f"),
    ("bytes on changelogs", "changelog_bytes", ",.0f"),
)
_CPU = tuple(
    (f"CPU ms, {process}", f"cpu_ms {process}", ".2f")
    for process in ("write worker", "views worker", "broker", "gateway", "all")
)
_WAITS = (("p50 ms", "p50", ".0f"), ("p99 ms", "p99", ".0f"))


def run() -> str:
    """When, where and how the figures were taken."""
    place = machine()
    command = " ".join(("python", *sys.orig_argv[1:]))
    return (
        f"Taken on {time.strftime('%Y-%m-%d')} by `{command}`, on {place['cores']} cores "
        f"({place['cpu']}), Python {place['python']}; load at the end {os.getloadavg()[0]:.1f}."
    )


def full(rows: Rows) -> str:
    """What an order costs when the workers always have enough to do."""
    chosen = rows.select(measure=FULL)
    return _beside(chosen, (("orders/s", "orders_per_second", ",.0f"), *_CPU, *_WRITTEN))


def steady(rows: Rows) -> str:
    """How long an order takes, and what it costs, when orders come by the clock."""
    return _beside(rows.select(measure=STEADY), (*_WAITS, *_CPU, *_WRITTEN[2:]))


def topics(rows: Rows) -> str:
    """How many records of an order lie on each topic."""
    last = {row["participant"]: row["topics"] for row in rows.select(measure=FULL).rows}
    names = sorted({name for each in last.values() for name in each})
    shown = ([last[style].get(name, (0, 0)) for style in _STYLES] for name in names)
    return table(
        ("records (and bytes) of an order on", *_STYLES),
        (
            (name, *(f"{records:.1f} ({size:,.0f})" for records, size in both))
            for name, both in zip(names, shown, strict=True)
        ),
    )


def journeys(rows: Rows) -> str:
    """One order of each kind, message by message."""
    chosen = rows.select(measure=JOURNEY).rows
    by_kind: dict[str, dict[str, Row]] = {row["kind"]: {} for row in chosen}
    for row in chosen:
        by_kind[row["kind"]][row["participant"]] = row
    names = ("records", "commands", "deliveries", "hops_decisive", "hops")
    return table(
        (
            "order (and how it ends)",
            "records on topics",
            "of them commands",
            "read by agents",
            "hops until it says so",
            "hops until the last",
        ),
        (
            (
                f"{kind} ({_ends(by_style)})",
                *(f"{by_style[FIRST][name]} : {by_style[SECOND][name]}" for name in names),
            )
            for kind, by_style in by_kind.items()
        ),
    )


def paths(rows: Rows) -> str:
    """The causes of an order's confirmation, one after the other."""
    chosen = rows.select(measure=JOURNEY, ended="OrderConfirmed").rows
    first = {row["participant"]: row["path"] for row in reversed(chosen)}
    return "\n\n".join(f"- {style}: {first[style]}" for style in _STYLES)


def code() -> str:
    """Lines of code of each style."""
    return table(
        ("", "lines of code", "files"),
        (*_counted(FIRST, lines.ORCHESTRATION), *_counted(SECOND, lines.CHOREOGRAPHY)),
    )


def knowledge() -> str:
    """Who must know which messages of whom."""
    by_style = {
        FIRST: [("sagas", each) for each in coupling.of_coordinator()],
        SECOND: [(context, each) for context in CONTEXTS for each in coupling.of_policy(context)],
    }
    sums = table(("", *_STYLES), _sums(list(by_style.values())))
    names = table(
        ("style", "who", "knows", "its events", "its commands"),
        (
            (style, who, each.context, *map(_listed, (each.events, each.commands)))
            for style, known in by_style.items()
            for who, each in known
        ),
    )
    return f"{sums}\n\n{names}"


def _ends(by_style: dict[str, Row]) -> str:
    """How an order ends: in one way, since both styles end alike."""
    return " or ".join(f"`{kind}`" for kind in {row["ended"]: None for row in by_style.values()})


def _beside(rows: Rows, shown: Iterable[tuple[str, str, str]]) -> str:
    return table(
        _HEADER,
        (
            (
                name,
                *(spread(rows.column(key, style), form) for style in _STYLES),
                spread(rows.ratios(key, SECOND, FIRST), ".2f"),
            )
            for name, key, form in shown
        ),
    )


def _counted(style: Style, parts: Sequence[lines.Part]) -> Iterator[Sequence[str]]:
    for part in parts:
        files = ", ".join(f"`{file}`" for file in part.files)
        some = f", and of {len(part.shared)} agents what names it" if part.shared else ""
        yield (f"{style}: {part.what}", str(part.lines), files + some)
    yield (f"**{style}**", f"**{sum(part.lines for part in parts):,}**", "")


def _sums(styles: Sequence[Sequence[tuple[str, Known]]]) -> Iterator[Sequence[str]]:
    yield ("contexts that know others", *(str(len({who for who, _ in each})) for each in styles))
    yield ("pairs of who knows whom", *(str(len(each)) for each in styles))
    yield ("events of others, in all", *(_all(each, "events") for each in styles))
    yield ("commands of others, in all", *(_all(each, "commands") for each in styles))


def _all(known: Sequence[tuple[str, Known]], family: str) -> str:
    return str(sum(len(getattr(each, family)) for _, each in known))


def _listed(names: Sequence[str]) -> str:
    return f"{len(names)}: {', '.join(names)}" if names else "0"


FROM_CODE = {"code": code, "coupling": knowledge}
FROM_ORDERS = {
    "full": full,
    "steady": steady,
    "topics": topics,
    "journeys": journeys,
    "paths": paths,
}
