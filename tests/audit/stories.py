"""What happens to orders that a saga drives, as long as everybody answers.

Each story brings its goods with it, so that it may stand alone in a log or among the others; the
others are `late_stories.py` and `reacting_stories.py`, and `catalogue.py` has them all.
"""

from __future__ import annotations

from tests.audit.good_log import Log
from tests.audit.goods import CUP, RARE, TEA, command, receive, supply
from tests.audit.journey import Journey


def confirmed(log: Log, order_id: str, currency: str = "USD") -> Journey:
    """An order that is paid and whose stock has left."""
    order = Journey(log, order_id, [(TEA, 2, 450), (CUP, 1, 900)], currency)
    order.create()
    order.authorize()
    order.reserve_all()
    order.confirm()
    order.capture()
    order.deduct()
    return order


def shipped(log: Log) -> None:
    """Confirmed, shipped, delivered; then somebody wants to cancel it."""
    supply(log)
    order = confirmed(log, "mina:1")
    order.order(command(order, "ShipOrder", tracking="JD1"), "OrderShipped", tracking="JD1")
    order.tell("shipped")
    order.order(command(order, "ConfirmDelivery"), "OrderDelivered")
    order.tell("delivered")
    refusal = {"command": "CancelOrder", "state": "DELIVERED", "reason": "too late"}
    order.order(command(order, "CancelOrder", reason="late"), "OrderCommandRefused", **refusal)


def unreachable(log: Log) -> None:
    """A customer without an address, in won; some things are published or asked twice."""
    supply(log)
    order = Journey(log, "jun:1", [(TEA, 1, 5000)], "KRW", None)
    order.create()
    log.publish_again("orders")
    order.authorize()
    order.reserve_all()
    log.publish_again("stock")
    log.publish_again("sagas.replies")
    order.confirm()
    order.capture()
    log.publish_again("payments.commands")
    order.deduct()
    refusal = {"command": "ShipOrder", "state": "NONE", "reason": "there is no such order"}
    nobody = Journey(log, "jun:none", [])
    nobody.order(command(nobody, "ShipOrder", tracking="JD2"), "OrderCommandRefused", **refusal)


def declined(log: Log, order_id: str = "mina:2", code: str = "card_declined") -> None:
    """The card is declined; nothing was reserved."""
    supply(log)
    order = Journey(log, order_id, [(TEA, 1, 450)], email="bounce@example.org")
    order.create("card-declined")
    key = order.last["data"]["key"]
    answer = order.answer("authorize", code=code)
    order.pay(answer, "PaymentFailed", key=key, code=code, retryable=False)
    order.refused("authorize", code)
    order.compensate("reject", code)
    order.end("reject", code)


def not_understood(log: Log) -> None:
    """The gateway does not know such a method of payment, and does nothing."""
    declined(log, "mina:8", "invalid_request")


def out_of_stock(log: Log) -> None:
    """The second of three lines is refused; what was reserved is released, the money let go."""
    supply(log)
    receive(log, RARE, 3)
    order = Journey(log, "mina:3", [(TEA, 2, 450), (RARE, 4, 900), (TEA, 1, 400)])
    order.create()
    order.authorize()
    order.reserve(1)
    order.done("reserve", 1)
    few = {"quantity": 4, "available": 3, "reason": "only 3 available"}
    order.stock("ReserveStock", 2, "StockReservationFailed", **few)
    order.refused("reserve", "only 3 available", 2)
    order.compensate("reject", "out_of_stock")
    order.ask("payments.commands", "VoidPayment")
    order.ask("stock.commands", "ReleaseStock", 1)
    order.ask("stock.commands", "ReleaseStock", 3)
    order.reserve(3)
    order.release(1)
    order.release(3)
    order.void()
    order.end("reject", "out_of_stock")


def cancelled(log: Log) -> None:
    """Cancelled after all was captured and deducted: refunded and restocked."""
    supply(log)
    order = confirmed(log, "mina:4")
    why = {"reason": "changed my mind"}
    order.order(command(order, "CancelOrder", **why), "OrderCancellationRequested", **why)
    order.compensate("cancel", **why)
    order.undone("confirm")
    order.ask_refund()
    order.ask("stock.commands", "RestockStock", 1)
    order.ask("stock.commands", "RestockStock", 2)
    order.restock(1)
    order.restock(2)
    refund = order.request_refund()
    answer = order.answer("refund", order.total)
    sums = {"amount": order.total, "currency": order.currency}
    order.pay(answer, "PaymentRefunded", **refund, **sums)
    order.undone("capture")
    order.end("cancel", **why)


def cancelled_early(log: Log) -> None:
    """Cancelled before the bank has answered: its late yes is voided at once."""
    supply(log)
    order = Journey(log, "mina:7", [(TEA, 1, 450)])
    order.create()
    requested, why = order.last, {"reason": "changed my mind"}
    order.order(command(order, "CancelOrder", **why), "OrderCancellationRequested", **why)
    order.compensate("cancel", **why)
    order.ask("payments.commands", "VoidPayment")
    order.pay(order.asked["VoidPayment"], "PaymentVoidWanted")
    order.last = requested
    order.authorize_late()
    order.end("cancel", **why)


def capture_refused(log: Log) -> None:
    """The bank goes back on its word: void, release, cancel."""
    supply(log)
    order = Journey(log, "mina:5", [(TEA, 2, 450), (CUP, 1, 900)])
    order.create("card-capture-refused")
    order.authorize()
    order.reserve_all()
    order.confirm()
    key, code = order.last["data"]["key"], "capture_refused"
    answer = order.answer("capture", code=code)
    order.pay(answer, "PaymentCaptureFailed", key=key, code=code, retryable=False)
    order.refused("capture", code)
    order.compensate("cancel", code)
    order.ask("payments.commands", "VoidPayment")
    order.ask("stock.commands", "ReleaseStock", 1)
    order.ask("stock.commands", "ReleaseStock", 2)
    order.ask("orders.commands", "CancelOrder", reason=code)
    order.order(order.asked["CancelOrder"], "OrderCancellationRequested", reason=code)
    order.undone("confirm")
    order.release(1)
    order.release(2)
    order.void()
    order.end("cancel", code)


def stuck(log: Log) -> None:
    """The refund is refused: a human has to look, and the order stays visibly unfinished."""
    supply(log)
    order = confirmed(log, "mina:6", "EUR")
    why = {"reason": "changed my mind"}
    order.order(command(order, "CancelOrder", **why), "OrderCancellationRequested", **why)
    order.compensate("cancel", **why)
    order.undone("confirm")
    order.ask_refund()
    order.ask("stock.commands", "RestockStock", 1)
    order.ask("stock.commands", "RestockStock", 2)
    refund = order.request_refund()
    answer = order.answer("refund", code="refund_refused")
    order.pay(answer, "PaymentRefundFailed", **refund, code="refund_refused", retryable=False)
    order.saga("SagaStuck", step="capture", reason="refund_refused")
    order.restock(1)
    order.restock(2)


ORCHESTRATED = (
    shipped,
    unreachable,
    declined,
    not_understood,
    out_of_stock,
    cancelled,
    cancelled_early,
    capture_refused,
    stuck,
)
