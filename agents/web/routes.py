"""Routes: the one table of what the API offers, from which views and document are made."""

from __future__ import annotations

from functools import partial
from typing import Final

from agents.web import problems
from agents.web.answers import (
    Accepted,
    EventsAnswer,
    OrderAnswer,
    OrdersAnswer,
    PaymentAnswer,
    SagaAnswer,
    SagasAnswer,
    StockAnswer,
    TotalsAnswer,
)
from agents.web.board import SagasQuery, get_sagas
from agents.web.commands import change_order, change_saga, change_stock, place_order
from agents.web.diagrams import get_diagram
from agents.web.issuing import WaitQuery
from agents.web.live import get_live, get_page, get_script, get_style
from agents.web.openapi import get_document
from agents.web.problems import Kind
from agents.web.queries import (
    EventsQuery,
    OrdersQuery,
    ReservationsQuery,
    get_events,
    get_order,
    get_orders,
    get_payment,
    get_saga,
    get_stock,
    get_totals,
)
from agents.web.routing import Route
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
)

_READ: Final = (problems.BAD_PARAMETER, problems.UNAVAILABLE)
_FOUND: Final = (*_READ, problems.NOT_FOUND)
_WRITTEN: Final[tuple[Kind, ...]] = (
    problems.MALFORMED,
    problems.BAD_PARAMETER,
    problems.FOREIGN_ORIGIN,
    problems.TOO_SLOW,
    problems.REFUSED,
    problems.TOO_LARGE,
    problems.MEDIA_TYPE,
    problems.INVALID,
    problems.KEY_REUSED,
    problems.UNAVAILABLE,
)
_CHANGED: Final = (*_WRITTEN, problems.NOT_FOUND)

# Commands about what is known already.
_change: Final = partial(Route, method="POST", query=WaitQuery, problems=_CHANGED)
_of_order: Final = partial(
    _change, tag="orders", handle=change_order, answers={200: OrderAnswer, 202: Accepted}
)
_of_saga: Final = partial(
    _change, tag="sagas", handle=change_saga, answers={200: SagaAnswer, 202: Accepted}
)
_of_stock: Final = partial(
    _change, tag="stock", handle=change_stock, answers={200: StockAnswer, 202: Accepted}
)

