"""What customers are to be told, and what they were told: commands and events.

`models/notifications.py` decides what is still worth saying; an effect executor says it.
"""

from __future__ import annotations

from typing import Literal

from models.messages import Name, Payload, Text, Version

# In the order of an order's life, which ends in one of the last three.
Kind = Literal["confirmed", "shipped", "delivered", "rejected", "expired", "cancelled"]


def mail_of(order_id: str, kind: Kind, version: int) -> str:
    """Return the key under which the mail provider is told to say this once."""
    return f"{order_id}/mail/{kind}/{version}"


class Notify(Payload, frozen=True, kw_only=True):
    """Tell the customer, at `to`; without an address there is nobody to tell."""

    order_id: Name
    kind: Kind
    version: Version = 1
    to: Name | None
    name: Name | None = None


class MailAnswered(Payload, frozen=True, kw_only=True):
    """What the mail provider says about the message under `key`: for sure, and for ever."""

    order_id: Name
    key: Name
    outcome: Literal["succeeded", "refused"]
    code: Name | None = None


NotificationCommand = Notify | MailAnswered


class NotificationRequested(Payload, frozen=True, kw_only=True):
    """A message is given to the mail provider under `key`."""

    order_id: Name
    kind: Kind
    version: Version
    to: Name
    name: Name | None = None
    key: Name


class NotificationSent(Payload, frozen=True, kw_only=True):
    """The customer was told."""

    order_id: Name
    kind: Kind
    version: Version


class NotificationFailed(Payload, frozen=True, kw_only=True):
    """The customer could not be told."""

    order_id: Name
    kind: Kind
    version: Version
    code: Name


class NotificationSuperseded(Payload, frozen=True, kw_only=True):
    """Not said, because the order had gone on to `by`: there is something newer to say."""

    order_id: Name
    kind: Kind
    version: Version
    by: Kind


class NotificationCommandRefused(Payload, frozen=True, kw_only=True):
    """A command that changes nothing. It has a `sequence` if the order had notifications before."""

    order_id: Name
    command: Name
    reason: Text


# What becomes of one notification, and all that is said of notifications.
NoticeEvent = NotificationRequested | NotificationSent | NotificationFailed | NotificationSuperseded
NotificationEvent = NoticeEvent | NotificationCommandRefused
