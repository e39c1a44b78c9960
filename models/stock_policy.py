"""Choreography in stock: when an order's lines are reserved, deducted, and given back.

| fact                                                        | then, for every line             |
|-------------------------------------------------------------|----------------------------------|
| OrderCreated and PaymentAuthorized, in any order            | ReserveStock                     |
| PaymentCompleted                                            | DeductStock                      |
| StockReservationFailed of any line, OrderExpired,           | RestockStock if it was deducted, |
| OrderCancellationRequested                                  | else ReleaseStock                |

A deduction that is unanswered is waited for first. A line that was refused holds nothing, and is
not released; one that was never asked for is, so that whoever waits for its answer gets one.

Which facts overtake which: those of the order, of the payment, and of one line come in order. Only
PaymentAuthorized can come before OrderCreated. It is kept until the order's or the payment's next
fact: if that is not OrderCreated, the order was known here before, and is of the other style or
over; or the money is on its way back. To each authorization a capture or a void is asked in the
end, so that nothing is kept for good.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import msgspec

from models.line_progress import Lines, Progress, answered, none_held, untouched
from models.messages import Payload
from models.order_messages import (
    OrderCancellationRequested,
    OrderCommandRefused,
    OrderCreated,
    OrderExpired,
    OrderRejected,
    OrderShipped,
)
from models.payment_messages import (
    PaymentAnswerKept,
    PaymentAuthorized,
    PaymentCommandRefused,
    PaymentCompleted,
    PaymentFailed,
    of_other_payment,
)
from models.stock_messages import (
    DeductStock,
    OrderLineCommand,
    ReleaseStock,
    ReserveStock,
    RestockStock,
    StockEvent,
    held_until,
    reservation_of,
)

# What may come before OrderCreated, and does not tell that it has been.
_TELLS_NOTHING: Final = OrderCommandRefused | PaymentAnswerKept | PaymentCommandRefused | StockEvent
_KEPT: Final = ("idle", "reserved")  # what is kept, or may be


class Memory(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What has come of an order and of its lines; without lines, OrderCreated is not here yet.

    `authorized` is the money, `until` when stock is held for it. `over`: nothing is to be asked.
    """

    order_id: str
    home: str = ""
    total: int = 0
    lines: tuple[tuple[str, int], ...] = ()  # SKU and quantity
    progress: Lines = ()
    authorized: int = 0
    until: datetime | None = None
    captured: bool = False
    undone: bool = False
    over: bool = False


def follow(memory: Memory | None, fact: Payload, *, home: str, now: datetime) -> Memory | None:
    """Return what is remembered of the order after a fact."""
    if of_other_payment(fact):
        return memory
    if isinstance(fact, PaymentAuthorized):
        return _authorized(memory or Memory(order_id=fact.order_id), fact, now)
    if memory is None or not memory.lines:
        return memory if isinstance(fact, _TELLS_NOTHING) else _begun(memory, fact, home)
    changes = _changes(memory, fact)
    if all(getattr(memory, field) == value for field, value in changes.items()):
        return memory
    return msgspec.structs.replace(memory, **changes)


def wanted(memory: Memory | None) -> tuple[Payload, ...]:
    """Return the commands whose answers are waited for."""
    return () if memory is None or finished(memory) else tuple(_commands(memory))


def finished(memory: Memory) -> bool:
    """Whether nothing is held for the order any more, or what is deducted has left for good."""
    if not memory.lines:
        return False
    too_little = memory.until is not None and memory.authorized < memory.total
    return memory.over or too_little or (_undone(memory) and none_held(memory.progress))


def _authorized(memory: Memory, fact: PaymentAuthorized, now: datetime) -> Memory:
    if memory.until is not None:
        return memory
    return msgspec.structs.replace(memory, authorized=fact.amount, until=held_until(now))


def _begun(memory: Memory | None, fact: Payload, home: str) -> Memory | None:
    if not isinstance(fact, OrderCreated) or fact.saga != "choreography":
        return None
    return Memory(
        order_id=fact.order_id,
        home=home,
        total=fact.total,
        lines=tuple((line.sku, line.quantity) for line in fact.lines),
        progress=untouched(len(fact.lines)),
        authorized=memory.authorized if memory else 0,
        until=memory.until if memory else None,
    )


def _changes(memory: Memory, fact: Payload) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    match fact:
        case PaymentCompleted(amount=amount):
            # Once it is being undone nothing leaves any more: the money goes back, too.
            leaves = amount >= memory.total and not _undone(memory)
            changes = {"captured": memory.captured or leaves}
        case OrderCancellationRequested() | OrderExpired():
            changes = {"undone": True}
        case OrderRejected() | OrderShipped() | PaymentFailed():
            changes = {"over": True}
        case _:
            changes = {"progress": answered(memory.progress, memory.order_id, fact)}
    return changes


def _undone(memory: Memory) -> bool:
    return memory.undone or "refused" in memory.progress


def _commands(memory: Memory) -> Iterator[Payload]:
    asked = _undoing if _undone(memory) else _doing
    for line, progress in enumerate(memory.progress, 1):
        sku, quantity = memory.lines[line - 1]
        about: dict[str, Any] = {
            "sku": sku,
            "reservation_id": reservation_of(memory.order_id, line),
            "order_id": memory.order_id,
            "reply_to": memory.home,
        }
        kind = asked(memory, progress)
        if kind is ReserveStock:
            about |= {"quantity": quantity, "expires_at": memory.until}
        if kind is not None:
            yield kind(**about)


def _doing(memory: Memory, progress: Progress) -> type[OrderLineCommand] | None:
    if memory.captured:
        return DeductStock if progress in _KEPT else None
    return ReserveStock if progress == "idle" and memory.until is not None else None


def _undoing(memory: Memory, progress: Progress) -> type[OrderLineCommand] | None:
    if progress in _KEPT:
        return DeductStock if memory.captured else ReleaseStock
    return {"deducted": RestockStock, "lost": ReleaseStock}.get(progress)
