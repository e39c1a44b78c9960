"""Requests: what people and programs may ask of orders, sagas and stock, as commands.

Stricter than the commands, which also read what older code wrote: users and SKUs have to fit into
a path, and text that is shown or mailed holds no control characters. What a single field must be
is said by its type, what fields must be together by `flaw_of`.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, NamedTuple

import msgspec

from models.money import MAX_AMOUNT, Amount, Currency
from models.order_messages import (
    MOST_LINES,
    CancelOrder,
    ConfirmDelivery,
    CreateOrder,
    Customer,
    OrderLine,
    Quantity,
    ShipOrder,
    Style,
)
from models.saga_messages import CompensateSaga, RetrySagaStep, SkipSagaStep, StepName
from models.stock_messages import AdjustStock, Change, ReceiveStock

# `$` alone would let a trailing newline through, hence the look ahead. ECMA 262 reads them, too.
_PATH_SEGMENT: Final = r"^(?!\S*\s)[^\s/:?#%\x00-\x1f\x7f-\x9f]+$"
_PRINTABLE: Final = r"^(?![\s\S]*[\x00-\x1f\x7f-\x9f])"
_ADDRESS: Final = r"^(?!\S*\s)[^\s@\x00-\x1f\x7f-\x9f]+@[^\s@\x00-\x1f\x7f-\x9f]+$"

UserId = Annotated[
    str, msgspec.Meta(pattern=_PATH_SEGMENT, min_length=1, max_length=100, examples=["ada"])
]
Sku = Annotated[
    str, msgspec.Meta(pattern=_PATH_SEGMENT, min_length=1, max_length=100, examples=["TEA-1"])
]
Line = Annotated[str, msgspec.Meta(pattern=_PRINTABLE, min_length=1, max_length=255)]
Lines = Annotated[str, msgspec.Meta(pattern=_PRINTABLE, min_length=1, max_length=1000)]
Address = Annotated[
    str, msgspec.Meta(pattern=_ADDRESS, min_length=3, max_length=254, examples=["ada@example.com"])
]
Operator = Annotated[Line, msgspec.Meta(examples=["grace"])]
NonZero = Annotated[Change, msgspec.Meta(extra_json_schema={"not": {"const": 0}, "examples": [-3]})]


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a request; subclasses are one each."""


class CustomerRequest(Request, frozen=True, kw_only=True):
    """Who orders, and where to tell them."""

    name: Line
    email: Address


class LineRequest(Request, frozen=True, kw_only=True):
    """So many of one SKU, at one price each in minor units (cents, won, fils)."""

    sku: Sku
    name: Line | None = None
    quantity: Quantity
    unit_price: Amount
    currency: Currency | None = None


class OrderRequest(Request, frozen=True, kw_only=True):
    """An order. A line that names a currency names the order's.

    `saga` is the style of its checkout; without it, that of the settings.
    """

    user_id: UserId
    customer: CustomerRequest | None = None
    lines: Annotated[tuple[LineRequest, ...], msgspec.Meta(min_length=1, max_length=MOST_LINES)]
    currency: Currency
    payment_method: Line = "card"
    saga: Style | None = None


class CancelRequest(Request, frozen=True, kw_only=True):
    """Why an order is no longer wanted."""

    reason: Lines = "cancelled by the customer"


class ShipRequest(Request, frozen=True, kw_only=True):
    """How to follow the parcel."""

    tracking: Annotated[Line, msgspec.Meta(examples=["JD0002"])]


class DeliverRequest(Request, frozen=True, kw_only=True):
    """The customer has it; there is nothing to add."""


class RetryRequest(Request, frozen=True, kw_only=True):
    """Who wants a step of a saga to be tried again, and why."""

    step: StepName
    by: Operator
    reason: Lines


class SkipRequest(Request, frozen=True, kw_only=True):
    """Who takes a step of a saga as done, and why: it was settled by other means."""

    step: StepName
    by: Operator
    reason: Lines


