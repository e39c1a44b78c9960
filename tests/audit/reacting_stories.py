"""What happens to choreographed orders: at every turn no saga asks for anything.

Facts overtake each other on their way to other contexts; who decided because of what, and in which
order the observer heard of it, is therefore not the same in every story.
"""

from __future__ import annotations

from tests.audit.good_log import Document, Log
from tests.audit.goods import CUP, RARE, TEA, command, receive
from tests.audit.journey import HOLD
from tests.audit.reactions import Reactions

WHY = {"reason": "changed my mind"}
OUT = {"reason": "out_of_stock"}


def _order(log: Log, order_id: str, lines: int = 2) -> Reactions:
    goods = [(TEA, 2, 450), (CUP, 1, 900)][:lines]
    for sku, quantity, _ in goods:
        receive(log, sku, quantity + 1)
    return Reactions(log, order_id, goods)


def _confirmed(order: Reactions) -> Reactions:
    order.place()
    order.authorize()
    order.reserve_all()
    order.confirm()
    return order


def _cancel(order: Reactions) -> Document:
    order.order(command(order, "CancelOrder", **WHY), "OrderCancellationRequested", **WHY)
    order.compensate("cancel", **WHY)
    return order.last


def reacted(log: Log) -> None:
    """Confirmed, shipped, delivered."""
    order = _confirmed(_order(log, "lea:1"))
    order.capture()
    order.deduct()
    order.order(command(order, "ShipOrder", tracking="JD1"), "OrderShipped", tracking="JD1")
    order.tell("shipped")
    order.order(command(order, "ConfirmDelivery"), "OrderDelivered")
    order.tell("delivered")


def overtaken(log: Log) -> None:
    """Stock and observer hear of the money before the order, the order of its stock before it."""
    receive(log, TEA, 1)
    order = Reactions(log, "lea:2", [(TEA, 1, 5000)], "KRW", None)
    created = order.place(heard=False)
    order.agree()
    authorized, order.last = order.last, created
    order.observe()
    order.done("authorize")
    order.begin("reserve", until=HOLD)
    order.ask_for_lines()
    order.reserve_all()
    order.last = authorized
    order.confirm()
    order.capture()
    order.deduct()


def turned_down(log: Log) -> None:
    """The card is declined: nothing was reserved."""
    order, code = _order(log, "lea:3", 1), "card_declined"
    order.place("card-declined")
    key = order.last["data"]["key"]
    answer = order.answer("authorize", code=code)
    order.pay(answer, "PaymentFailed", key=key, code=code, retryable=False)
    order.refused("authorize", code)
    order.compensate("reject", code)
    order.over("OrderRejected", "rejected", reason=code)


def ran_out(log: Log) -> None:
    """The second line is refused: payments lets the money go, stock the first line."""
    receive(log, TEA, 2)
    receive(log, RARE, 3)
    left = log.available(RARE)
    order = Reactions(log, "lea:4", [(TEA, 2, 450), (RARE, left + 1, 900)])
    order.place()
    order.authorize()
    order.reserve(1)
    order.done("reserve", 1)
    why = f"only {left} available"
    few = {"quantity": left + 1, "available": left, "reason": why}
    order.stock("ReserveStock", 2, "StockReservationFailed", **few)
    refusal = order.last
    order.refused("reserve", why, 2)
    order.compensate("reject", **OUT)
    order.free(refusal, 1)
    order.release(1)
    order.let_go(refusal)
    order.over("OrderRejected", "rejected", **OUT)


def regretted(log: Log) -> None:
    """Cancelled before the bank has answered: its late yes is voided, and no line was asked for."""
    order = _order(log, "lea:5")
    order.place()
    requested, cancelled = order.last, _cancel(order)
    order.free(cancelled, 1, 2)
    for number in (1, 2):
        order.stock("ReleaseStock", number, "StockReleased", quantity=0)
    order.pay(cancelled, "PaymentVoidWanted")
    order.last = requested
    order.authorize_late()
    order.over("OrderCancelled", "cancelled", **WHY)


