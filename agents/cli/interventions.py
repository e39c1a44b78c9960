"""Operators on the command line: retry or skip a step of a saga, or have all of it undone.

Whoever does so says who they are and why; both stay in the order's history.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, get_args

import click
from faust.cli import argument, option

from agents.cli import rendering
from agents.cli.client import Body
from agents.cli.command import KEY, WAIT, ApiCommand, Spec
from models.saga_messages import StepName

_ORDER: Final = argument("order_id")
_EXAMPLE: Final = "ada:01KAM3Z9X4T2V7N8QWERTY5678"
_SHOWN: Final = ("order_id", "style", "state", "status", "step", "goal", "reason", "stuck")


# `sending` is the options WAIT and KEY, as the API's client takes them.


async def saga_retry(
    command: ApiCommand, order_id: str, step: str, by: str, reason: str, **sending: Any
) -> None:
    """Try a step of a saga again.

    What it waits for is asked once more by the same ids; what could not be undone is tried anew.
    """
    body = {"step": step, "by": by, "reason": reason}
    await _ask(command, order_id, "retry", body, **sending)


async def saga_skip(
    command: ApiCommand, order_id: str, step: str, by: str, reason: str, **sending: Any
) -> None:
    """Take a step of a saga as done.

    For what was settled by other means: nothing is asked of anybody.
    """
    body = {"step": step, "by": by, "reason": reason}
    await _ask(command, order_id, "skip", body, **sending)


async def saga_compensate(
    command: ApiCommand, order_id: str, by: str, reason: str, **sending: Any
) -> None:
    """Undo what a saga has done, and end the order."""
    await _ask(command, order_id, "compensate", {"by": by, "reason": reason}, **sending)


async def _ask(command: ApiCommand, order_id: str, what: str, body: Body, **sending: Any) -> None:
    answer = await command.api.post("sagas", order_id, what, body=body, **sending)
    command.tell_answer(answer, _rows)


def _rows(saga: Body) -> str:
    """How the saga stands, or what was said when the command was accepted."""
    return rendering.fields({name.replace("_", " "): saga.get(name) for name in _SHOWN})


def _spec(run: Callable[..., Awaitable[None]], name: str, *options: Any) -> Spec:
    step = "--step reserve " if options else ""
    return Spec(
        run,
        f"{name} {_EXAMPLE} {step}--by grace --reason 'asked the warehouse'",
        _ORDER,
        *options,
        option("--by", required=True, help="Who you are."),
        option("--reason", required=True, help="Why."),
        WAIT,
        KEY,
    )


_STEP: Final = option(
    "--step", type=click.Choice(get_args(StepName)), required=True, help="Which step of it."
)
COMMANDS: Final = (
    _spec(saga_retry, "saga-retry", _STEP),
    _spec(saga_skip, "saga-skip", _STEP),
    _spec(saga_compensate, "saga-compensate"),
)
