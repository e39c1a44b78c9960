"""G4: each notification is asked for, sent and delivered to the provider at most once.

Compares the notifications topic with itself and with the mail provider's own ledger.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.audit.envelopes import Log
from tests.audit.findings import Audit
from tests.audit.ledger import NOT_UNDERSTOOD
from tests.audit.records import Message

Line = Mapping[str, Any]
Notice = tuple[str, str, int]  # order, kind, version
_CLOSING = {"NotificationSent": "succeeded", "NotificationFailed": "refused"}


def check(log: Log, mails: Sequence[Line], audit: Audit) -> None:
    """Judge notifications and mails."""
    requested: dict[str, Message] = {}  # by key
    ends: dict[Notice, Message] = {}
    started: dict[Notice, Message] = {}
    for event in log["notifications"]:
        audit.notifications[event.type] += 1
        if event.type == "NotificationRequested":
            _once(started, event, audit)
            if requested.setdefault(event.data["key"], event) is not event:
                audit.find("G4", f"{event} has the key of {requested[event.data['key']]}")
        elif event.type != "NotificationCommandRefused":
            _once(ends, event, audit)
            _answer(event, requested, log, audit)
    if audit.finished:
        for key, request in requested.items():
            if _notice(request.data) not in ends:
                what = f"{request} asked under {key}, and was never answered"
                audit.unsettled(request.journey, "mail", "G4", what)
    _compare_mails(mails, requested, ends, audit)


def _notice(data: Mapping[str, Any]) -> Notice:
    return data["order_id"], data["kind"], data["version"]


def _once(before: dict[Notice, Message], event: Message, audit: Audit) -> None:
    first = before.setdefault(_notice(event.data), event)
    if first is not event:
        audit.find("G4", f"{event} is about {_notice(event.data)}, as {first} was")


def _answer(event: Message, requested: dict[str, Message], log: Log, audit: Audit) -> None:
    cause = log.by_id.get(event.cause or "")
    if cause is None:
        return
    if cause.type == "MailAnswered":
        _heard(event, cause, requested, audit)
    elif event.type == "NotificationFailed" and (
        (cause.data.get("to"), event.data["code"]) != (None, "no_address")
    ):
        audit.find("G4", f"{event} failed with {event.data['code']}, because of {cause}")


def _heard(event: Message, cause: Message, requested: dict[str, Message], audit: Audit) -> None:
    """What the provider answered under a key is said of what was asked under that key."""
    if (cause.data["outcome"] == "succeeded") != (cause.data.get("code") is None):
        audit.find("G4", f"{cause} {cause.data['outcome']} with code {cause.data.get('code')}")
    request = requested.get(cause.data["key"])
    if request is None or _notice(request.data) != _notice(event.data):
        audit.find("G4", f"{event} follows from {cause}, under a key for something else")
    elif cause.cause not in (None, request.id, request.cause):
        audit.find("G4", f"{cause} does not follow from {request}, which it answers")
    if cause.data["outcome"] != _CLOSING.get(event.type):
        audit.find("G4", f"{event} follows from {cause}, which says {cause.data['outcome']}")
    if event.data.get("code") != cause.data.get("code"):
        audit.find("G4", f"{event} failed with {event.data.get('code')}, {cause} says otherwise")


def _compare_mails(
    mails: Sequence[Line],
    requested: dict[str, Message],
    ends: dict[Notice, Message],
    audit: Audit,
) -> None:
    keys: set[str] = set()
    delivered: set[Notice] = set()
    for mail in mails:
        if mail["key"] in keys:
            audit.find("M7", f"the mail provider did two things under the key {mail['key']}")
        keys.add(mail["key"])
        notice = _notice(mail)
        if mail["outcome"] == "succeeded" and notice in delivered:
            audit.find("G4", f"{notice} was delivered twice")
        delivered.add(notice)
        _compare_mail(mail, requested.get(mail["key"]), ends.get(notice), audit)
    for key, request in requested.items():
        end = ends.get(_notice(request.data))
        if end and key not in keys and end.data.get("code") != NOT_UNDERSTOOD:
            audit.find("G4", f"{request} was answered, and the provider has no mail under {key}")


def _compare_mail(mail: Line, request: Message | None, end: Message | None, audit: Audit) -> None:
    if request is None or end is None:
        if audit.finished:
            audit.find("G4", f"the mail under {mail['key']} has no events in notifications")
        return
    asked = (*_notice(request.data), request.data["to"])
    if (*_notice(mail), mail["to"]) != asked:
        audit.find("G4", f"the mail under {mail['key']} is not the one of {request}")
    if mail["outcome"] != _CLOSING.get(end.type):
        audit.find("G4", f"{end}, and the provider says {mail['outcome']}")
