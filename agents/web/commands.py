"""Commands: orders placed and changed, sagas that operators take a hand in, stock moved.

A request that can be a command becomes one here: with its id, its key and its topic.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from agents.web.answers import OrderAnswer
from agents.web.calls import Call, Reply
from agents.web.issuing import Command, View, WaitQuery, issue
from agents.web.problems import Refused
from agents.web.queries import (
    ReservationsQuery,
    known_order,
    order_answer,
    saga_answer,
    stock_answer,
)
from agents.web.site import SOURCE, Site
from models.messages import Payload, derive_id
from models.order_ids import order_id_at, order_id_of_key, user_of
from models.order_messages import OrderCommand
from models.requests import (
    AdjustRequest,
    CancelRequest,
    CompensateRequest,
    DeliverRequest,
    OrderRequest,
    ReceiveRequest,
    RetryRequest,
    ShipRequest,
    SkipRequest,
    create_order,
    order_command,
    saga_command,
    stock_command,
)
from models.saga_messages import SagaCommand
from streams import topics
from tables import order_views, stock_views

PATIENCE: Final = 2.0  # seconds for an order to appear that may be on its way
FINAL: Final = frozenset({"CONFIRMED", "REJECTED", "EXPIRED", "CANCELLED", "SHIPPED", "DELIVERED"})


async def place_order(site: Site, call: Call[WaitQuery, OrderRequest]) -> Reply:
    """Place an order; with `wait`, answer once it is final."""
    user_id = call.body.user_id
    if call.key is None:
        order_id = order_id_at(user_id, time.time_ns() // 1_000_000, secrets.randbits(80))
    else:
        order_id = order_id_of_key(user_id, call.key)
    command = _about_order(
        site,
        create_order(order_id, call.body, site.style),
        order_id=order_id,
        user_id=user_id,
        command_id=derive_id(order_id, f"{SOURCE}:CreateOrder"),
    )
    return await issue(site, command, call.key, call.query)


async def change_order(
    site: Site, call: Call[WaitQuery, CancelRequest | ShipRequest | DeliverRequest]
) -> Reply:
    """Ask for the next step of an order that is known."""
    data = order_command(call.path["order_id"], call.body)
    command = await _about_known_order(site, data, call.key)
    return await issue(site, command, call.key, call.query)


async def change_saga(
    site: Site, call: Call[WaitQuery, RetryRequest | SkipRequest | CompensateRequest]
) -> Reply:
    """Let an operator take a hand in the checkout of an order that is known."""
    order_id = call.path["order_id"]
    data = saga_command(order_id, call.body)
    command = replace(
        await _about_known_order(site, data, call.key),
        topic=topics.saga_commands,
        location=f"/sagas/{quote(order_id, safe=':')}",
        view=lambda: saga_answer(site, order_id),
    )
    return await issue(site, command, call.key, call.query)


async def change_stock(site: Site, call: Call[WaitQuery, ReceiveRequest | AdjustRequest]) -> Reply:
    """Receive goods of a SKU, or correct how many there are."""
    sku = call.path["sku"]
    data = stock_command(sku, call.body)
    command_id = _command_id(sku, data, call.key)
    command = Command(
        data=data,
        id=command_id,
        topic=topics.stock_commands,
        about="sku",
        subject=sku,
        journey=command_id,
        key=sku,
        location=f"/stock/{quote(sku)}",
        caused=lambda: stock_views.caused_by(site.read.of_sku(sku), sku, command_id),
        view=lambda: stock_answer(site, sku, ReservationsQuery()),
    )
    return await issue(site, command, call.key, call.query)


async def _about_known_order(
    site: Site, data: OrderCommand | SagaCommand, key: str | None
) -> Command:
    order_id = data.order_id
    view = await _appeared(site, order_id)
    return _about_order(
        site,
        data,
        order_id=order_id,
        user_id=user_of(order_id) or view.user_id or order_id,
        command_id=_command_id(order_id, data, key),
    )


def _about_order(
    site: Site, data: Payload, *, order_id: str, user_id: str, command_id: str
) -> Command:
    def caused() -> list[Any]:
        return order_views.caused_by(site.read.of_order(order_id), order_id, command_id)

    return Command(
        data=data,
        id=command_id,
        topic=topics.order_commands,
        about="order_id",
        subject=order_id,
        journey=order_id,
        key=user_id,
        location=f"/orders/{quote(order_id, safe=':')}",
        caused=caused,
        view=lambda: order_answer(site, order_id),
        enough=_final if type(data).__name__ == "CreateOrder" else _any,
    )


def _final(view: View) -> bool:
    return isinstance(view, OrderAnswer) and view.status in FINAL


def _any(_: View) -> bool:
    return True


async def _appeared(site: Site, order_id: str) -> OrderAnswer:
    """An order; one that was accepted a moment ago may need one to appear."""

    def look() -> OrderAnswer | None:
        try:
            return order_answer(site, order_id)
        except Refused:  # the partition is on its way from one worker to another
            return None

    return await site.changed.until(order_id, look, PATIENCE) or known_order(site, order_id)


def _command_id(subject: str, data: Payload, key: str | None) -> str:
    if key is None:
        return secrets.token_hex(16)
    return derive_id(subject, f"{SOURCE}:{type(data).__name__}:{key}")