def regretted_at_the_door(log: Log) -> None:
    """Cancelled when all is reserved, and payments about to capture: void, release."""
    order = _order(log, "lea:6")
    order.place()
    order.authorize()
    order.reserve_all()
    reserved, cancelled = order.last, _cancel(order)
    refusal = {"command": "ConfirmOrder", "state": "CANCEL_PENDING", "reason": "too late"}
    order.order(reserved, "OrderCommandRefused", **refusal)
    order.refused("confirm", "too late")
    order.let_go(cancelled)
    order.free(cancelled, 1, 2)
    order.release(1)
    order.release(2)
    order.over("OrderCancelled", "cancelled", **WHY)


def returned(log: Log) -> None:
    """Cancelled after all was captured and deducted: refunded and restocked."""
    order = _confirmed(_order(log, "lea:7", 1))
    order.capture()
    order.deduct()
    cancelled = _cancel(order)
    order.undone("confirm")
    order.refund(cancelled)
    order.free(cancelled, 1, command="RestockStock")
    order.restock(1)
    order.over("OrderCancelled", "cancelled", **WHY)


def not_captured(log: Log) -> None:
    """The bank goes back on its word: the order is cancelled, and all let go."""
    order, code = _confirmed(_order(log, "lea:8", 1)), "capture_refused"
    key = order.last["data"]["key"]
    answer = order.answer("capture", code=code)
    order.pay(answer, "PaymentCaptureFailed", key=key, code=code, retryable=False)
    order.refused("capture", code)
    order.compensate("cancel", code)
    order.order(order.last, "OrderCancellationRequested", reason=code)
    order.undone("confirm")
    cancelled = order.last
    order.free(cancelled, 1)
    order.release(1)
    order.let_go(cancelled)
    order.over("OrderCancelled", "cancelled", reason=code)


def lost(log: Log) -> None:
    """A line is held no longer when it should leave, and somebody else has it: refund, restock."""
    order = _confirmed(_order(log, "lea:9"))
    order.expire(2, HOLD)
    order.stock("ExpireReservation", 2, "StockReservationExpired", quantity=1)
    order.log.move(CUP, 0, -1)
    order.last = order.requested
    order.capture()
    order.stock("DeductStock", 1, "StockDeducted", quantity=2)
    order.log.move(TEA, -2, -2)
    order.done("deduct", 1)
    gone = {"available": order.log.available(CUP), "reason": "it has expired"}
    order.stock("DeductStock", 2, "StockDeductionRefused", **gone)
    order.refused("deduct", "it has expired", 2)
    order.compensate("cancel", **OUT)
    order.order(order.last, "OrderCancellationRequested", **OUT)
    order.undone("confirm")
    cancelled = order.last
    order.free(cancelled, 1, command="RestockStock")
    order.free(cancelled, 2)
    order.restock(1)
    order.stock("ReleaseStock", 2, "StockReleased", quantity=0)
    order.undone("reserve", 2)
    order.refund(cancelled)
    order.over("OrderCancelled", "cancelled", **OUT)


def ran_late(log: Log) -> None:
    """Its time is over while a line is silent: the order expires first, then all is let go."""
    order = _order(log, "lea:10")
    order.place()
    order.authorize()
    order.reserve(1)
    order.done("reserve", 1)
    over = {"order_id": order.order_id, "deadline": HOLD, "at": HOLD}
    clock = order.log.follow(
        "orders.commands", order.created, "OrderTimedOut", order.order_id, over, source="/clock"
    )
    order.order(clock, "OrderExpired")
    expired = order.last
    order.compensate("expire", "expired")
    order.free(expired, 1, 2)
    order.let_go(expired)
    order.reserve(2)
    order.release(1)
    order.release(2)
    order.last = expired
    order.tell("expired")
    order.saga("SagaCompleted", outcome="expired", reason="expired")


CHOREOGRAPHED = (
    reacted,
    overtaken,
    turned_down,
    ran_out,
    regretted,
    regretted_at_the_door,
    returned,
    not_captured,
    lost,
    ran_late,
)