class CompensateRequest(Request, frozen=True, kw_only=True):
    """Who wants all of a saga to be undone, and why."""

    by: Operator
    reason: Lines


class ReceiveRequest(Request, frozen=True, kw_only=True):
    """So many came in."""

    quantity: Quantity


class AdjustRequest(Request, frozen=True, kw_only=True):
    """Somebody counted: so many more or fewer, and why."""

    change: NonZero
    reason: Annotated[Lines, msgspec.Meta(examples=["broken"])]


class Flaw(NamedTuple):
    """What is wrong with a request whose fields are fine one by one."""

    field: str
    value: Any
    reason: str
    cure: str


def flaw_of(request: Request) -> Flaw | None:
    """What the fields of a request must not be together; None if all is well."""
    match request:
        case OrderRequest():
            return _mixed_currency(request) or _too_much(request)
        case AdjustRequest(change=0):
            return Flaw("change", 0, "it changes nothing", "give how many more or fewer there are")
        case _:
            return None


def total_of(order: OrderRequest) -> int:
    """What the order costs, in minor units of its currency."""
    return sum(line.quantity * line.unit_price for line in order.lines)


def _mixed_currency(order: OrderRequest) -> Flaw | None:
    for number, line in enumerate(order.lines):
        if line.currency not in {None, order.currency}:
            return Flaw(
                f"lines[{number}].currency",
                line.currency,
                f"the order is in {order.currency}, and an order has one currency",
                f"price it in {order.currency}, or place an order of its own for it",
            )
    return None


def _too_much(order: OrderRequest) -> Flaw | None:
    total = total_of(order)
    if total <= MAX_AMOUNT:
        return None
    return Flaw(
        "lines",
        total,
        "the total is above 2**53 minor units, which not every reader keeps exact",
        "split the order",
    )


def create_order(order_id: str, order: OrderRequest, style: Style = "orchestration") -> CreateOrder:
    """The command that a request for an order becomes; `style` is for one that names none."""
    customer = order.customer
    return CreateOrder(
        order_id=order_id,
        user_id=order.user_id,
        customer=None if customer is None else Customer(name=customer.name, email=customer.email),
        lines=tuple(
            OrderLine(
                sku=line.sku, name=line.name, quantity=line.quantity, unit_price=line.unit_price
            )
            for line in order.lines
        ),
        currency=order.currency,
        method=order.payment_method,
        saga=order.saga or style,
    )


def order_command(
    order_id: str, request: CancelRequest | ShipRequest | DeliverRequest
) -> CancelOrder | ShipOrder | ConfirmDelivery:
    """The command that a request about an order becomes."""
    match request:
        case CancelRequest():
            return CancelOrder(order_id=order_id, reason=request.reason)
        case ShipRequest():
            return ShipOrder(order_id=order_id, tracking=request.tracking)
        case _:
            return ConfirmDelivery(order_id=order_id)


def saga_command(
    order_id: str, request: RetryRequest | SkipRequest | CompensateRequest
) -> RetrySagaStep | SkipSagaStep | CompensateSaga:
    """The command that an operator's request about a saga becomes."""
    by, reason = request.by, request.reason
    match request:
        case RetryRequest(step=step):
            return RetrySagaStep(order_id=order_id, step=step, by=by, reason=reason)
        case SkipRequest(step=step):
            return SkipSagaStep(order_id=order_id, step=step, by=by, reason=reason)
        case _:
            return CompensateSaga(order_id=order_id, by=by, reason=reason)


def stock_command(sku: str, request: ReceiveRequest | AdjustRequest) -> ReceiveStock | AdjustStock:
    """The command that a request about the stock of a SKU becomes."""
    match request:
        case ReceiveRequest():
            return ReceiveStock(sku=sku, quantity=request.quantity)
        case _:
            return AdjustStock(sku=sku, change=request.change, reason=request.reason)
