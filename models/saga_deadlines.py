"""How long a saga waits for answers, and what it makes of silence.

It asks again by the same ids, each time after twice as long. After a budget an order that goes
forward is given up, and what was done for it is undone; a compensation calls a human, and goes on
asking for ever. A notification is only asked for again: it never fails the order.

For an order in the other style the saga asks nobody, so that it waits as long as all of that takes,
and then calls a human. Time is that of the messages, never a clock's.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from models.saga_messages import (
    Goal,
    SagaAskedAgain,
    SagaCompensationStarted,
    SagaEvent,
    SagaStuck,
    StepName,
)
from models.saga_requests import silent, waiting
from models.saga_state import Saga

_END: Final = datetime.max.replace(tzinfo=UTC)
_DOUBLINGS: Final = 20  # from then on it is always as long: the longest, for a second and above


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long each step's answers are waited for, those of its undoing, and an order itself.

    It is asked again `attempts` times, at least every `longest`, before it is enough.
    """

    authorize: timedelta = timedelta(seconds=30)
    reserve: timedelta = timedelta(seconds=10)
    confirm: timedelta = timedelta(seconds=10)
    capture: timedelta = timedelta(seconds=30)
    deduct: timedelta = timedelta(seconds=10)
    notify: timedelta = timedelta(seconds=60)
    undoing: timedelta = timedelta(seconds=30)
    # For facts that came before their order. It may be long: they are few, and lost afterwards.
    order: timedelta = timedelta(days=1)
    attempts: int = 5
    longest: timedelta = timedelta(minutes=10)

    def times(self, factor: float) -> Patience:
        """Return the same for a slower world, or a faster one."""
        spans = {
            name: span * factor
            for name, span in msgspec.structs.asdict(self).items()
            if isinstance(span, timedelta)
        }
        return msgspec.structs.replace(self, **spans)


DEFAULT: Final = Patience()


def due(saga: Saga, now: datetime, patience: Patience) -> datetime | None:
    """Return when that is missed which a saga waits for since now; None if it waits for nothing."""
    if saga.state == "expected":
        return _later(now, patience.order)
    step = silent(saga)
    if step is None:
        return None
    if saga.style == "orchestration":
        return _later(now, _span(saga, step, patience, 0))
    spans = (_span(saga, step, patience, attempt) for attempt in range(patience.attempts + 1))
    return _later(now, sum(spans, timedelta()))


def silence(saga: Saga, now: datetime, patience: Patience) -> Iterator[SagaEvent]:
    """Return what follows when the deadline of a saga has passed."""
    step = silent(saga)
    assert step is not None  # noqa: S101 - nothing else has a deadline
    order_id, reason = saga.order_id, f"no answer to {step}"
    enough = saga.attempt >= patience.attempts and step != "notify"
    if saga.style == "choreography":
        if saga.state in ("running", "compensating"):
            yield SagaStuck(order_id=order_id, step=step, reason=reason, silent=True)
        return
    if enough and saga.goal is None:
        goal: Goal = "cancel" if saga.confirm == ("done",) else "expire"
        yield SagaCompensationStarted(order_id=order_id, goal=goal, reason=reason, at=now)
        return
    if enough and saga.stuck is None:
        yield SagaStuck(order_id=order_id, step=step, reason=reason, silent=True)
    yield SagaAskedAgain(
        order_id=order_id,
        waiting_for=tuple(dict.fromkeys(type(each).__name__ for each in waiting(saga))),
        attempt=saga.attempt + 1,
        deadline=_later(now, _span(saga, step, patience, saga.attempt + 1)),
    )


def _span(saga: Saga, step: StepName, patience: Patience, attempt: int) -> timedelta:
    """How long is waited after having asked again so often."""
    first: timedelta = getattr(patience, "undoing" if saga.undoing and step != "notify" else step)
    if attempt == 0:
        return first
    doubled = min(first * (1 << min(attempt, _DOUBLINGS)), patience.longest)
    return max(first, doubled)


def _later(now: datetime, span: timedelta) -> datetime:
    return now + span if now < _END - span else _END
