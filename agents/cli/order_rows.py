"""Orders as rows: one with its lines and its timeline, or many, one a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from agents.cli import rendering
from agents.cli.client import Body

_SAID: Final = ("step", "line", "sku", "quantity", "kind", "code", "reason", "tracking", "outcome")
_MONEY: Final = ("total", "amount", "captured")


def order_rows(order: Body) -> str:
    """An order as of now, or what was said when it was accepted."""
    customer = order.get("customer")
    total, currency = order.get("total"), str(order.get("currency"))
    placed, paid = order.get("created_at"), order.get("payment_status")
    head = {
        "order": order["order_id"],
        "status": order["status"],
        "style": order.get("style"),
        "because": order.get("reason"),
        "customer": customer and f"{customer['name']} <{customer['email']}>",
        "placed": placed and rendering.moment(placed),
        "total": None if total is None else rendering.money(total, currency),
        "payment": paid and _payment(paid, order),
        "stock": order.get("stock_status"),
        "tracking": order.get("tracking"),
    }
    parts = [rendering.fields(head)]
    if order.get("lines"):
        parts.append(_lines(order["lines"], currency))
    return "\n\n".join(parts)


def timeline_rows(events: Iterable[Body], currency: str) -> str:
    """What happened, oldest first; amounts are in the order's currency."""
    return rendering.table(
        (
            rendering.moment(event["time"]),
            event["source"],
            event["type"],
            " ".join(_words(event["data"], currency)),
        )
        for event in events
    )


def orders_row(order: Body) -> tuple[str, ...]:
    """An order in a list."""
    return (
        order["order_id"],
        rendering.moment(order["created_at"]) if order["created_at"] else "",
        order["status"] or "",
        rendering.money(order["total"], order["currency"]) if order["currency"] else "",
        order["reason"] or "",
    )


def _payment(status: str, order: Body) -> str:
    sums = order.get("sums") or {}
    moved = (
        f"{name} {rendering.money(sums[name], sums['currency'])}"
        for name in ("captured", "refunded", "voided")
        if sums.get(name) and sums.get("currency")
    )
    return ", ".join([status, *moved])


def _lines(lines: Iterable[Body], currency: str) -> str:
    rows = [
        (
            line["quantity"],
            line["sku"],
            line["name"] or "",
            rendering.money(line["unit_price"], currency),
            rendering.money(line["amount"], currency),
        )
        for line in lines
    ]
    heading = ("quantity", "sku", "name", "each", "amount")
    return rendering.table([heading, *rows], right=[0, 3, 4])


def _words(data: dict[str, Any], currency: str) -> Iterator[str]:
    """What an event says, in short."""
    for name in _MONEY:
        if data.get(name) is not None:
            yield rendering.money(data[name], currency)
    for name in _SAID:
        if data.get(name) is not None:
            yield f"{name} {data[name]}" if name in {"line", "quantity"} else str(data[name])
