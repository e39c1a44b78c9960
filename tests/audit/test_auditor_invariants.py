"""Each invariant by its name: logs whose messages all fit together, and still break a promise.

Then the rare turns that break none.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.audit.catalogue import told
from tests.audit.good_log import Log
from tests.audit.goods import CUP, TEA, command, receive, supply
from tests.audit.journey import HOLD, Journey
from tests.audit.stories import confirmed
from tests.audit.verdict import audit

WHY = {"reason": "changed my mind"}


def rules(log: Log, *, finished: bool = True) -> set[str]:
    """The rules that a log breaks."""
    found = audit(log.topics, log.gateway, log.mails, finished=finished)
    return {each.partition(":")[0] for each in found.findings}


def cancelled_with_nothing_given_back(log: Log) -> None:
    supply(log)
    order = confirmed(log, "mina:1")
    order.order(command(order, "CancelOrder", **WHY), "OrderCancellationRequested", **WHY)
    order.compensate("cancel", **WHY)
    order.end("cancel", **WHY)


def sold_without_goods(log: Log) -> None:
    confirmed(log, "mina:1")


def paid_too_little(log: Log) -> None:
    supply(log)
    order = Journey(log, "mina:1", [(TEA, 2, 450)])
    order.create()
    order.authorize()
    order.reserve_all()
    order.total -= 1
    order.confirm()
    order.capture()
    order.deduct()


def refunded_more_than_captured(log: Log) -> None:
    supply(log)
    order = confirmed(log, "mina:1")
    order.total += 1
    order.ask_refund()
    refund = order.request_refund()
    answer = order.answer("refund", order.total)
    order.pay(answer, "PaymentRefunded", **refund, amount=order.total, currency="USD")


def captured_more_than_authorized(log: Log) -> None:
    supply(log)
    order = Journey(log, "mina:1", [(TEA, 2, 450)])
    order.create()
    order.authorize()
    order.reserve_all()
    order.total += 1
    order.confirm()
    order.capture()


def charged_twice_under_one_key(log: Log) -> None:
    supply(log)
    order = confirmed(log, "mina:1")
    order.last = order.asked["MarkOrderPaid"]
    order.confirm()


def wrong_sum(log: Log) -> None:
    order = Journey(log, "mina:1", [(TEA, 2, 450)])
    order.total += 1
    order.create()


def unconfirmed_for_ever(log: Log) -> None:
    supply(log)
    order = Journey(log, "mina:1", [(TEA, 2, 450)])
    order.create()
    order.authorize()


def told_twice(log: Log) -> None:
    supply(log)
    order = confirmed(log, "mina:1")
    order.tell("confirmed")


def deducted_and_released(log: Log) -> None:
    supply(log)
    order = confirmed(log, "mina:1")
    order.ask("stock.commands", "ReleaseStock", 1)
    order.release(1)


def shipped_unpaid(log: Log) -> None:
    supply(log)
    order = Journey(log, "mina:1", [(TEA, 2, 450)])
    order.create()
    order.authorize()
    order.reserve_all()
    order.confirm()
    order.order(command(order, "ShipOrder", tracking="JD1"), "OrderShipped", tracking="JD1")


@pytest.mark.parametrize(
    ("tell", "broken"),
    [
        (cancelled_with_nothing_given_back, {"M5", "S5", "G3"}),
        (sold_without_goods, {"S3"}),
        (paid_too_little, {"M6", "requests"}),
        (refunded_more_than_captured, {"M3"}),
        (captured_more_than_authorized, {"M1"}),
        (charged_twice_under_one_key, {"M7"}),
        (wrong_sum, {"M4"}),
        (unconfirmed_for_ever, {"ends", "G3"}),
        (told_twice, {"G4"}),
        (deducted_and_released, {"S2", "S4"}),
        (shipped_unpaid, {"M6"}),
    ],
    ids=lambda each: each.__name__ if callable(each) else "",
)
def test_a_broken_promise_is_called_by_its_name(
    tell: Callable[[Log], None], broken: set[str]
) -> None:
    assert broken <= rules(told(tell))


def expired_and_renewed(log: Log) -> None:
    """A reservation that expired is made again by the deduction that comes late."""
    supply(log)
    order = Journey(log, "mina:1", [(TEA, 2, 450)])
    order.create()
    order.authorize()
    order.reserve(1)
    told = {"sku": TEA, "reservation_id": "mina:1/1", "order_id": "mina:1"}
    order.expire(1, HOLD)
    order.stock("ExpireReservation", 1, "StockReservationExpired", quantity=2)
    order.ask("stock.commands", "DeductStock", 1)
    cause, renewed = order.asked["DeductStock1"], {**told, "quantity": 2}
    log.follow("stock", cause, "StockReserved", TEA, {**renewed, "expires_at": HOLD})
    order.stock("DeductStock", 1, "StockDeducted", quantity=2)


def deduction_refused(log: Log) -> None:
    """What was never reserved cannot be deducted, nor be reserved afterwards."""
    supply(log)
    order = Journey(log, "mina:1", [(CUP, 2, 450)])
    order.create()
    order.agree()
    order.ask("stock.commands", "DeductStock", 1)
    order.stock("DeductStock", 1, "StockDeductionRefused", available=10, reason="not reserved")
    order.ask("stock.commands", "ReserveStock", 1, quantity=2, expires_at=HOLD)
    late = {"quantity": 2, "available": 10, "reason": "refused before"}
    order.stock("ReserveStock", 1, "StockReservationFailed", **late)


def released_too_late(log: Log) -> None:
    """What has left is not released; the answer says so."""
    supply(log)
    order = confirmed(log, "mina:1")
    order.ask("stock.commands", "ReleaseStock", 1)
    cause, line = order.asked["ReleaseStock1"], order.lines[0]
    reply = {"sku": line["sku"], "reservation_id": "mina:1/1", "quantity": line["quantity"]}
    log.follow(
        "sagas.replies", cause, "StockDeducted", TEA, {**reply, "order_id": "mina:1"}, home="mina"
    )


def void_waits_for_a_capture(log: Log) -> None:
    """The void's answer is kept until that of the capture comes, and then follows from that one."""
    order = Journey(log, "mina:1", [(TEA, 2, 450)])
    order.create()
    order.agree()
    for kind, operation in (("Capture", "capture"), ("Void", "void")):
        amount = {"amount": 900} if kind == "Capture" else {}
        order.ask("payments.commands", f"{kind}Payment", **amount)
        key = f"{order.payment_id}/{operation}"
        order.pay(order.asked[f"{kind}Payment"], f"Payment{kind}Requested", key=key, **amount)
    answer = order.answer("void", 900)
    kept = {"key": key, "operation": "void", "outcome": "succeeded", "amount": 900, "code": None}
    order.pay(answer, "PaymentAnswerKept", **kept)
    capture = f"{order.payment_id}/capture"
    order.last = {"data": {"key": capture}, "causationid": order.asked["CapturePayment"]["id"]}
    answer = order.answer("capture", code="already_voided")
    refusal = {"code": "already_voided", "retryable": False}
    order.pay(answer, "PaymentCaptureFailed", key=capture, **refusal)
    order.pay(answer, "PaymentVoided", key=key, amount=900, currency="USD")


