"""What a saga waits for: the commands that are out, told by its state alone.

What is new among them after a fact is what the saga sends; a deadline would send them again.
"""

from __future__ import annotations

from collections.abc import Iterator

from models.checkout import STEPS, Command, Step
from models.messages import Payload
from models.order_messages import CompleteCancellation, MarkOrderPaid, RejectOrder
from models.saga_state import Part, Saga


def waiting(saga: Saga | None) -> tuple[Payload, ...]:
    """Return the commands whose answers the saga waits for, in the order of the table."""
    if saga is None:
        return ()
    asked = [
        command(saga, line)
        for step in STEPS
        for line, part in enumerate(saga.parts(step.name), 1)
        if (command := _outstanding(step, part)) is not None
    ]
    return (*asked, *_of_order(saga))


def all_undone(saga: Saga) -> bool:
    """Whether a compensating saga holds nothing any more, so that its order may end."""
    undoable = (saga.parts(step.name) for step in STEPS if step.undo is not None)
    held = any(part in ("asked", "undoing") for parts in undoable for part in parts)
    return saga.state in ("compensating", "stuck") and saga.notify == ("idle",) and not held


def _outstanding(step: Step, part: Part) -> Command | None:
    if part == "asked":
        return step.command
    return step.undo if part == "undoing" else None


def _of_order(saga: Saga) -> Iterator[Payload]:
    order_id = saga.order_id
    # Not before its stock is deducted: a paid order may be shipped, and then not be cancelled.
    if saga.state == "running" and saga.telling == "confirmed":
        yield MarkOrderPaid(order_id=order_id, captured=saga.total)
    if saga.reason is None or not all_undone(saga):
        return
    if saga.goal == "reject":
        yield RejectOrder(order_id=order_id, reason=saga.reason)
    else:
        yield CompleteCancellation(order_id=order_id, stock_returned=True, money_returned=True)
