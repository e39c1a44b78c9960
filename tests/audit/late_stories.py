"""What happens to orders that a saga drives when nobody answers, and what operators do then."""

from __future__ import annotations

from tests.audit.good_log import Document, Log
from tests.audit.goods import TEA, command, receive
from tests.audit.journey import HOLD, Journey

SOON, LATER = (f"2026-11-23T00:0{minute}:00+00:00" for minute in (1, 3))
RENEWED = "2026-11-23T01:00:00+00:00"
WHY = {"reason": "changed my mind"}


def _reserving(log: Log, order_id: str) -> Journey:
    receive(log, TEA, 3)
    order = Journey(log, order_id, [(TEA, 2, 450)])
    order.create()
    order.authorize()
    return order


def _answered_again(order: Journey, command: Document) -> None:
    """Stock says again that the line is reserved."""
    told = {"sku": TEA, "reservation_id": f"{order.order_id}/1", "order_id": order.order_id}
    reply = {**told, "quantity": 2, "expires_at": HOLD}
    order.log.follow("sagas.replies", command, "StockReserved", TEA, reply, home=order.home)


def asked_again(log: Log) -> None:
    """Stock is silent, and then answers both times; the clock speaks once more, and too late."""
    order = _reserving(log, "sol:1")
    cause, first = order.last, order.asked["ReserveStock1"]
    order.time_out(cause, SOON)
    again = {"waiting_for": ["ReserveStock"], "attempt": 1, "deadline": LATER}
    order.saga("SagaAskedAgain", **again)
    timed_out = order.last
    order.ask("stock.commands", "ReserveStock", 1, quantity=2, expires_at=HOLD)
    second, order.asked["ReserveStock1"] = order.asked["ReserveStock1"], first
    order.reserve_all()
    confirming = order.last
    _answered_again(order, second)
    order.time_out(timed_out, LATER)
    order.last = confirming
    order.confirm()
    order.capture()
    order.deduct()
    order.expire(1, HOLD)


def given_up(log: Log) -> None:
    """Stock is silent for too long: the order is given up, and expires."""
    order = _reserving(log, "sol:2")
    first = order.asked["ReserveStock1"]
    order.time_out(order.last, SOON)
    again = {"waiting_for": ["ReserveStock"], "attempt": 1, "deadline": LATER}
    order.saga("SagaAskedAgain", **again)
    order.ask("stock.commands", "ReserveStock", 1, quantity=2, expires_at=HOLD)
    second, order.asked["ReserveStock1"] = order.asked["ReserveStock1"], first
    order.time_out(order.last, LATER)
    reason = "no answer to reserve"
    order.saga("SagaCompensationStarted", goal="expire", reason=reason, at=LATER)
    order.ask("payments.commands", "VoidPayment")
    order.ask("stock.commands", "ReleaseStock", 1)
    order.reserve(1)
    _answered_again(order, second)
    order.release(1)
    order.void()
    order.end("expire", reason)


def renewed(log: Log) -> None:
    """A line is held no longer before the order is confirmed: it is reserved once more."""
    order = _reserving(log, "sol:3")
    order.reserve_all()
    asked = order.asked["ConfirmOrder"]
    order.expire(1, HOLD)
    order.stock("ExpireReservation", 1, "StockReservationExpired", quantity=2)
    log.move(TEA, 0, -2)
    order.saga("SagaStepStarted", step="reserve", line=1, until=RENEWED)
    order.ask("stock.commands", "ReserveStock", 1, quantity=2, expires_at=RENEWED)
    order.stock("ReserveStock", 1, "StockReserved", quantity=2, expires_at=RENEWED)
    log.move(TEA, 0, 2)
    order.done("reserve", 1)
    order.asked["ConfirmOrder"] = asked
    order.confirm()
    order.capture()
    order.deduct()


def _stuck(log: Log, order_id: str) -> Journey:
    order = _reserving(log, order_id)
    order.reserve_all()
    order.confirm()
    order.capture()
    order.deduct()
    order.order(command(order, "CancelOrder", **WHY), "OrderCancellationRequested", **WHY)
    order.compensate("cancel", **WHY)
    order.undone("confirm")
    order.ask_refund()
    order.ask("stock.commands", "RestockStock", 1)
    order.restock(1)
    refund = order.request_refund()
    answer = order.answer("refund", code="refund_refused")
    order.pay(answer, "PaymentRefundFailed", **refund, code="refund_refused", retryable=False)
    order.saga("SagaStuck", step="capture", reason="refund_refused", silent=False)
    return order


def tried_again(log: Log) -> None:
    """An operator has the refund tried again, under another id: now the bank is willing."""
    order = _stuck(log, "sol:4")
    order.intervene("RetrySagaStep", "retry", "capture", "the bank has called")
    refund: Document = {"refund_id": f"{order.payment_id}/return/2", "amount": order.total}
    order.ask("payments.commands", "RefundPayment", **refund)
    key = {"key": f"{order.payment_id}/refund/2"}
    order.pay(order.asked["RefundPayment"], "PaymentRefundRequested", **refund, **key)
    answer = order.answer("refund", order.total)
    order.pay(answer, "PaymentRefunded", **refund, **key, currency=order.currency)
    order.undone("capture")
    order.end("cancel", **WHY)


def skipped(log: Log) -> None:
    """An operator has paid the customer in cash: the refund is skipped."""
    order = _stuck(log, "sol:5")
    order.intervene("SkipSagaStep", "skip", "capture", "paid in cash")
    order.undone("capture")
    order.end("cancel", **WHY)


def called_off(log: Log) -> None:
    """An operator gives up an order that waits for its stock; then wants it tried again."""
    order, reason = _reserving(log, "sol:6"), "the goods are broken"
    order.intervene("CompensateSaga", "compensate", None, reason)
    order.compensate("reject", reason)
    order.ask("payments.commands", "VoidPayment")
    order.ask("stock.commands", "ReleaseStock", 1)
    order.reserve(1)
    order.release(1)
    order.void()
    order.end("reject", reason)
    asked = {"order_id": order.order_id, "step": "reserve", "by": "grace", "reason": "found some"}
    cause = log.root("sagas.commands", "RetrySagaStep", order.order_id, asked)
    refusal = {"order_id": order.order_id, "command": "RetrySagaStep", "reason": "it has ended"}
    log.follow("sagas", cause, "SagaCommandRefused", order.order_id, refusal)


LATE = (asked_again, given_up, renewed, tried_again, skipped, called_off)