# Routes of one path stand together.
ROUTES: Final = (
    Route(
        method="POST",
        path="/orders",
        operation="placeOrder",
        summary="Place an order; with `wait`, answer 200 once it is final",
        tag="orders",
        handle=place_order,
        query=WaitQuery,
        body=OrderRequest,
        answers={200: OrderAnswer, 202: Accepted},
        problems=_WRITTEN,
    ),
    Route(
        method="GET",
        path="/orders/{order_id}",
        operation="getOrder",
        summary="An order: what it is and how far it is",
        tag="orders",
        handle=get_order,
        answers={200: OrderAnswer},
        problems=_FOUND,
    ),
    Route(
        method="GET",
        path="/orders/{order_id}/events",
        operation="getOrderEvents",
        summary="What happened to an order, its payment, its saga and its notices",
        tag="orders",
        handle=get_events,
        query=EventsQuery,
        answers={200: EventsAnswer},
        problems=_FOUND,
    ),
    Route(
        method="GET",
        path="/orders/{order_id}/diagram",
        operation="getOrderDiagram",
        summary="An order as it happened: a sequence diagram in Mermaid, of its first 1 000 events",
        tag="orders",
        handle=get_diagram,
        answers={200: "text/plain"},
        problems=_FOUND,
    ),
    Route(
        method="GET",
        path="/orders/{order_id}/payment",
        operation="getPayment",
        summary="The payment of an order, as a ledger",
        tag="orders",
        handle=get_payment,
        answers={200: PaymentAnswer},
        problems=_FOUND,
    ),
    _of_order(
        path="/orders/{order_id}/cancel",
        operation="cancelOrder",
        summary="Ask for the end of an order that has not been shipped",
        body=CancelRequest,
    ),
    _of_order(
        path="/orders/{order_id}/ship",
        operation="shipOrder",
        summary="Hand a paid order to a carrier",
        body=ShipRequest,
    ),
    _of_order(
        path="/orders/{order_id}/deliver",
        operation="deliverOrder",
        summary="Note that the customer has a shipped order",
        body=DeliverRequest,
    ),
    Route(
        method="GET",
        path="/users/{user_id}/orders",
        operation="listOrders",
        summary="Orders of a user, newest first",
        tag="orders",
        handle=get_orders,
        query=OrdersQuery,
        answers={200: OrdersAnswer},
        problems=_FOUND,
    ),
    Route(
        method="GET",
        path="/sagas",
        operation="listSagas",
        summary="Sagas: those under way, longest in their state first; or the newest completed",
        tag="sagas",
        handle=get_sagas,
        query=SagasQuery,
        answers={200: SagasAnswer},
        problems=_READ,
    ),
    Route(
        method="GET",
        path="/sagas/{order_id}",
        operation="getSaga",
        summary="A saga's timeline: each step asked and answered when, what it waits for till when",
        tag="sagas",
        handle=get_saga,
        answers={200: SagaAnswer},
        problems=_FOUND,
    ),
    _of_saga(
        path="/sagas/{order_id}/retry",
        operation="retrySagaStep",
        summary="Ask again for what a step waits for, or try again to undo it",
        body=RetryRequest,
    ),
    _of_saga(
        path="/sagas/{order_id}/skip",
        operation="skipSagaStep",
        summary="Take what a step waits for as done: it was settled by other means",
        body=SkipRequest,
    ),
    _of_saga(
        path="/sagas/{order_id}/compensate",
        operation="compensateSaga",
        summary="Undo what was done, and end the order",
        body=CompensateRequest,
    ),
    Route(
        method="GET",
        path="/stock/{sku}",
        operation="getStock",
        summary="The stock of a SKU, with its open reservations",
        tag="stock",
        handle=get_stock,
        query=ReservationsQuery,
        answers={200: StockAnswer},
        problems=_FOUND,
    ),
    _of_stock(
        path="/stock/{sku}/receive",
        operation="receiveStock",
        summary="Goods came in",
        body=ReceiveRequest,
    ),
    _of_stock(
        path="/stock/{sku}/adjust",
        operation="adjustStock",
        summary="Somebody counted: so many more or fewer",
        body=AdjustRequest,
    ),
    Route(
        method="GET",
        path="/totals",
        operation="getTotals",
        summary="How many orders in which status, how much money, how many goods",
        tag="totals",
        handle=get_totals,
        answers={200: TotalsAnswer},
        problems=_READ,
    ),
    Route(
        method="GET",
        path="/",
        operation="getPage",
        summary="A page that shows orders as they move",
        tag="page",
        handle=get_page,
        answers={200: "text/html"},
        problems=(problems.BAD_PARAMETER,),
    ),
    Route(
        method="GET",
        path="/page.css",
        operation="getStyle",
        summary="How the page looks",
        tag="page",
        handle=get_style,
        answers={200: "text/css"},
        problems=(problems.BAD_PARAMETER,),
    ),
    Route(
        method="GET",
        path="/page.js",
        operation="getScript",
        summary="What the page does",
        tag="page",
        handle=get_script,
        answers={200: "text/javascript"},
        problems=(problems.BAD_PARAMETER,),
    ),
    Route(
        method="GET",
        path="/live",
        operation="getNews",
        summary="Server-sent events: what there is, then what changes",
        tag="page",
        handle=get_live,
        answers={200: "text/event-stream"},
        problems=_READ,
    ),
    Route(
        method="GET",
        path="/openapi.json",
        operation="getDocument",
        summary="This document",
        tag="document",
        handle=get_document,
        answers={200: "application/json"},
        problems=(problems.BAD_PARAMETER,),
    ),
)
