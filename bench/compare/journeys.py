"""One order of each kind in each style: how it ends, over how many messages, and how many hops.

Nothing here depends on how fast the machine is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, get_args

from bench.compare.coupling import readers
from bench.compare.story import Event, Story, path
from bench.orders import commands
from bench.orders.load import Load
from bench.orders.log import timestamps
from bench.running import ParticipantFailed
from models.order_messages import Style
from models.requests import CustomerRequest, LineRequest, OrderRequest
from streams import topics

STYLES: tuple[Style, ...] = get_args(Style)
_LOOKS = 60  # for orders that have not ended, of two seconds or more


class Kind(NamedTuple):
    """A kind of order: what is ordered, and how it is paid."""

    name: str
    skus: tuple[str, ...]
    method: str = "card"


KINDS = (
    Kind("one line, all well", ("SKU-01",)),
    Kind("three lines, all well", ("SKU-01", "SKU-02", "SKU-03")),
    Kind("one line, card declined", ("SKU-01",), "card-declined"),
    Kind("three lines, one out of stock", ("SKU-01", "SKU-02", "NO-SUCH")),
    Kind("one line, capture refused", ("SKU-01",), "card-capture-refused"),
)


def measure(load: Load) -> Iterator[dict[str, Any]]:
    """Place one order of each kind in each style, and tell what became of it."""
    asked = [(style, kind) for style in STYLES for kind in KINDS]
    placed = commands.orders((_request(*each) for each in asked), load.system.partitions)
    commands.write(load.bootstrap, placed.values())
    stories = _ended(load, set(placed))
    read = readers()
    for (style, kind), order_id in zip(asked, placed, strict=True):
        story = stories[order_id]
        decisive = story.decisive()
        yield {
            "participant": style,
            "kind": kind.name,
            "ended": decisive[-1]["type"],
            "records": len(story),
            "commands": story.orders,
            "deliveries": story.deliveries(read),
            "hops_decisive": len(decisive) - 1,
            "hops": len(story.longest()) - 1,
            "path": path(decisive),
        }


def _request(style: Style, kind: Kind) -> OrderRequest:
    return OrderRequest(
        user_id="compare",
        customer=CustomerRequest(name="Ada", email="ada@example.com"),
        lines=tuple(LineRequest(sku=sku, quantity=1, unit_price=900) for sku in kind.skus),
        currency="EUR",
        payment_method=kind.method,
        saga=style,
    )


def _ended(load: Load, order_ids: set[str]) -> dict[str, Story]:
    for _ in range(_LOOKS):
        load.system.settle()
        stories = _stories(load.bootstrap, order_ids)
        if all(each.over for each in stories.values()):
            return stories
    raise ParticipantFailed("an order of the journeys does not come to its end")


def _stories(bootstrap: str, order_ids: set[str]) -> dict[str, Story]:
    found: dict[str, list[Event]] = {order_id: [] for order_id in order_ids}
    for topic in topics.ALL:
        for event, _ in timestamps(bootstrap, topic.name):
            if event["correlationid"] in found:
                found[event["correlationid"]].append({**event, "topic": topic.name})
    return {order_id: Story(events) for order_id, events in found.items()}
