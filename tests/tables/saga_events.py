"""Events of the saga of one order."""

from __future__ import annotations

from models.messages import Payload
from models.order_messages import OrderLine
from models.saga_messages import (
    SagaCompensationStarted,
    SagaCompleted,
    SagaStarted,
    SagaStepCompensated,
    SagaStepRefused,
    SagaStepStarted,
    SagaStepSucceeded,
    SagaStuck,
)
from tests.tables.order_events import CUSTOMER, LINES, TOTAL
from tests.tables.told import ADA


def saga_started(lines: tuple[OrderLine, ...] = LINES) -> SagaStarted:
    """The checkout of the order begins."""
    return SagaStarted(
        order_id=ADA,
        home="ada",
        style="orchestration",
        customer=CUSTOMER,
        lines=lines,
        total=TOTAL,
        currency="USD",
        method="card",
    )


def _saga(kind: type[Payload], **data: object) -> Payload:
    return kind(order_id=ADA, **data)


def begun(step: str) -> Payload:
    """The commands of a step were sent."""
    return _saga(SagaStepStarted, step=step)


def done(step: str, line: int | None = None) -> Payload:
    """A step, or its part for a line, succeeded."""
    return _saga(SagaStepSucceeded, step=step, line=line)


def refused(step: str, line: int | None = None, reason: str = "out_of_stock") -> Payload:
    """A step, or its part for a line, was refused."""
    return _saga(SagaStepRefused, step=step, line=line, reason=reason)


def undone(step: str, line: int | None = None) -> Payload:
    """A step, or its part for a line, was compensated."""
    return _saga(SagaStepCompensated, step=step, line=line)


def undoing(goal: str = "reject", reason: str = "out_of_stock") -> Payload:
    """The saga turns back."""
    return _saga(SagaCompensationStarted, goal=goal, reason=reason)


def stuck(step: str = "capture") -> Payload:
    """A step cannot be undone."""
    return _saga(SagaStuck, step=step, reason="refund_refused")


def ended(outcome: str = "confirmed") -> Payload:
    """The saga is over."""
    return _saga(SagaCompleted, outcome=outcome)


SAGA_EVENTS: tuple[Payload, ...] = (
    saga_started(),
    *(
        each
        for step in ("authorize", "confirm", "capture", "notify")
        for each in (begun(step), done(step), refused(step), undone(step))
    ),
    *(
        each
        for step in ("reserve", "deduct")
        for line in (1, 2, 3, None)
        for each in (begun(step), done(step, line), refused(step, line), undone(step, line))
    ),
    undoing(),
    undoing("cancel"),
    stuck(),
    ended(),
    ended("cancelled"),
)
ON_THE_WAY: tuple[Payload, ...] = (
    saga_started(),
    begun("authorize"),
    done("authorize"),
    begun("reserve"),
    done("reserve", 2),
    done("reserve", 1),
    begun("confirm"),
    done("confirm"),
    begun("capture"),
    done("capture"),
    begun("deduct"),
    done("deduct", 1),
    done("deduct", 2),
    begun("notify"),
    done("notify"),
    ended(),
)
