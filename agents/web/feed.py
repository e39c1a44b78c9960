"""The feed: what moves, for everybody who watches.

Remembers which orders and SKUs changed last, since this worker began, and sends what is new in
batches: several changes of one order within a batch are one. Who does not keep up is cut off and
may come again; nothing grows with how slow or how many they are.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

import msgspec
from aiohttp import web

from agents.web.answers import TotalsAnswer
from agents.web.rows import News, money_of, row_of
from models.order_projection import OrderView
from models.stock_projection import StockView

V = TypeVar("V")

SHOWN: Final = 30  # orders, and as many SKUs
BATCH_SECONDS: Final = 0.25
MOST_WATCHERS: Final = 100
MOST_BEHIND: Final = 16  # batches, of 10 kB or so, that a watcher may leave unread


class Watcher:
    """Somebody who watches, and what is still to be sent to them."""

    def __init__(self, request: web.BaseRequest) -> None:
        self.batches: asyncio.Queue[bytes | None] = asyncio.Queue(MOST_BEHIND)
        self._request = request

    def cut_off(self) -> None:
        """Drop the connection with all that it has not read."""
        if self._request.transport is not None:
            self._request.transport.abort()


class Feed:
    """Batches of news for the watchers of one worker."""

    def __init__(self, totals: Callable[[], TotalsAnswer]) -> None:
        self._totals = totals
        self._orders: OrderedDict[str, OrderView] = OrderedDict()
        self._stock: OrderedDict[str, StockView] = OrderedDict()
        self._new_orders: set[str] = set()
        self._new_stock: set[str] = set()
        self._told: TotalsAnswer | None = None
        self._watchers: set[Watcher] = set()
        self._telling: asyncio.Task[None] | None = None

    def note_order(self, view: OrderView) -> None:
        """An order has changed."""
        _note(self._orders, self._new_orders, view.order_id, view)

    def note_stock(self, view: StockView) -> None:
        """The stock of a SKU has changed."""
        _note(self._stock, self._new_stock, view.sku, view)

    @property
    def full(self) -> bool:
        """Whether as many watch as may."""
        return len(self._watchers) >= MOST_WATCHERS

    def join(self, watcher: Watcher) -> None:
        """Tell somebody all there is, and from then on what is new."""
        totals = self._totals()
        watcher.batches.put_nowait(
            _event("snapshot", self._orders.values(), self._stock.values(), totals)
        )
        self._watchers.add(watcher)
        if self._telling is None or self._telling.done():
            self._telling = asyncio.get_running_loop().create_task(self._tell())

    def leave(self, watcher: Watcher) -> None:
        """Tell somebody nothing more."""
        self._watchers.discard(watcher)

    def close(self) -> None:
        """The worker ends, and everybody goes home."""
        for watcher in self._watchers:
            with contextlib.suppress(asyncio.QueueFull):
                watcher.batches.put_nowait(None)
        self._watchers.clear()

    async def _tell(self) -> None:
        """Send batches for as long as anybody watches."""
        while self._watchers:
            await asyncio.sleep(BATCH_SECONDS)
            totals = self._totals()
            if self._new_orders or self._new_stock or totals != self._told:
                self._send(self._batch(totals))

    def _batch(self, totals: TotalsAnswer) -> bytes:
        orders = [view for name, view in self._orders.items() if name in self._new_orders]
        stock = [view for name, view in self._stock.items() if name in self._new_stock]
        self._new_orders.clear()
        self._new_stock.clear()
        self._told = totals
        return _event("news", orders, stock, totals)

    def _send(self, batch: bytes) -> None:
        for watcher in list(self._watchers):
            try:
                watcher.batches.put_nowait(batch)
            except asyncio.QueueFull:
                self._watchers.discard(watcher)
                watcher.cut_off()


def _note(known: OrderedDict[str, V], new: set[str], name: str, view: V) -> None:
    known[name] = view
    known.move_to_end(name)
    new.add(name)
    if len(known) > SHOWN:
        new.discard(known.popitem(last=False)[0])


def _event(
    name: str, orders: Iterable[OrderView], stock: Iterable[StockView], totals: TotalsAnswer
) -> bytes:
    """One server-sent event; JSON has no line ends in it."""
    news = News(
        orders=[row_of(view) for view in orders],
        stock=list(stock),
        totals=totals,
        money=money_of(totals),
    )
    return b"event: %b\ndata: %b\n\n" % (name.encode(), msgspec.json.encode(news))
