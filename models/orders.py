"""Orders: what is said about one.

Only the opening event is here: the aggregate (decide and evolve) comes with the commands.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from models.messages import Name, Payload
from models.money import Amount, Currency

Quantity = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class Customer(Payload, frozen=True, kw_only=True):
    """Who ordered, as of that moment: a snapshot, so that no reader has to ask elsewhere."""

    name: Name
    email: Name


class OrderLine(Payload, frozen=True, kw_only=True):
    """So many of one SKU at one price each, in minor units of the order's currency."""

    sku: Name
    name: Name | None = None
    quantity: Quantity
    unit_price: Amount


class OrderCreated(Payload, frozen=True, kw_only=True):
    """An order was placed.

    Orders from the old envelope may lack a user, their lines, and a currency; a currency that was
    filled in by guess is marked as `upcast`.
    """

    order_id: Name
    user_id: Name | None
    customer: Customer | None = None
    lines: tuple[OrderLine, ...]
    total: Amount
    currency: Currency
    currency_source: Literal["given", "upcast"]
