"""Stock on the command line: receive goods, adjust a count, show a SKU."""

from __future__ import annotations

from typing import Any, Final

from faust.cli import argument, option

from agents.cli import rendering
from agents.cli.client import Body
from agents.cli.command import KEY, WAIT, ApiCommand, Spec

_SKU: Final = argument("sku")


# `sending` is the options WAIT and KEY, as the API's client takes them.


async def receive(command: ApiCommand, sku: str, quantity: int, **sending: Any) -> None:
    """Receive goods of a SKU."""
    await _ask(command, sku, "receive", {"quantity": quantity}, **sending)


async def adjust(command: ApiCommand, sku: str, change: int, reason: str, **sending: Any) -> None:
    """Correct a count.

    There are never less on hand than are reserved; what would lead there is refused.
    """
    await _ask(command, sku, "adjust", {"change": change, "reason": reason}, **sending)


async def _ask(command: ApiCommand, sku: str, what: str, body: Body, **sending: Any) -> None:
    answer = await command.api.post("stock", sku, what, body=body, **sending)
    command.tell_answer(answer, stock_rows)


async def stock(command: ApiCommand, sku: str) -> None:
    """Show the stock of a SKU.

    With the reservations that are open.
    """
    command.tell(await command.api.get("stock", sku), stock_rows)


def stock_rows(found: Body) -> str:
    """The stock of a SKU, or what was said when a change was accepted."""
    names = ("sku", "status", "on_hand", "reserved", "available")
    head = rendering.fields({name.replace("_", " "): found.get(name) for name in names})
    reservations = found.get("reservations")
    if not reservations:
        return head
    rows = [
        (each["reservation_id"], each["quantity"], rendering.moment(each["expires_at"]))
        for each in reservations
    ]
    others = ["there are more"] if found.get("more") else []
    listed = rendering.table([("reservation", "quantity", "expires"), *rows], right=[1])
    return "\n".join([head, "", listed, *others])


COMMANDS: Final = (
    Spec(
        receive,
        "receive TEA-GREEN 500",
        _SKU,
        argument("quantity", type=int),
        WAIT,
        KEY,
    ),
    Spec(
        adjust,
        "adjust TEA-GREEN --change -3 --reason broken",
        _SKU,
        option("--change", type=int, required=True, help="So many more, or fewer: -3."),
        option("--reason", required=True, help="Why."),
        WAIT,
        KEY,
    ),
    Spec(stock, "stock TEA-GREEN", _SKU),
)
