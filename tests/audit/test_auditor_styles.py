"""Both styles, deadlines and operators: what breaks a promise there, and what breaks none."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.audit.catalogue import told
from tests.audit.findings import Audit
from tests.audit.good_log import Document, Log
from tests.audit.goods import CUP, TEA, receive
from tests.audit.journey import HOLD, Journey
from tests.audit.late_stories import LATER, SOON, called_off, skipped
from tests.audit.reactions import Reactions
from tests.audit.verdict import audit

EARLY = "2026-11-23T00:29:59+00:00"


def judge(log: Log, *, finished: bool = True) -> Audit:
    return audit(log.topics, log.gateway, log.mails, finished=finished)


def rules(log: Log, *, finished: bool = True) -> set[str]:
    """The rules that a log breaks."""
    return {each.partition(":")[0] for each in judge(log, finished=finished).findings}


def reacting(log: Log, *skus: str) -> Reactions:
    """A choreographed order, placed and authorized."""
    for sku in skus:
        receive(log, sku, 5)
    order = Reactions(log, "mina:1", [(sku, 2, 450) for sku in skus])
    order.place()
    order.authorize()
    return order


def driven(log: Log) -> Journey:
    """An orchestrated order, placed and authorized."""
    receive(log, TEA, 5)
    order = Journey(log, "mina:1", [(TEA, 2, 450)])
    order.create()
    order.authorize()
    return order


def commanded_by_a_saga(log: Log) -> None:
    order = reacting(log, TEA)
    order.asker = "/sagas"
    order.reserve_all()
    order.ask("orders.commands", "ConfirmOrder", authorized=order.total, reserved=1)
    order.order(order.asked["ConfirmOrder"], "OrderConfirmed")


def asked_of_stock_by_stock(log: Log) -> None:
    order = driven(log)
    order.asker = "/stock"
    order.ask("stock.commands", "DeductStock", 1)


def moved_by_a_fact(log: Log) -> None:
    order = driven(log)
    order.reserve(1)
    order.order(order.last, "OrderConfirmed")


def moved_by_another_fact(log: Log) -> None:
    order = reacting(log, TEA)
    order.order(order.last, "OrderPaid", captured=order.total)


def confirmed_too_early(log: Log) -> None:
    order = reacting(log, TEA, CUP)
    order.reserve(1)
    order.confirm()
    order.reserve(2)


def reserved_before_the_money(log: Log) -> None:
    receive(log, TEA, 5)
    order = Reactions(log, "mina:1", [(TEA, 2, 450)])
    order.last = order.place()
    order.ask_for_lines()


def rejected_with_the_money(log: Log) -> None:
    order = reacting(log, TEA)
    few = {"quantity": 9, "available": 5, "reason": "only 5"}
    order.stock("ReserveStock", 1, "StockReservationFailed", **few)
    order.order(order.last, "OrderRejected", reason="out_of_stock")


def cancelled_for_no_reason(log: Log) -> None:
    order = reacting(log, TEA)
    order.reserve_all()
    order.confirm()
    answer = order.answer("capture", code="no_money")
    key = {"key": f"{order.payment_id}/capture"}
    order.pay(answer, "PaymentCaptureFailed", **key, code="no_money", retryable=False)
    order.order(order.last, "OrderCancellationRequested", reason="bad weather")


def told_of_something_else(log: Log) -> None:
    order = reacting(log, TEA)
    order.order(order.last, "OrderPaid", captured=order.total)
    order.mail("shipped")


def expired_and_kept(log: Log) -> None:
    order = reacting(log, TEA)
    order.reserve(1)
    over = {"order_id": "mina:1", "deadline": HOLD, "at": HOLD}
    clock = log.follow(
        "orders.commands", order.created, "OrderTimedOut", "mina:1", over, source="/clock"
    )
    order.order(clock, "OrderExpired")


def expired_before_its_time(log: Log) -> None:
    order = driven(log)
    over: Document = {"deadline": HOLD, "at": EARLY, "payment_outstanding": False}
    order.ask("orders.commands", "ExpireOrder", **over)
    order.order(order.asked["ExpireOrder"], "OrderExpired")


def let_go_before_its_time(log: Log) -> None:
    order = driven(log)
    order.reserve(1)
    order.expire(1, EARLY)
    order.stock("ExpireReservation", 1, "StockReservationExpired", quantity=2)


def expired_in_silence(log: Log) -> None:
    order = driven(log)
    order.reserve(1)
    order.expire(1, HOLD)
    about = {"sku": TEA, "reservation_id": "mina:1/1", "order_id": "mina:1", "quantity": 2}
    log.follow("stock", order.asked["ExpireReservation1"], "StockReservationExpired", TEA, about)


def asked_again_in_other_words(log: Log) -> None:
    order = driven(log)
    order.time_out(order.last, SOON)
    again = {"waiting_for": ["ReserveStock"], "attempt": 1, "deadline": LATER}
    order.saga("SagaAskedAgain", **again)
    order.ask("stock.commands", "ReserveStock", 1, quantity=2, expires_at=LATER)


def a_deadline_of_nobody(log: Log) -> None:
    order = driven(log)
    data = {"order_id": "mina:1", "deadline": SOON, "at": SOON}
    log.root("sagas.commands", "SagaTimedOut", "mina:1", data, source="/clock", home=order.home)


def an_operator_unheard(log: Log) -> None:
    order = driven(log)
    asked = {"order_id": "mina:1", "by": "grace", "reason": "why not"}
    log.root("sagas.commands", "CompensateSaga", "mina:1", asked, home=order.home)


def an_operator_unasked(log: Log) -> None:
    order = driven(log)
    order.intervene("RetrySagaStep", "skip", "reserve", "why not")


@pytest.mark.parametrize(
    ("tell", "broken"),
    [
        (commanded_by_a_saga, {"style"}),
        (asked_of_stock_by_stock, {"style", "G2"}),
        (moved_by_a_fact, {"G2"}),
        (moved_by_another_fact, {"G2"}),
        (confirmed_too_early, {"evidence"}),
        (reserved_before_the_money, {"evidence"}),
        (rejected_with_the_money, {"evidence", "M5"}),
        (cancelled_for_no_reason, {"evidence"}),
        (told_of_something_else, {"requests"}),
        (expired_and_kept, {"M5", "S5"}),
        (expired_before_its_time, {"orders"}),
        (let_go_before_its_time, {"S4"}),
        (expired_in_silence, {"replies"}),
        (asked_again_in_other_words, {"G3"}),
        (a_deadline_of_nobody, {"G2"}),
        (an_operator_unheard, {"commands"}),
        (an_operator_unasked, {"G3"}),
    ],
    ids=lambda each: each.__name__ if callable(each) else "",
)
def test_a_broken_promise_is_called_by_its_name(
    tell: Callable[[Log], None], broken: set[str]
) -> None:
    assert broken <= rules(told(tell))


def given_back_at_once(log: Log) -> None:
    """What follows from the gateway's answer, and from what was known before, follows from it."""
    order = reacting(log, TEA)
    order.reserve_all()
    order.confirm()
    why = {"reason": "changed my mind"}
    cause = log.root("orders.commands", "CancelOrder", "mina:1", {"order_id": "mina:1", **why})
    order.order(cause, "OrderCancellationRequested", **why)
    order.last = order.requested
    answer = order.answer("capture", order.total)
    money = {"amount": order.total, "currency": order.currency}
    order.pay(answer, "PaymentCompleted", key=f"{order.payment_id}/capture", **money)
    refund = {"refund_id": f"{order.payment_id}/return", "key": f"{order.payment_id}/refund"}
    order.pay(answer, "PaymentRefundRequested", amount=order.total, **refund)


