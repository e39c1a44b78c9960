"""What is asked of an order, and what happened to it: commands and events.

`models/orders.py` decides between them. Money paid and stock reserved are aggregates of their own,
and come here as evidence in a command.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec

from models.messages import Instant, Name, Payload, Text
from models.money import Amount, Currency

Quantity = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Count = Annotated[int, msgspec.Meta(ge=0)]
MOST_LINES: Final = 100

# Who drives an order through its checkout: one saga, or every context by rules of its own.
Style = Literal["orchestration", "choreography"]

# Why an order came to nothing, where no gateway gives the reason.
OUT_OF_STOCK: Final = "out_of_stock"
TOO_LITTLE: Final = "too_little_money"  # the gateway gave less than was asked

Status = Literal[
    "PENDING",
    "CONFIRMED",
    "SHIPPED",
    "DELIVERED",
    "REJECTED",
    "EXPIRED",
    "CANCEL_PENDING",
    "CANCELLED",
]


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


# Commands.


class CreateOrder(Payload, frozen=True, kw_only=True):
    """Place an order.

    `method` is how the customer pays, in the gateway's words; `saga` the style of its checkout.
    """

    order_id: Name
    user_id: Name
    customer: Customer | None = None
    lines: Annotated[tuple[OrderLine, ...], msgspec.Meta(min_length=1, max_length=MOST_LINES)]
    currency: Currency
    method: Name
    saga: Style = "orchestration"


class ConfirmOrder(Payload, frozen=True, kw_only=True):
    """Take the order as good. Evidence: money authorized, in minor units, and lines reserved."""

    order_id: Name
    authorized: Amount
    reserved: Count


class RejectOrder(Payload, frozen=True, kw_only=True):
    """Turn down an order that is still pending."""

    order_id: Name
    reason: Text


class ExpireOrder(Payload, frozen=True, kw_only=True):
    """Give up a pending order at `at`, because its `deadline` has passed.

    `payment_outstanding`: a request to the gateway is unanswered, so that it may still be paid.
    """

    order_id: Name
    deadline: Instant
    at: Instant
    payment_outstanding: bool


class MarkOrderPaid(Payload, frozen=True, kw_only=True):
    """Note that the money was captured, in minor units."""

    order_id: Name
    captured: Amount


class CancelOrder(Payload, frozen=True, kw_only=True):
    """Ask for the end of an order that has not been shipped."""

    order_id: Name
    reason: Text


class CompleteCancellation(Payload, frozen=True, kw_only=True):
    """End a cancellation. Evidence: stock and money were given back."""

    order_id: Name
    stock_returned: bool
    money_returned: bool


class ShipOrder(Payload, frozen=True, kw_only=True):
    """Hand a paid order to a carrier."""

    order_id: Name
    tracking: Name


class ConfirmDelivery(Payload, frozen=True, kw_only=True):
    """Note that the customer has it."""

    order_id: Name


class OrderTimedOut(Payload, frozen=True, kw_only=True):
    """The clock: a pending order that nobody coordinates has had its time, at `at`.

    It is no command: what follows depends on what is known of its money.
    """

    order_id: Name
    deadline: Instant
    at: Instant


OrderCommand = (
    CreateOrder
    | ConfirmOrder
    | RejectOrder
    | ExpireOrder
    | MarkOrderPaid
    | CancelOrder
    | CompleteCancellation
    | ShipOrder
    | ConfirmDelivery
)


# Events.


class OrderCreated(Payload, frozen=True, kw_only=True):
    """An order was placed.

    Orders from the old envelope may lack a user, their lines, a method of payment, and a currency;
    a currency that was filled in by guess is marked as `upcast`.
    """

    order_id: Name
    user_id: Name | None
    customer: Customer | None = None
    lines: tuple[OrderLine, ...]
    total: Amount
    currency: Currency
    currency_source: Literal["given", "upcast"]
    method: Name | None = None
    saga: Style = "orchestration"


class OrderConfirmed(Payload, frozen=True, kw_only=True):
    """The pivot: from here on the order goes forward, or is cancelled and compensated."""

    order_id: Name


class OrderRejected(Payload, frozen=True, kw_only=True):
    """It came to nothing, and nothing is held for it."""

    order_id: Name
    reason: Text


class OrderExpired(Payload, frozen=True, kw_only=True):
    """Its time passed while it was pending."""

    order_id: Name


class OrderPaid(Payload, frozen=True, kw_only=True):
    """Its total was captured, in minor units."""

    order_id: Name
    captured: Amount


class OrderCancellationRequested(Payload, frozen=True, kw_only=True):
    """Its end was asked for; what was done for it is being undone."""

    order_id: Name
    reason: Text


class OrderCancelled(Payload, frozen=True, kw_only=True):
    """Undone: stock and money are back where they came from."""

    order_id: Name
    reason: Text


class OrderShipped(Payload, frozen=True, kw_only=True):
    """It was handed to a carrier."""

    order_id: Name
    tracking: Name


class OrderDelivered(Payload, frozen=True, kw_only=True):
    """The customer has it."""

    order_id: Name


class OrderCommandRefused(Payload, frozen=True, kw_only=True):
    """A command that the order's state forbids; `state` is its status, or NONE if there is none.

    It has a `sequence` if there is such an order.
    """

    order_id: Name
    command: Name
    state: Status | Literal["NONE"]
    reason: Text


OrderEvent = (
    OrderCreated
    | OrderConfirmed
    | OrderRejected
    | OrderExpired
    | OrderPaid
    | OrderCancellationRequested
    | OrderCancelled
    | OrderShipped
    | OrderDelivered
    | OrderCommandRefused
)
