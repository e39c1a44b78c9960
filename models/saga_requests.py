"""What a saga waits for: the commands that are out, told by its state alone.

What is new among them after a fact is what the saga sends; after a deadline, all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from models.checkout import STEPS, Command, Step
from models.messages import Payload
from models.order_messages import CompleteCancellation, ExpireOrder, MarkOrderPaid, RejectOrder
from models.saga_messages import StepName
from models.saga_state import Part, Parts, Saga


def waiting(saga: Saga | None) -> tuple[Payload, ...]:
    """Return the commands whose answers the saga waits for, in the order of the table."""
    if saga is None:
        return ()
    asked = (_of_step(saga, step) for step in STEPS if _is_out(saga.parts(step.name)))
    return (*chain.from_iterable(asked), *_of_order(saga))


def waiting_for(saga: Saga, name: StepName) -> tuple[Payload, ...]:
    """Return those of one step; to end the order belongs to its confirmation."""
    asked = tuple(each for step in STEPS if step.name == name for each in _of_step(saga, step))
    return (*asked, *_of_order(saga)) if name == "confirm" else asked


def silent(saga: Saga) -> StepName | None:
    """Return the first step that waits for an answer; None if none does."""
    for step in STEPS:
        if _is_out(saga.parts(step.name)):
            return step.name
    return "confirm" if all_undone(saga) else None


def all_undone(saga: Saga) -> bool:
    """Whether a compensating saga holds nothing any more, so that its order may end."""
    if not saga.undoing or saga.notify != ("idle",):
        return False
    return not any(_is_out(saga.parts(step.name)) for step in STEPS if step.undo is not None)


def _is_out(parts: Parts) -> bool:
    return "asked" in parts or "undoing" in parts


def _of_step(saga: Saga, step: Step) -> Iterator[Payload]:
    for line, part in enumerate(saga.parts(step.name), 1):
        command = _outstanding(step, part)
        if command is not None:
            yield command(saga, line)


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
    elif saga.goal == "expire":
        at = saga.gave_up_at
        assert at is not None  # noqa: S101 - set when an order is given up
        yield ExpireOrder(order_id=order_id, deadline=at, at=at, payment_outstanding=False)
    else:
        yield CompleteCancellation(order_id=order_id, stock_returned=True, money_returned=True)
