"""Replies: what stock decided about an order line goes home to the order, once per command.

A reply is a copy of an event of that reservation; it may be sent again for another command that
asks the same. That a reservation has expired is told, too.
"""

from __future__ import annotations

from tests.audit.envelopes import Log
from tests.audit.findings import Audit
from tests.audit.grammar import REPLIES
from tests.audit.records import Message


def check(log: Log, audit: Audit) -> None:
    """Compare replies with events, and commands with replies."""
    events: dict[tuple[str, str], list[Message]] = {}
    for event in log["stock"]:
        if reservation_id := event.data.get("reservation_id"):
            events.setdefault((event.type, reservation_id), []).append(event)
    replied: dict[tuple[str, str], Message] = {}
    for reply in log[REPLIES]:
        before = replied.setdefault((reply.cause or "", reply.type), reply)
        if before is not reply:
            audit.find("replies", f"{reply} answers its command again, after {before}")
        _compare(reply, events, log, audit)
    if audit.finished:
        answered = {cause for cause, _ in replied}
        answered |= {
            event.cause or "" for event in log["stock"] if event.type == "StockCommandRefused"
        }
        for command in log["stock.commands"]:
            answers = command.type != "ExpireReservation"  # it may come too late
            if answers and "reply_to" in command.data and command.id not in answered:
                audit.find("replies", f"{command} was never answered to {command.journey}")
        for event in log["stock"]:
            timer = log.by_id.get(event.cause or "")
            told = timer is None or not timer.data.get("reply_to") or timer.id in answered
            if event.type == "StockReservationExpired" and not told:
                audit.find("replies", f"{event} was never told to {event.journey}")


def _compare(
    reply: Message, events: dict[tuple[str, str], list[Message]], log: Log, audit: Audit
) -> None:
    reservation_id = reply.data["reservation_id"]
    copied = events.get((reply.type, reservation_id), ())
    if audit.finished and not any(event.data == reply.data for event in copied):
        audit.find("replies", f"{reply} says of {reservation_id} what no event of stock says")
    command = log.by_id.get(reply.cause or "")
    if command is not None and command.data.get("reply_to", reply.key) != reply.key:
        audit.find("replies", f"{reply} went to {reply.key}, not to {command.data['reply_to']}")
