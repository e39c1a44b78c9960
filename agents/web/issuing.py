"""Issuing: a command goes on its topic, and the answer waits for what comes of it, if asked to.

The same for orders, sagas and stock. Nothing is decided here: what Kafka has acknowledged is
accepted, and what its aggregate made of it is read from the history that the read side keeps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import msgspec
from aiokafka.errors import KafkaError

from agents.web.answers import Accepted, OrderAnswer, SagaAnswer, StockAnswer
from agents.web.calls import Reply
from agents.web.idempotency import Outcome, outcome
from agents.web.problems import KEY_REUSED, REFUSED, Refused, unavailable
from agents.web.site import SEND_SECONDS, Site
from models.messages import Payload, fingerprint
from models.projections import HistoryEntry
from streams.topics import Topic

View = OrderAnswer | SagaAnswer | StockAnswer

# Whole milliseconds or seconds, at most 30 s.
_SPAN: Final = r"^(?!\S*\s)((30000|[12]?[0-9]{1,4})ms|(30|[12]?[0-9])s)$"


class WaitQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long the answer may take, if that lets it say what came of the command."""

    wait: Annotated[str, msgspec.Meta(pattern=_SPAN, examples=["5s", "500ms"])] = "0s"

    @property
    def seconds(self) -> float:
        """As a number."""
        number = float(self.wait.rstrip("ms"))
        return number / 1000 if self.wait.endswith("ms") else number


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command, where it goes, and where to look for what came of it.

    `subject` is the order or SKU that it is about; `key` the partition key. `caused` and `view`
    raise Refused where this worker cannot look. `enough` says whether a view ends the waiting.
    """

    data: Payload
    id: str
    topic: Topic
    about: Literal["order_id", "sku"]
    subject: str
    journey: str
    key: str
    location: str
    caused: Callable[[], list[HistoryEntry]]
    view: Callable[[], View | None]
    enough: Callable[[View], bool] = lambda _: True


async def issue(site: Site, command: Command, key: str | None, query: WaitQuery) -> Reply:
    """Send a command, and wait for what it causes as long as was asked for.

    Raises:
        Refused: the key was used for another body, Kafka does not take the command in time, or
            its aggregate has refused it while the answer waited.
    """
    site.log.check()
    if key is not None:
        _refuse_reuse(site, command, key)
    await _send(site, command, key)
    seen = None
    if query.seconds:
        seen = await site.changed.until(command.subject, lambda: _look(command), query.seconds)
    if seen is not None:
        return Reply(body=seen, headers={"Location": command.location})
    accepted = Accepted(
        **{command.about: command.subject}, status="ACCEPTED", command_id=command.id
    )
    return Reply(status=202, body=accepted, headers={"Location": command.location})


async def _send(site: Site, command: Command, key: str | None) -> None:
    try:
        await site.log.send(
            command.topic,
            command.data,
            command_id=command.id,
            subject=command.subject,
            journey=command.journey,
            key=command.key,
        )
    except (TimeoutError, KafkaError) as error:
        detail = (
            f"Kafka has not acknowledged it within {SEND_SECONDS:.0f} s "
            f"({type(error).__name__}): it may still be accepted"
        )
        cure = (
            "send it again with the same Idempotency-Key: it will count once"
            if key is not None
            else f"look at {command.location} before you send it again; with an Idempotency-Key "
            "one may repeat safely"
        )
        order_id = command.subject if command.about == "order_id" else None
        raise unavailable(detail, cure, retry_after=5, order_id=order_id) from error


def _refuse_reuse(site: Site, command: Command, key: str) -> None:
    known = _happened(command)
    if known is not None and (known.done or known.reused):
        reused = known.reused
    else:
        reused = not site.keys.claim(command.id, fingerprint(command.data))
    if reused:
        raise Refused(
            KEY_REUSED,
            "the same Idempotency-Key came with another body before, and that one counts",
            field="Idempotency-Key",
            value=key,
            cure="repeat the first body, or use a new key for a new request",
        )


def _look(command: Command) -> View | None:
    """The view, once it shows what the command caused; raises Refused if that is a refusal."""
    happened = _happened(command)
    if happened is None:
        return None
    if happened.reason is not None and not happened.done:
        raise Refused(REFUSED, happened.reason, cure=f"look at {command.location} for its state")
    view = command.view() if happened.done else None
    return view if view is not None and command.enough(view) else None


def _happened(command: Command) -> Outcome | None:
    try:
        return outcome(command.caused(), command.data)
    except Refused:  # the partition is on its way from one worker to another
        return None
