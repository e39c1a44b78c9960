"""Notifications of an order: what is still worth saying to its customer, and what was said.

Decides that nothing is said twice, nothing that the order has left behind, and nothing to nobody.
Saying it is the work of an effect executor, which asks `calls` what is pending, and brings back
the mail provider's answer. A mail that was given to the provider is not called back.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from models.notification_messages import (
    Kind,
    MailAnswered,
    NoticeEvent,
    NotificationCommand,
    NotificationCommandRefused,
    NotificationEvent,
    NotificationFailed,
    NotificationRequested,
    NotificationSent,
    NotificationSuperseded,
    Notify,
    mail_of,
)

# How far an order has come; the last three all end it, so that none follows another.
_STAGE: Final[dict[Kind, int]] = {
    "confirmed": 1,
    "shipped": 2,
    "delivered": 3,
    "rejected": 4,
    "expired": 4,
    "cancelled": 4,
}

_LONGEST_KEY: Final = 255  # of a Name


class Mail(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A call to the mail provider that has no answer yet."""

    key: str
    order_id: str
    kind: Kind
    version: int
    to: str
    name: str | None


class Notice(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What became of one notification. Name and address are kept only while it is pending."""

    kind: Kind
    version: int
    outcome: Literal["pending", "sent", "failed", "superseded"] = "pending"
    to: str = ""
    name: str | None = None


class Notices(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """All notifications of one order, one for each kind and version."""

    order_id: str
    version: int = 0
    notices: tuple[Notice, ...] = ()


def decide(notices: Notices | None, command: NotificationCommand) -> tuple[NotificationEvent, ...]:
    """Return what follows from a command; nothing, if it was answered before."""
    known = notices or Notices(order_id=command.order_id)
    event = _notify(known, command) if isinstance(command, Notify) else _close(known, command)
    return (event,) if event else ()


def evolve(notices: Notices | None, event: NotificationEvent) -> Notices | None:
    """Return the notices as an event leaves them. A refusal where there are none creates none."""
    if isinstance(event, NotificationCommandRefused):
        return notices and msgspec.structs.replace(notices, version=notices.version + 1)
    known = notices or Notices(order_id=event.order_id)
    others = (each for each in known.notices if not _same(each, event))
    return Notices(
        order_id=known.order_id, version=known.version + 1, notices=(*others, _notice(event))
    )


def refuse(
    notices: Notices | None,  # noqa: ARG001 - every aggregate refuses in the same form
    command: NotificationCommand,
    reason: str,
) -> NotificationCommandRefused:
    """Return the refusal of a command, for a reason that an operator understands."""
    return NotificationCommandRefused(
        order_id=command.order_id, command=type(command).__name__, reason=reason
    )


def calls(notices: Notices | None) -> tuple[Mail, ...]:
    """Return the mails that are pending: given to the provider again, under the same keys."""
    if notices is None:
        return ()
    return tuple(
        Mail(
            key=mail_of(notices.order_id, each.kind, each.version),
            order_id=notices.order_id,
            kind=each.kind,
            version=each.version,
            to=each.to,
            name=each.name,
        )
        for each in notices.notices
        if each.outcome == "pending"
    )


def _notify(known: Notices, command: Notify) -> NotificationEvent | None:
    order_id, kind, version = command.order_id, command.kind, command.version
    if any(_same(each, command) for each in known.notices):
        return None
    newer = next((each.kind for each in known.notices if _supersedes(each, command)), None)
    if newer:
        return NotificationSuperseded(order_id=order_id, kind=kind, version=version, by=newer)
    if command.to is None:
        return NotificationFailed(order_id=order_id, kind=kind, version=version, code="no_address")
    key = mail_of(order_id, kind, version)
    if len(key) > _LONGEST_KEY:
        reason = f"the key of its mail would have {len(key)} characters; use a shorter order id"
        return refuse(known, command, reason)
    return NotificationRequested(
        order_id=order_id,
        kind=kind,
        version=version,
        to=command.to,
        name=command.name,
        key=key,
    )


def _close(known: Notices, answer: MailAnswered) -> NoticeEvent | None:
    """Close the pending mail of that key; where there is none, the answer changes nothing."""
    for mail in calls(known):
        if mail.key != answer.key:
            continue
        order_id, kind, version = mail.order_id, mail.kind, mail.version
        if answer.outcome == "succeeded":
            return NotificationSent(order_id=order_id, kind=kind, version=version)
        code = answer.code or "refused"
        return NotificationFailed(order_id=order_id, kind=kind, version=version, code=code)
    return None


def _same(notice: Notice, other: Notify | NoticeEvent) -> bool:
    return (notice.kind, notice.version) == (other.kind, other.version)


def _supersedes(notice: Notice, command: Notify) -> bool:
    if notice.kind == command.kind:
        return notice.version > command.version
    return _STAGE[notice.kind] >= _STAGE[command.kind]


def _notice(event: NoticeEvent) -> Notice:
    match event:
        case NotificationRequested(to=to, name=name):
            return Notice(kind=event.kind, version=event.version, to=to, name=name)
        case NotificationSent():
            return Notice(kind=event.kind, version=event.version, outcome="sent")
        case NotificationFailed():
            return Notice(kind=event.kind, version=event.version, outcome="failed")
        case _:
            return Notice(kind=event.kind, version=event.version, outcome="superseded")
