"""Who caused an event of an order's journey: another context, the gateway, a customer, a human.

An event names the message that led to it. If that is in the history, its context is the cause.
Otherwise it was a command, or an answer of stock or of the gateway, which the read side does not
keep; then the cause follows from the kind of event, and from what else came of the same message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple, get_args

import msgspec

from models.checkout import STEPS
from models.notification_messages import NotificationEvent
from models.order_messages import OrderEvent, Style
from models.payment_messages import PaymentEvent
from models.projections import HistoryEntry
from models.saga_messages import SagaEvent

Participant = Literal["C", "X", "O", "S", "P", "K", "N", "G"]
NAMES: Final[Mapping[Participant, str]] = {
    "C": "customer",
    "X": "operator",
    "O": "orders",
    "S": "sagas",
    "P": "payments",
    "K": "stock",
    "N": "notifications",
    "G": "gateway",
}
_CONTEXT: Final[dict[str, Participant]] = {}
for _context, _family in (
    ("O", OrderEvent),
    ("P", PaymentEvent),
    ("S", SagaEvent),
    ("N", NotificationEvent),
):
    _CONTEXT.update(dict.fromkeys((each.__name__ for each in get_args(_family)), _context))
_OF_STOCK: Final = frozenset(step.name for step in STEPS if step.per_line)
_OF_CUSTOMER: Final = frozenset({"OrderCreated", "OrderShipped", "OrderDelivered"})
_COMMANDS_OF_CUSTOMER: Final = frozenset(
    {"CreateOrder", "CancelOrder", "ShipOrder", "ConfirmDelivery"}
)
_HEARD: Final = frozenset({"SagaStepSucceeded", "SagaStepRefused", "SagaStepCompensated"})


class Event(NamedTuple):
    """An event of the history, as far as it is drawn; `cause` is the id of what led to it."""

    id: str
    type: str
    time: datetime
    cause: str | None
    data: dict[str, Any]

    @classmethod
    def of(cls, entry: HistoryEntry) -> Event:
        """From an entry of the history."""
        data = msgspec.json.decode(entry.data)
        return cls(entry.id, entry.type, entry.time, entry.causationid, data)

    @property
    def context(self) -> Participant:
        """Who has decided it."""
        return _CONTEXT[self.type]


def style_of(events: Sequence[Event]) -> Style:
    """Return what drives the order through its checkout."""
    styles = (event.data["style"] for event in events if event.type == "SagaStarted")
    style: Style = next(styles, "orchestration")
    return style


def causes_of(events: Sequence[Event]) -> Iterator[Participant]:
    """Return who caused each of the events."""
    known = {event.id: event.context for event in events}
    unseen: dict[str | None, Participant] = {}
    for event in events:
        if event.cause not in known and (teller := _tells(event)):
            unseen.setdefault(event.cause, teller)
    asking = style_of(events) == "orchestration"
    turned = {event.cause for event in events if event.type == "SagaCompensationStarted"}
    for event in events:
        found = known.get(event.cause or "") or unseen.get(event.cause)
        yield found or _likely(event, asking=asking, asked_back=bool(turned - {event.id}))


def _tells(event: Event) -> Participant | None:
    """Return who sent the message that led to this event, if the event itself tells."""
    if event.type == "SagaIntervened":
        return "X"
    if event.context == "P" and event.data.get("key") and not event.type.endswith("Requested"):
        return "G"
    return "K" if event.type in _HEARD and event.data["step"] in _OF_STOCK else None


def _likely(event: Event, *, asking: bool, asked_back: bool) -> Participant:
    """Return who sent the command that led to this event.

    `asking`: a saga asks the other contexts. `asked_back`: it turned back by itself, so that a
    cancellation is its own.
    """
    if event.type in _OF_CUSTOMER or event.data.get("command") in _COMMANDS_OF_CUSTOMER:
        return "C"
    if event.type == "OrderCancellationRequested" and not asked_back:
        return "C"
    return "S" if asking and event.type != "NotificationFailed" else event.context
