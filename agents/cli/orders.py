"""Orders on the command line: place, cancel, ship, deliver, show, and those of a user."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any, Final, get_args

import click
from faust.cli import argument, option

from agents.cli import arguments, rendering
from agents.cli.client import Body, ServerAway
from agents.cli.command import FAILED, KEY, WAIT, ApiCommand, Spec
from agents.cli.order_rows import order_rows, orders_row, timeline_rows
from models.order_messages import Style

_ORDER: Final = argument("order_id")
_EXAMPLE: Final = "ada:01KAM3Z9X4T2V7N8QWERTY5678"
_PAGE: Final = 100  # orders that the API gives at once
_EVENTS: Final = 1_000  # likewise events


async def place(command: ApiCommand, **given: Any) -> int:
    """Place an order.

    Waits for what becomes of it, and ends with 1 if it is rejected.
    """
    key = given["key"] or uuid.uuid4().hex
    try:
        answer = await command.api.post("orders", body=_order(given), key=key, wait=given["wait"])
    except ServerAway as away:
        raise ServerAway(
            f"{away}\nit may have been accepted all the same: repeat it with --key {key}, "
            "and it will count once"
        ) from away
    command.tell_answer(answer, order_rows)
    return FAILED if answer.body["status"] == "REJECTED" else 0


def _order(given: dict[str, Any]) -> Body:
    lines: tuple[arguments.Line, ...] = given["lines"]
    order: Body = {
        "user_id": given["user"],
        "currency": given["currency"],
        "payment_method": given["method"],
        "lines": [
            {
                "sku": line.sku,
                "quantity": line.quantity,
                "unit_price": line.unit_price(given["currency"]),
            }
            for line in lines
        ],
    }
    if given["saga"]:
        order["saga"] = given["saga"]
    if given["name"] is None and given["email"] is None:
        return order
    if given["name"] is None or given["email"] is None:
        raise click.UsageError("a customer has a name and an address: give --name and --email")
    return {**order, "customer": {"name": given["name"], "email": given["email"]}}


# `sending` is the options WAIT and KEY, as the API's client takes them.


async def cancel(command: ApiCommand, order_id: str, reason: str, **sending: Any) -> None:
    """Cancel an order that has not been shipped."""
    await _ask(command, order_id, "cancel", {"reason": reason}, **sending)


async def ship(command: ApiCommand, order_id: str, tracking: str, **sending: Any) -> None:
    """Hand a paid order to a carrier."""
    await _ask(command, order_id, "ship", {"tracking": tracking}, **sending)


async def deliver(command: ApiCommand, order_id: str, **sending: Any) -> None:
    """Note that the customer has it."""
    await _ask(command, order_id, "deliver", {}, **sending)


async def _ask(command: ApiCommand, order_id: str, what: str, body: Body, **sending: Any) -> None:
    answer = await command.api.post("orders", order_id, what, body=body, **sending)
    command.tell_answer(answer, order_rows)


async def show(command: ApiCommand, order_id: str) -> None:
    """Show an order with its timeline.

    The timeline has the events of the order, its payment, its saga and its notices.
    """
    order = await command.api.get("orders", order_id)
    events = [event async for event in _events(command, order_id)]

    def rows(_: Body) -> str:
        return f"{order_rows(order)}\n\n{timeline_rows(events, str(order['currency']))}"

    command.tell({**order, "events": events}, rows)


async def _events(command: ApiCommand, order_id: str) -> AsyncIterator[Body]:
    after = 0
    while after is not None:
        page = await command.api.get("orders", order_id, "events", after=after, limit=_EVENTS)
        for event in page["events"]:
            yield event
        after = page["next"]


async def orders(command: ApiCommand, user: str, status: str | None, limit: int) -> None:
    """List the orders of a user, newest first."""
    found = [order async for order in _orders(command, user, status, limit)]
    if not command.rows:
        for order in found:
            command.tell(order, order_rows)
    elif found:
        heading = ("order", "placed", "status", "total", "because")
        command.say(rendering.table([heading, *map(orders_row, found)], right=[3]))
    else:
        command.say(f"no orders of {rendering.plain(user)}")


async def _orders(
    command: ApiCommand, user: str, status: str | None, limit: int
) -> AsyncIterator[Body]:
    asked: dict[str, str | int] = {"status": status.upper()} if status else {}
    while limit:
        page = await command.api.get("users", user, "orders", **asked, limit=min(limit, _PAGE))
        for order in page["orders"]:
            yield order
        limit -= len(page["orders"])
        if page["next"] is None:
            return
        asked["cursor"] = page["next"]


COMMANDS: Final = (
    Spec(
        place,
        "place --user ada --currency USD --line TEA-GREEN:2:7.90 --line MUG-BLUE:1:12.90",
        option("--user", required=True, help="Who orders."),
        option("--currency", required=True, help="Of all lines; an ISO 4217 code such as USD."),
        option(
            "--line",
            "lines",
            type=arguments.line,
            metavar="SKU:QUANTITY:PRICE",
            required=True,
            multiple=True,
            help="What is ordered, and the price of one; give it once for each line.",
        ),
        option("--name", help="The customer's name, together with --email."),
        option("--email", help="Where to tell the customer what becomes of it."),
        option("--method", default="card", help="How it is paid, in the gateway's words."),
        option(
            "--saga",
            type=click.Choice(get_args(Style)),
            help="What drives its checkout; without it, what the server has set.",
        ),
        WAIT,
        KEY,
    ),
    Spec(
        cancel,
        f"cancel {_EXAMPLE} --reason 'changed my mind'",
        _ORDER,
        option("--reason", default="cancelled on the command line", help="Why."),
        WAIT,
        KEY,
    ),
    Spec(
        ship,
        f"ship {_EXAMPLE} --tracking JD0002",
        _ORDER,
        option("--tracking", required=True, help="How to follow the parcel."),
        WAIT,
        KEY,
    ),
    Spec(deliver, f"deliver {_EXAMPLE}", _ORDER, WAIT, KEY),
    Spec(show, f"show {_EXAMPLE}", _ORDER),
    Spec(
        orders,
        "orders ada --status CONFIRMED --limit 50",
        argument("user"),
        option("--status", help="Only those in this status, such as CONFIRMED."),
        option("--limit", type=click.IntRange(min=1), default=20, help="How many, at most."),
    ),
)
