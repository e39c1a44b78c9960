"""Queries: what is known of orders, payments, sagas and stock, each with how fresh it is.

Looks into the read models and decides nothing. What is not known is 404 with the cure; what this
worker cannot answer is refused by `site`.
"""

from __future__ import annotations

from typing import Annotated, Final, TypeVar

import msgspec

from agents.web.answers import (
    Coverage,
    EventsAnswer,
    Freshness,
    OrderAnswer,
    OrdersAnswer,
    PaymentAnswer,
    SagaAnswer,
    StockAnswer,
    TotalsAnswer,
    extended,
)
from agents.web.calls import Call, Reply
from agents.web.problems import BAD_PARAMETER, NOT_FOUND, Refused
from agents.web.site import ReadModels, Site
from models.order_messages import Status
from streams.reading import freshness
from tables import order_views, stock_views

V = TypeVar("V")

MOST_EVENTS: Final = 1_000
_ON_ITS_WAY: Final = "if it was accepted a moment ago, ask again; else look at the id"


class NoQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No parameters."""


# As the read model writes them: URL-safe base64 of at most a user id twice, and a little more.
Cursor = Annotated[
    str, msgspec.Meta(pattern=r"^(?!\S*\s)[A-Za-z0-9_-]+$", min_length=1, max_length=1200)
]


class OrdersQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which of a user's orders: in one status, after a cursor or on a page, so many at once."""

    status: Status | msgspec.UnsetType = msgspec.UNSET
    cursor: Cursor | msgspec.UnsetType = msgspec.UNSET
    page: Annotated[int, msgspec.Meta(ge=1, le=2**31)] | msgspec.UnsetType = msgspec.UNSET
    limit: Annotated[int, msgspec.Meta(ge=1, le=order_views.MOST_A_PAGE)] = order_views.PAGE


class EventsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which events: those after a position, so many at once."""

    after: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_EVENTS)] = 100


class ReservationsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which open reservations: those after one of them, so many at once."""

    after: Annotated[str, msgspec.Meta(min_length=1, max_length=255)] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    limit: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 100


def order_answer(site: Site, order_id: str) -> OrderAnswer | None:
    """An order with its freshness; None before anything is known of its placing."""
    reader = site.read.of_order(order_id)
    view = order_views.order(reader, order_id)
    if view is None or view.status is None:
        return None
    return extended(OrderAnswer, view, freshness=Freshness.of(reader.freshness()))


def saga_answer(site: Site, order_id: str) -> SagaAnswer | None:
    """The saga of an order with its freshness."""
    reader = site.read.of_order(order_id)
    view = order_views.saga(reader, order_id)
    if view is None:
        return None
    return extended(SagaAnswer, view, freshness=Freshness.of(reader.freshness()))


def stock_answer(site: Site, sku: str, query: ReservationsQuery) -> StockAnswer | None:
    """The stock of a SKU with some of its reservations."""
    reader = site.read.of_sku(sku)
    view = stock_views.stock(reader, sku)
    if view is None:
        return None
    after = None if query.after is msgspec.UNSET else query.after
    open_ones = stock_views.reservations(reader, sku, after=after, limit=query.limit)
    return extended(
        StockAnswer,
        view,
        reservations=open_ones.found,
        more=open_ones.more,
        freshness=Freshness.of(reader.freshness()),
    )


def known(found: V | None, what: str, field: str, value: str, cure: str = _ON_ITS_WAY) -> V:
    """What was found.

    Raises:
        Refused: nothing was.
    """
    if found is None:
        raise Refused(NOT_FOUND, f"{what} {value[:100]!r}", field=field, value=value, cure=cure)
    return found


def known_order(site: Site, order_id: str) -> OrderAnswer:
    """An order with its freshness; raises Refused if there is none."""
    return known(order_answer(site, order_id), "there is no order", "order_id", order_id)


async def get_order(site: Site, call: Call[NoQuery, None]) -> Reply:
    """An order: what it is, how far it is, and in short what its payment and saga say."""
    return Reply(body=known_order(site, call.path["order_id"]))


async def get_events(site: Site, call: Call[EventsQuery, None]) -> Reply:
    """What happened to an order, its payment, its saga and its notices, as it was projected."""
    order_id, query = call.path["order_id"], call.query
    reader = site.read.of_order(order_id)
    history = order_views.history(reader, order_id, after=query.after, limit=query.limit)
    if not history.entries and not query.after:
        known(None, "nothing happened to an order", "order_id", order_id)
    answer = EventsAnswer(
        order_id=order_id,
        events=history.entries,
        next=history.entries[-1].position if history.more else None,
        freshness=Freshness.of(reader.freshness()),
    )
    return Reply(body=answer)


async def get_payment(site: Site, call: Call[NoQuery, None]) -> Reply:
    """The payment of an order, as a ledger."""
    order_id = call.path["order_id"]
    reader = site.read.of_order(order_id)
    view = order_views.payment(reader, order_id)
    view = known(view, "there is no payment of an order", "order_id", order_id)
    fresh = Freshness.of(reader.freshness())
    return Reply(body=extended(PaymentAnswer, view, freshness=fresh))


async def get_saga(site: Site, call: Call[NoQuery, None]) -> Reply:
    """How far each step of an order's checkout is."""
    order_id = call.path["order_id"]
    found = saga_answer(site, order_id)
    return Reply(body=known(found, "there is no saga of an order", "order_id", order_id))


async def get_orders(site: Site, call: Call[OrdersQuery, None]) -> Reply:
    """A user's orders, newest first; none is no mistake."""
    user_id, query = call.path["user_id"], call.query
    reader = site.read.of_user(user_id)
    given = msgspec.structs.asdict(query)
    chosen = {name: value for name, value in given.items() if value is not msgspec.UNSET}
    try:
        page = order_views.orders_of(reader, user_id, **chosen)
    except ValueError as error:
        field = "cursor" if "cursor" in chosen else "page"
        cure = "leave it out for the first page, and go on with the `next` of each answer"
        raise Refused(
            BAD_PARAMETER, str(error), field=field, value=chosen.get(field), cure=cure
        ) from None
    answer = OrdersAnswer(
        user_id=user_id,
        orders=page.orders,
        next=page.cursor,
        freshness=Freshness.of(reader.freshness()),
    )
    return Reply(body=answer)


async def get_stock(site: Site, call: Call[ReservationsQuery, None]) -> Reply:
    """The stock of a SKU: on hand, reserved, available, and who has reserved."""
    sku = call.path["sku"]
    cure = f"POST /stock/{sku[:100]}/receive makes it known"
    found = stock_answer(site, sku, call.query)
    return Reply(body=known(found, "nothing was ever received of", "sku", sku, cure))


def totals_answer(read: ReadModels) -> TotalsAnswer:
    """The totals of all partitions that this worker has."""
    orders, stock = read.all_orders(), read.all_stock()
    counted = order_views.totals(orders)
    return TotalsAnswer(
        orders=counted.orders,
        rejected=counted.rejected,
        placed=counted.placed,
        money=counted.money,
        styles=counted.styles,
        stock=stock_views.totals(stock),
        partitions=Coverage(counted=min(len(orders), len(stock)), all=read.partitions),
        freshness=Freshness.of(freshness([*orders, *stock])),
    )


async def get_totals(site: Site, _: Call[NoQuery, None]) -> Reply:
    """How many orders in which status, how much money, how many goods."""
    return Reply(body=totals_answer(site.read))
