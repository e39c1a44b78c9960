"""Events of the saga of one order."""

from __future__ import annotations

from models.messages import Payload
from models.order_messages import OrderLine
from models.saga_messages import (
    SagaAskedAgain,
    SagaCommandRefused,
    SagaCompensationStarted,
    SagaCompleted,
    SagaIntervened,
    SagaStarted,
    SagaStepCompensated,
    SagaStepRefused,
    SagaStepStarted,
    SagaStepSucceeded,
    SagaStuck,
)
from tests.tables.order_events import CUSTOMER, LINES, TOTAL
from tests.tables.told import ADA, after


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


def begun(step: str, **more: object) -> Payload:
    """The commands of a step were sent."""
    return _saga(SagaStepStarted, step=step, **more)


def done(step: str, line: int | None = None) -> Payload:
    """A step, or its part for a line, succeeded."""
    return _saga(SagaStepSucceeded, step=step, line=line)


def refused(step: str, line: int | None = None, reason: str = "out_of_stock") -> Payload:
    """A step, or its part for a line, was refused."""
    return _saga(SagaStepRefused, step=step, line=line, reason=reason)


def undone(step: str, line: int | None = None) -> Payload:
    """A step, or its part for a line, was compensated."""
    return _saga(SagaStepCompensated, step=step, line=line)


def undoing(goal: str = "reject", reason: str = "out_of_stock", **more: object) -> Payload:
    """The saga turns back."""
    return _saga(SagaCompensationStarted, goal=goal, reason=reason, **more)


def stuck(step: str = "capture") -> Payload:
    """A step cannot be undone."""
    return _saga(SagaStuck, step=step, reason="refund_refused")


def silent(step: str = "reserve") -> Payload:
    """Nobody answers to a step, however often it is asked."""
    return _saga(SagaStuck, step=step, reason=f"no answer to {step}", silent=True)


def asked_again(attempt: int = 1, *commands: str) -> Payload:
    """A deadline passed in silence; the next one is ten minutes after noon."""
    return _saga(SagaAskedAgain, waiting_for=commands, attempt=attempt, deadline=after(600))


def intervened(action: str = "retry", step: str | None = "reserve") -> Payload:
    """An operator has taken a hand in it."""
    return _saga(SagaIntervened, action=action, step=step, by="grace", reason="asked the warehouse")


COMMAND_REFUSED = _saga(SagaCommandRefused, command="RetrySagaStep", reason="nothing is waited for")


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
    *(silent(step) for step in ("reserve", "confirm", "capture")),
    *(asked_again(attempt, "ReserveStock") for attempt in (1, 2)),
    *(intervened("retry", step) for step in ("authorize", "reserve", "capture")),
    intervened("compensate", None),
    begun("reserve", line=1),
    COMMAND_REFUSED,
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
