"""The sequence diagram of an order as it happened: who made whom decide what, in Mermaid.

Drawn from the order's history in the read side. Each event is an arrow from whoever caused it to
the context that decided it: by its cause if that is in the history too, else by what can cause such
an event at all (`order_causes`). The events of stock are in other partitions; it shows by what the
saga has asked of it and heard. Text from outside is escaped, so that it cannot be taken for syntax.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from heapq import heapify, heappop, heappush
from typing import Final, NamedTuple

from models.checkout import STEPS
from models.money import Money
from models.order_causes import NAMES, Event, Participant, causes_of, style_of
from models.projections import HistoryEntry
from models.saga_diagram import name_of

_ASKS: Final = {step.name: name_of(step.command) for step in STEPS if step.per_line}
_CALLS: Final = {
    "PaymentRequested": "authorize",
    "PaymentCaptureRequested": "capture",
    "PaymentVoidRequested": "void",
    "PaymentRefundRequested": "refund",
}
_SAID: Final = (
    "step", "line", "kind", "command", "action", "goal", "outcome", "code", "reason", "tracking",
    "by",
)  # fmt: skip
_LONGEST: Final = 60  # characters of one value; a reason may have 1 000
_SAFE: Final = frozenset(" _.,-/@()")


class Arrow(NamedTuple):
    """A message from one participant to another; several events of one cause share an arrow."""

    sender: Participant
    receiver: Participant
    label: str
    cause: str | None
    answer: bool = False


def diagram(order_id: str, entries: Iterable[HistoryEntry], *, more: bool = False) -> str:
    """Return the diagram of an order; `more` says that these are only the first of its events."""
    events = _in_order([Event.of(entry) for entry in entries])
    arrows = list(_merged(_arrows(events)))
    used = {end for arrow in arrows for end in arrow[:2]}
    title = f"Order {order_id}, the first {len(events)} events" if more else f"Order {order_id}"
    return "\n".join(
        [
            "sequenceDiagram",
            f"    title {escaped(title)}",
            *(f"    participant {each} as {name}" for each, name in NAMES.items() if each in used),
            *map(_line, arrows),
            "",
        ]
    )


def _line(arrow: Arrow) -> str:
    head = "-->>" if arrow.answer else "->>"
    return f"    {arrow.sender}{head}{arrow.receiver}: {escaped(arrow.label)}"


def escaped(text: str) -> str:
    """Return the text as Mermaid shows it: what might be syntax becomes the code of a character."""
    return "".join(c if c.isalnum() or c in _SAFE else f"#{ord(c)};" for c in text)


def _in_order(events: Sequence[Event]) -> list[Event]:
    """Sort by time, but each behind its cause, and behind what its context said before."""
    places = {event.id: place for place, event in enumerate(events)}
    last: dict[Participant, int] = {}
    waiting: dict[int, int] = {}
    followers: dict[int, list[int]] = {}
    for place, event in enumerate(events):
        named = places.get(event.cause or ""), last.get(event.context)
        before = {each for each in named if each is not None and each != place}
        waiting[place] = len(before)
        for each in before:
            followers.setdefault(each, []).append(place)
        last[event.context] = place
    free = [(events[place].time, place) for place, count in waiting.items() if not count]
    heapify(free)
    found: list[int] = []
    while free:
        found.append(heappop(free)[1])
        for place in followers.get(found[-1], ()):
            waiting[place] -= 1
            if not waiting[place]:
                heappush(free, (events[place].time, place))
    # What claims to be its own cause, through others or not, comes last.
    return [events[place] for place in (*found, *sorted(set(waiting) - set(found)))]


def _arrows(events: Sequence[Event]) -> Iterator[Arrow]:
    observed = style_of(events) == "choreography"
    for event, cause in zip(events, causes_of(events), strict=True):
        label = " ".join([event.type, *_words(event)])
        if event.type == "NotificationSent":
            yield Arrow("N", "C", label, event.cause, answer=True)
            continue
        answer = cause in ("G", "K") or (observed and event.context == "S")
        yield Arrow(cause, event.context, label, event.cause, answer)
        if call := _CALLS.get(event.type):
            yield Arrow("P", "G", f"{call}, by its key", event.cause)
        if event.type == "SagaStepStarted" and (asked := _ASKS.get(event.data["step"])):
            yield Arrow(cause if observed else "S", "K", f"{asked} for each line", event.cause)


def _words(event: Event) -> Iterator[str]:
    data = event.data
    amount = data.get("total", data.get("amount"))
    if amount is not None and "currency" in data:
        yield str(Money(amount, data["currency"]))
    for name in _SAID:
        if data.get(name) is not None:
            yield f"line {data[name]}" if name == "line" else str(data[name])[:_LONGEST]


def _merged(arrows: Iterable[Arrow]) -> Iterator[Arrow]:
    """Join what follows from one cause between the same two, unless something came between."""
    held: Arrow | None = None
    for arrow in arrows:
        if held is not None and held._replace(label="") == arrow._replace(label=""):
            held = held._replace(label=f"{held.label}, {arrow.label}")
        else:
            if held is not None:
                yield held
            held = arrow
    if held is not None:
        yield held
