"""At rest, every command was answered: by an event of its own, or because its step was taken.

A command from outside that comes again under its id with another body has to be refused.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tests.audit.envelopes import Log
from tests.audit.findings import Audit
from tests.audit.grammar import COMMANDS, EVENTS, TIMED, TIMERS
from tests.audit.records import Message

# What stands in the log already where a command makes no event: the step that it asks for.
_TAKEN: Final = {
    "CreateOrder": {"OrderCreated"},
    "ConfirmOrder": {"OrderConfirmed"},
    "RejectOrder": {"OrderRejected"},
    "ExpireOrder": {"OrderExpired"},
    "MarkOrderPaid": {"OrderPaid"},
    "CancelOrder": {"OrderCancellationRequested"},
    "CompleteCancellation": {"OrderCancelled"},
    "ShipOrder": {"OrderShipped"},
    "ConfirmDelivery": {"OrderDelivered"},
    "AuthorizePayment": {"PaymentRequested"},
    "CapturePayment": {"PaymentCaptureRequested"},
    "VoidPayment": {"PaymentVoidWanted", "PaymentVoidRequested", "PaymentVoided"},
    "RefundPayment": {"PaymentRefundRequested"},
    "ReserveStock": {"StockReserved", "StockReservationFailed"},
    "DeductStock": {"StockDeducted", "StockDeductionRefused"},
    "ReleaseStock": {"StockReleased", "StockDeducted"},  # what has left cannot be released
    "RestockStock": {"StockRestocked"},
    "Notify": {"NotificationRequested", "NotificationSuperseded", "NotificationFailed"},
}


class Answers(NamedTuple):
    """What the events answer: which messages, by which steps, under which keys of the gateway."""

    causes: set[str | None]
    refused: set[str | None]
    taken: set[tuple[str, str]]
    keys: set[str]


def check(log: Log, audit: Audit) -> None:
    """Find commands that nothing came of; at rest only."""
    if not audit.finished:
        return
    answers = _answers(log)
    for topic in COMMANDS:
        for command in log[topic]:
            if command.id not in answers.causes and not _was_taken(command, answers):
                audit.find("commands", f"nothing came of {command}")
    for command in log.contested:
        if command.id not in answers.refused:
            audit.find("commands", f"{command} has an id of another command, and was not refused")


def _answers(log: Log) -> Answers:
    found = Answers(set(), set(), set(), set())
    for topic in EVENTS:
        for event in log[topic]:
            found.causes.add(event.cause)
            found.taken.add((event.type, _about(event)))
            if event.type.endswith("CommandRefused"):
                found.refused.add(event.cause)
            elif topic == "payments" and not event.type.endswith("Requested"):
                found.keys.add(event.data.get("key") or "")
    heard = (each for each in log["notifications.commands"] if each.id in found.causes)
    found.keys.update(each.data.get("key") or "" for each in heard)
    return found


def _about(message: Message) -> str:
    return str(message.data.get("reservation_id") or message.subject)


def _was_taken(command: Message, answers: Answers) -> bool:
    if command.type in TIMED or command.source == TIMERS:  # what it is about may have ended
        return True
    if command.type in ("GatewayAnswered", "MailAnswered"):  # two workers may tell of one call
        return command.data["key"] in answers.keys
    about = _about(command)
    return any((each, about) in answers.taken for each in _TAKEN.get(command.type, ()))
