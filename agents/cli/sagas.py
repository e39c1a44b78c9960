"""Sagas on the command line: the board, and the timeline of one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, Final, get_args

import click
from faust.cli import argument, option

from agents.cli import rendering
from agents.cli.client import Body
from agents.cli.command import ApiCommand, Spec
from models.order_messages import Style
from models.saga_projection import SagaState

_PAGE: Final = 100  # sagas that the API gives at once
_HEADING: Final = ("order", "style", "state", "since", "waits for", "until", "asked again", "why")
_PART: Final = ("step", "line", "status", "asked", "attempts", "answered", "undone", "until", "why")
_HAND: Final = ("at", "action", "step", "by", "reason")


async def sagas(command: ApiCommand, state: str | None, style: str | None, limit: int) -> None:
    """List sagas: those under way, the longest in their state first, or the newest completed.

    Those that wait were asked again at least once, because a deadline passed in silence.
    """
    found = [saga async for saga in _sagas(command, {"state": state, "style": style}, limit)]
    if not command.rows:
        for saga in found:
            command.tell(saga, saga_rows)
    elif found:
        command.say(rendering.table([_HEADING, *map(_row, found)], right=[6]))
    else:
        command.say(f"no sagas {state or 'under way'}")


async def _sagas(
    command: ApiCommand, chosen: dict[str, str | None], limit: int
) -> AsyncIterator[Body]:
    asked: dict[str, str | int] = {name: value for name, value in chosen.items() if value}
    while limit:
        page = await command.api.get("sagas", **asked, limit=min(limit, _PAGE))
        for saga in page["sagas"]:
            yield saga
        limit -= len(page["sagas"])
        covered = page["partitions"]
        if page["next"] is None:
            if covered["counted"] < covered["all"]:
                command.note(
                    f"these are of {covered['counted']} of {covered['all']} partitions; "
                    "other workers have the rest, ask them with --url"
                )
            return
        asked["cursor"] = page["next"]


async def saga(command: ApiCommand, order_id: str) -> None:
    """Show a saga with its timeline.

    For each step: asked when, answered when, how often, and what is waited for until when.
    """
    command.tell(await command.api.get("sagas", order_id), saga_rows)


def saga_rows(found: Body) -> str:
    """A saga in words: how it stands, its steps line by line, and who took a hand in it."""
    head = rendering.fields(
        {
            "order": found["order_id"],
            "style": found["style"],
            "state": found["state"],
            "outcome": found["outcome"],
            "stuck": found["stuck"],
            "goal": found["goal"],
            "because": found["reason"],
            "waits for": found["waiting_for"],
            "since": _moment(found["waiting_since"]) or None,
            "until": _moment(found["deadline"]) or None,
            "asked again": found["attempt"] or None,
        }
    )
    parts = [head]
    if found.get("steps"):
        rows = [row for step in found["steps"] for row in _parts(step)]
        parts.append(rendering.table([_PART, *rows], right=[1, 4]))
    if found.get("interventions"):
        taken = found["interventions"]
        rows = [(_moment(each["at"]), *(each[name] or "" for name in _HAND[1:])) for each in taken]
        parts.append(rendering.table([_HAND, *rows]))
    return "\n\n".join(parts)


def _row(found: Body) -> tuple[Any, ...]:
    return (
        found["order_id"],
        found["style"] or "",
        found["state"],
        _moment(found["state_since"]),
        found["stuck"] or found["waiting_for"] or "",
        _moment(found["deadline"]),
        found["attempt"] or "",
        found["outcome"] or found["reason"] or "",
    )


def _parts(step: Body) -> Iterator[tuple[Any, ...]]:
    for part in (step, *step.get("lines", ())):
        yield (
            step["step"] if part is step else "",
            part.get("line", ""),
            part["status"],
            _moment(step["started_at"]) if part is step else "",
            part["attempts"],
            _moment(part.get("answered_at")),
            _moment(part.get("undone_at")),
            _moment(part.get("deadline")) if part["status"] == "waiting" else "",
            part.get("reason", ""),
        )


def _moment(instant: str | None) -> str:
    return rendering.moment(instant) if instant else ""


COMMANDS: Final = (
    Spec(
        sagas,
        "sagas --state stuck",
        option(
            "--state",
            type=click.Choice([*get_args(SagaState), "waiting"]),
            help="Only those in this state; without it, all that are under way.",
        ),
        option("--style", type=click.Choice(get_args(Style)), help="Only those of this style."),
        option("--limit", type=click.IntRange(min=1), default=20, help="How many, at most."),
    ),
    Spec(saga, "saga ada:01KAM3Z9X4T2V7N8QWERTY5678", argument("order_id")),
)
