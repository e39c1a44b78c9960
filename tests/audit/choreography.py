"""Choreographed orders: what a context did of its own accord, it had every reason to do.

Money and stock are evidence, as they are in the commands of a saga: no order is confirmed, paid,
cancelled or rejected before the facts are there that it takes, for money and for every line.
Judged at rest only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from tests.audit.envelopes import Log
from tests.audit.facts import Facts
from tests.audit.findings import Audit
from tests.audit.grammar import CHOREOGRAPHY, FACTS
from tests.audit.orders import Order, Orders
from tests.audit.records import Message
from tests.audit.sagas import Sagas
from tests.audit.steps import TOO_LITTLE, why


class Reasons(NamedTuple):
    """What it takes: one of these facts of its money, and one of those of every line."""

    money: frozenset[str]
    line: frozenset[str] = frozenset()


_BACK: Final = Reasons(
    frozenset({"PaymentVoided", "PaymentRefunded", "PaymentFailed"}),
    frozenset({"StockReleased", "StockRestocked", "StockReservationFailed"}),
)
_TAKES: Final = {
    "OrderConfirmed": Reasons(frozenset({"PaymentAuthorized"}), frozenset({"StockReserved"})),
    "OrderPaid": Reasons(frozenset({"PaymentCompleted"}), frozenset({"StockDeducted"})),
    "OrderRejected": _BACK,
    "OrderCancelled": _BACK,
    "ReserveStock": Reasons(frozenset({"PaymentAuthorized"})),
    "DeductStock": Reasons(frozenset({"PaymentCompleted"})),
}
_DECLINED: Final = frozenset({"PaymentFailed", "PaymentCommandRefused"})
_REFUSALS: Final = {
    "OrderRejected": _DECLINED | {"StockReservationFailed"},
    "OrderCancellationRequested": frozenset(
        {"PaymentCaptureFailed", "PaymentCommandRefused", "StockDeductionRefused"}
    ),
}
_MONEY: Final = ("PaymentAuthorized", "PaymentCompleted")


def check(log: Log, orders: Orders, facts: Facts, sagas: Sagas, audit: Audit) -> None:
    """Judge what was decided because of facts."""
    if not audit.finished:
        return
    for topic in ("orders", "stock.commands"):
        for message in log[topic]:
            order, cause = orders.get(message.journey), log.by_id.get(message.cause or "")
            if order and cause and _of_own_accord(message, cause, log):
                heard = facts.heard(cause)
                for what in _lacking(message, order, heard):
                    lack = f"{message} was decided without {what}"
                    audit.unsettled(message.journey, _matter(what), "evidence", lack)
                if message.type in _REFUSALS:
                    _judge_reason(message, order, heard, sagas, audit)


def _of_own_accord(message: Message, cause: Message, log: Log) -> bool:
    return cause.record.topic in FACTS and log.may_be(CHOREOGRAPHY, message.journey)


def _lacking(message: Message, order: Order, heard: list[Message]) -> Iterator[str]:
    """What must have come before, and has not."""
    takes = _TAKES.get(message.type)
    known = {fact.type for fact in heard}
    if takes is None or (takes is _BACK and known & _DECLINED):  # then nothing was ever held
        return
    if not takes.money & known:
        yield " or ".join(sorted(takes.money))
    if takes is _BACK and any(_too_little(fact, order) for fact in heard):
        return  # nothing is reserved before there is enough money
    answered = {fact.data.get("reservation_id") for fact in heard if fact.type in takes.line}
    for number in range(1, 1 + len(order.facts.get("lines", ()) if takes.line else ())):
        if f"{message.journey}/{number}" not in answered:
            yield f"{' or '.join(sorted(takes.line))} of line {number}"


def _matter(what: str) -> str:
    return "money" if what.startswith("Payment") else "stock"


def _too_little(fact: Message, order: Order) -> bool:
    return fact.type in _MONEY and fact.data["amount"] < order.facts.get("total", 0)


def _judge_reason(
    message: Message, order: Order, heard: list[Message], sagas: Sagas, audit: Audit
) -> None:
    """An order that nobody cancelled ends for a reason that was given, and that its saga has."""
    given = {why(fact) for fact in heard if fact.type in _REFUSALS[message.type]}
    if any(_too_little(fact, order) for fact in heard):
        given.add(TOO_LITTLE)
    saga, reason = sagas.get(message.journey), message.data["reason"]
    observed = saga is not None and (reason in saga.reasons or saga.stuck)
    if reason not in given or not observed:
        audit.find("evidence", f"{message} gives a reason that nobody gave: {reason!r}")