def lapsed_twice(log: Log) -> None:
    """A line that is held no longer a second time is given up."""
    order = driven(log)
    order.reserve_all()
    order.expire(1, HOLD)
    order.stock("ExpireReservation", 1, "StockReservationExpired", quantity=2)
    order.refused("reserve", "refused", 1)
    order.compensate("reject", "out_of_stock")


def unanswered(log: Log) -> None:
    """The gateway is silent about a void: a human is called, and it is asked again."""
    order = driven(log)
    order.intervene("CompensateSaga", "compensate", None, "enough")
    order.compensate("reject", "enough")
    order.ask("payments.commands", "VoidPayment")
    order.time_out(order.last, SOON)
    silence = {"reason": "no answer to authorize", "silent": True}
    order.saga("SagaStuck", step="authorize", **silence)
    order.ask("payments.commands", "VoidPayment")
    again = {"waiting_for": ["VoidPayment"], "attempt": 1, "deadline": LATER}
    order.saga("SagaAskedAgain", **again)


def nobody_reacts(log: Log) -> None:
    """Who observes in vain calls a human."""
    order = reacting(log, TEA)
    order.time_out(order.last, SOON)
    order.saga("SagaStuck", step="reserve", reason="no answer to reserve", silent=True)


@pytest.mark.parametrize("tell", [given_back_at_once, lapsed_twice, unanswered, nobody_reacts])
def test_a_rare_turn_is_right(tell: Callable[[Log], None]) -> None:
    assert rules(told(tell), finished=False) == set()


def test_who_skipped_a_step_answers_for_what_it_leaves_unsettled() -> None:
    found = judge(told(skipped))

    assert found.findings == []
    who = "grace skipped capture of order sol:5"
    left = "M5: order sol:5 is CANCELLED, with 0 authorized and 900 kept"
    assert found.notes == [f"{who}: paid in cash", f"{who}; {left}"]


def test_who_skipped_a_step_answers_for_nothing_else() -> None:
    found = judge(told(skipped, rejected_with_the_money))

    assert len(found.notes) == 2
    assert any(each.startswith("M5: order mina:1") for each in found.findings)


def test_of_orders_whose_style_is_not_read_yet_both_are_right() -> None:
    log = told(given_back_at_once)
    log.topics["orders"].clear()
    log.topics["orders.commands"].clear()

    assert rules(log, finished=False) == set()


def test_what_a_saga_that_has_ended_refuses_has_no_number() -> None:
    log = told(called_off)
    asked = {"order_id": "sol:6", "by": "grace", "reason": "why not"}
    cause = log.root("sagas.commands", "CompensateSaga", "sol:6", asked)
    refusal = {"order_id": "sol:6", "command": "CompensateSaga", "reason": "it has ended"}
    log.follow("sagas", cause, "SagaCommandRefused", "sol:6", {**refusal, "state": "NONE"})

    assert judge(log).findings == []
