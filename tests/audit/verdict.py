"""The audit as a whole, and how it reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.audit import (
    causes,
    choreography,
    commands,
    interventions,
    journeys,
    ledger,
    mails,
    money,
    orders,
    replies,
    requests,
    sagas,
    stock,
    versions,
)
from tests.audit.envelopes import Log, Topics
from tests.audit.facts import Facts
from tests.audit.findings import Audit

Lines = Sequence[Mapping[str, Any]]
CHECKED = (
    "M1-M7 money, S1-S5 stock, G1 versions, G2 causes, G3 sagas, G4 notifications, keys and"
    " partitions, ids, order of decisions, one end for each order"
)
_SHOWN = 50
_SUMS = ("ordered", "authorized", "captured", "refunded", "voided", "expired", "held", "kept")


def audit(  # noqa: PLR0913 - what there is to judge, by name
    topics: Topics,
    gateway: Lines,
    mail: Lines,
    *,
    finished: bool,
    partitions: int = 12,
    dead_letters: int = 0,
) -> Audit:
    """Judge all topics, the gateway's ledger and the mails. Ledgers must be read after the topics.

    `dead_letters` is how many are expected.
    """
    found = Audit(finished)
    log = Log(topics, found, partitions, dead_letters)
    interventions.check(log, found)
    versions.check(log, found)
    causes.check(log, found)
    commands.check(log, found)
    folded = orders.check(log, found)
    payments = money.check(log, found)
    money.answers(log, payments, found)
    ledger.check(gateway, payments, found)
    reservations = stock.check(log, found)
    replies.check(log, found)
    known = Facts(log)
    stories = sagas.check(log, known, found)
    requests.check(log, folded, found)
    choreography.check(log, folded, known, stories, found)
    mails.check(log, mail, found)
    journeys.check(log, journeys.Folds(folded, payments, reservations, stories), found)
    return found


def render(found: Audit) -> str:
    """The verdict, for people."""
    return "\n".join((*_numbers(found), "", *_findings(found)))


def _numbers(found: Audit) -> Iterator[str]:
    yield f"{found.records.total():,} records, {'at rest' if found.finished else 'under way'}"
    for topic, count in found.records.items():
        repeats = f", {found.repeats[topic]:,} of them repeats" if found.repeats[topic] else ""
        yield f"  {topic:<22} {count:>10,}{repeats}"
    yield f"orders         {found.orders.total():,} accepted: {_listed(found.orders)}"
    if found.rejected:
        yield f"rejected       {_listed(found.rejected)}"
    for currency, sums in sorted(found.money.items()):
        yield f"money {currency}      " + ", ".join(f"{name} {sums[name]:,}" for name in _SUMS)
    on_hand, reserved = (
        sum(each[name] for each in found.stock.values()) for name in ("on_hand", "reserved")
    )
    yield f"stock          {len(found.stock):,} SKUs: on hand {on_hand:,}, reserved {reserved:,}"
    yield f"sagas          {_listed(found.sagas)}"
    yield f"notifications  {_listed(found.notifications)}"
    yield f"dead letters   {len(found.dead_letters):,}"
    for each in found.notes:
        yield f"note           {each}"
    yield f"checked        {CHECKED}"
    compared = _listed(found.compared) if found.compared else "not asked, see --views"
    yield f"read side, G5  {compared}"


def _findings(found: Audit) -> Iterator[str]:
    if not found.findings:
        yield "nothing found wrong"
        return
    yield f"{len(found.findings):,} findings:"
    yield from (f"  {each}" for each in found.findings[:_SHOWN])
    if len(found.findings) > _SHOWN:
        yield f"  … and {len(found.findings) - _SHOWN:,} more; --json has them all"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items())) or "none"