def authorization_expired(log: Log) -> None:
    """The bank held the money no longer when it was to be captured."""
    order = Journey(log, "mina:1", [(TEA, 2, 450)])
    order.create()
    order.agree()
    order.ask("payments.commands", "CapturePayment", amount=900)
    key = f"{order.payment_id}/capture"
    order.pay(order.asked["CapturePayment"], "PaymentCaptureRequested", key=key, amount=900)
    answer = order.answer("capture", code="authorization_expired")
    refusal = {"code": "authorization_expired", "retryable": False}
    order.pay(answer, "PaymentCaptureFailed", key=key, **refusal)
    order.pay(answer, "PaymentAuthorizationExpired", key=key, amount=900, currency="USD")


def partly_authorized(log: Log) -> None:
    """The bank holds less than was asked: that much is let go, and the order turned down."""
    order = Journey(log, "mina:1", [(TEA, 2, 450)])
    order.create()
    order.total -= 1
    order.agree()
    order.done("authorize")
    order.compensate("reject", "too_little_money")
    order.ask("payments.commands", "VoidPayment")
    order.void()
    order.end("reject", "too_little_money")


@pytest.mark.parametrize(
    "tell",
    [
        partly_authorized,
        expired_and_renewed,
        deduction_refused,
        released_too_late,
        void_waits_for_a_capture,
        authorization_expired,
    ],
)
def test_a_rare_turn_is_right(tell: Callable[[Log], None]) -> None:
    assert rules(told(tell), finished=False) == set()


def test_what_was_received_is_on_hand() -> None:
    log = Log()
    receive(log, TEA, 3)

    assert audit(log.topics, (), (), finished=True).stock[TEA]["on_hand"] == 3
