"""A shop that speaks the HTTP API out of memory: every order is decided at once.

It can be told to lie in all the ways in which a real system might: to lose orders, to count
wrongly, to forget an idempotency key, never to end, or to be away.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any, Final

import msgspec
from aiohttp import web

TIME: Final = "2026-11-23T12:00:00.123Z"
Body = dict[str, Any]


class FakeShop:
    """Orders and stock. The attributes at the top are its faults."""

    def __init__(self) -> None:
        self.away = 0  # requests that are answered 503 from now on
        self.forgets_keys = False
        self.loses_orders = False
        self.never_ends = False
        self.wrong_total = 0  # added to each order's total
        self.miscounts = 0  # added to the number of orders placed, in the totals
        self.hangs = False
        self.keeps_money = False  # of cancelled orders
        self.accepts_declined = False
        self.refuses_shipping = False
        self.style = ""  # of every order, whatever it names
        self.partitions = {"counted": 4, "all": 4}

        self.orders: dict[str, Body] = {}
        self.sagas: list[Body] = []
        self.drawn = "sequenceDiagram\n"
        self.stock: Counter[str] = Counter()
        self.money: dict[str, dict[str, Counter[str]]] = {}  # by style and currency
        self.requests: list[tuple[str, str, str | None, Body]] = []
        self.most_at_once = 0
        self._at_once = 0
        self._received: set[str] = set()

    def application(self) -> web.Application:
        """Return the routes."""
        made = web.Application(middlewares=[self._recorded])
        made.add_routes(
            [
                web.post("/orders", self.place),
                web.get("/orders/{id}", self.order),
                web.get("/orders/{id}/events", self.events),
                web.post("/orders/{id}/{what}", self.change),
                web.post("/sagas/{id}/{what}", self.intervene),
                web.get("/orders/{id}/diagram", self.diagram),
                web.get("/sagas", self.get_sagas),
                web.get("/sagas/{id}", self.get_saga),
                web.get("/users/{user}/orders", self.orders_of),
                web.get("/stock/{sku}", self.get_stock),
                web.post("/stock/{sku}/{what}", self.change_stock),
                web.get("/totals", self.totals),
            ]
        )
        return made

    @web.middleware
    async def _recorded(self, request: web.Request, handler: Any) -> web.StreamResponse:
        raw = await request.read()
        body = msgspec.json.decode(raw) if raw else {}
        key = request.headers.get("Idempotency-Key")
        self.requests.append((request.method, request.path_qs, key, body))
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            await asyncio.sleep(3600 if self.hangs else 0.001)
            if self.away:
                self.away -= 1
                return problem(503, "Kafka does not answer", cure="try again")
            response: web.StreamResponse = await handler(request)
            return response
        finally:
            self._at_once -= 1

    async def place(self, request: web.Request) -> web.Response:
        body = await request.json()
        for number, line in enumerate(body["lines"]):
            if line["quantity"] < 1:
                return problem(
                    422,
                    f"lines[{number}].quantity: found {line['quantity']}",
                    field=f"lines[{number}].quantity",
                    value=str(line["quantity"]),
                    cure="give a number from 1 to 1000000",
                )
        key = request.headers["Idempotency-Key"]
        if self.forgets_keys:
            key += str(len(self.orders))
        order_id = f"{body['user_id']}:{hashlib.sha256(key.encode()).hexdigest()[:26].upper()}"
        if order_id not in self.orders:
            self._decide(order_id, body)
        if "wait" in request.query:
            return answer(self._seen(order_id))
        return answer({"order_id": order_id, "status": "ACCEPTED", "command_id": "c"}, 202)

    def _decide(self, order_id: str, body: Body) -> None:
        lines = [line | {"amount": line["quantity"] * line["unit_price"]} for line in body["lines"]]
        lines = [{"name": None} | line for line in lines]
        total = sum(line["amount"] for line in lines)
        order = {
            "order_id": order_id,
            "user_id": body["user_id"],
            "style": self.style or body.get("saga", "orchestration"),
            "customer": body.get("customer"),
            "lines": lines,
            "total": total,
            "currency": body["currency"],
            "status": "PENDING",
            "paid": False,
            "payment_status": "none",
            "stock_status": "none",
            "reason": None,
            "created_at": TIME,
        }
        self.orders[order_id] = order
        self._count(order, ordered=total)
        if not self.never_ends:
            self._check_out(order, body["payment_method"])

    def _check_out(self, order: Body, method: str) -> None:
        if method != "card" and not self.accepts_declined:
            reason = method.removeprefix("card-").replace("-", "_")
            order |= {"status": "REJECTED", "reason": reason, "payment_status": "failed"}
            return
        if any(self.stock[line["sku"]] < line["quantity"] for line in order["lines"]):
            self._count(order, authorized=order["total"], voided=order["total"])
            order |= {"status": "REJECTED", "reason": "out_of_stock", "payment_status": "voided"}
            return
        self._move(order, -1)
        self._count(order, authorized=order["total"], captured=order["total"])
        order |= {"status": "CONFIRMED", "paid": True, "payment_status": "captured"}
        order["stock_status"] = "deducted"

    def _move(self, order: Body, direction: int) -> None:
        for line in order["lines"]:
            self.stock[line["sku"]] += direction * line["quantity"]

    def _count(self, order: Body, **sums: int) -> None:
        of_style = self.money.setdefault(order["style"], {})
        of_style.setdefault(order["currency"], Counter()).update(sums)

    async def change(self, request: web.Request) -> web.Response:
        order = self.orders.get(request.match_info["id"])
        if order is None:
            return problem(404, "there is no order", field="order_id", cure="look at the id")
        match request.match_info["what"], order["status"]:
            case "cancel", "CONFIRMED":
                self._move(order, 1)
                if not self.keeps_money:
                    self._count(order, refunded=order["total"])
                order |= {"status": "CANCELLED", "reason": (await request.json())["reason"]}
                order |= {"payment_status": "refunded", "stock_status": "released"}
            case "ship", "CONFIRMED" if not self.refuses_shipping:
                order |= {"status": "SHIPPED", "tracking": (await request.json())["tracking"]}
            case "deliver", "SHIPPED":
                order |= {"status": "DELIVERED"}
            case what, status:
                return problem(409, f"cannot {what}: it is {status}", cure="look at its state")
        return answer(self._seen(order["order_id"]))

    async def intervene(self, request: web.Request) -> web.Response:
        body, order_id = await request.json(), request.match_info["id"]
        if body.get("step") == "notify":
            return problem(409, "nothing is waited for", cure="look at its state")
        saga = {"order_id": order_id, "style": "choreography", "state": "stuck", "stuck": "reserve"}
        if "wait" in request.query:
            return answer(saga)
        return answer({"order_id": order_id, "status": "ACCEPTED", "command_id": "c"}, 202)

    def _seen(self, order_id: str) -> Body:
        order = self.orders[order_id]
        return order | {"total": order["total"] + self.wrong_total, "freshness": {"behind": 0}}

    async def order(self, request: web.Request) -> web.Response:
        if self.loses_orders or request.match_info["id"] not in self.orders:
            return problem(404, "there is no order", field="order_id", value="x", cure="look again")
        return answer(self._seen(request.match_info["id"]))

    async def events(self, request: web.Request) -> web.Response:
        order = self.orders[request.match_info["id"]]
        data = {"order_id": order["order_id"], "total": order["total"], "currency": "USD"}
        event = {"type": "OrderCreated", "time": TIME, "source": "/orders", "data": data}
        refused = event | {"type": "PaymentFailed", "data": {"code": "card_declined"}}
        page = [event] if request.query["after"] == "0" else [refused]
        following = 7 if request.query["after"] == "0" else None
        return answer({"order_id": order["order_id"], "events": page, "next": following})

    async def orders_of(self, request: web.Request) -> web.Response:
        user, wanted = request.match_info["user"], request.query.get("status")
        found = [
            self._seen(order_id)
            for order_id, order in reversed(self.orders.items())
            if order["user_id"] == user and wanted in {None, order["status"]}
        ]
        first, limit = int(request.query.get("cursor", 0)), min(int(request.query["limit"]), 2)
        last = first + limit
        cursor = str(last) if last < len(found) else None
        return answer({"user_id": user, "orders": found[first:last], "next": cursor})

    async def diagram(self, request: web.Request) -> web.Response:
        if request.match_info["id"] not in self.orders:
            return problem(404, "nothing happened", field="order_id", cure="look at the id")
        return web.Response(text=self.drawn)

    async def get_sagas(self, request: web.Request) -> web.Response:
        wanted = request.query.get("state")
        found = [saga for saga in self.sagas if wanted in {None, saga["state"]}]
        first, limit = int(request.query.get("cursor", 0)), min(int(request.query["limit"]), 2)
        cursor = str(first + limit) if first + limit < len(found) else None
        page = found[first : first + limit]
        return answer({"sagas": page, "next": cursor, "partitions": self.partitions})

    async def get_saga(self, request: web.Request) -> web.Response:
        found = [each for each in self.sagas if each["order_id"] == request.match_info["id"]]
        return answer(found[0]) if found else problem(404, "there is no saga", cure="look again")

    async def get_stock(self, request: web.Request) -> web.Response:
        sku = request.match_info["sku"]
        if sku not in self.stock:
            return problem(404, "nothing was ever received", field="sku", value=sku, cure="receive")
        reservation = {"reservation_id": "a:1/1", "quantity": 2, "expires_at": TIME}
        counts = {"on_hand": self.stock[sku], "reserved": 2, "available": self.stock[sku] - 2}
        return answer({"sku": sku, **counts, "reservations": [reservation], "more": True})

    async def change_stock(self, request: web.Request) -> web.Response:
        sku, body = request.match_info["sku"], await request.json()
        if self.stock[sku] + body.get("change", 0) < 0:
            return problem(409, "there would be less than none", cure="count again")
        key = request.headers.get("Idempotency-Key", f"no key {len(self._received)}")
        if key not in self._received:
            self._received.add(key)
            self.stock[sku] += body.get("quantity", 0) + body.get("change", 0)
        return answer({"sku": sku, "on_hand": self.stock[sku], "reserved": 0, "available": 0})

    async def totals(self, _: web.Request) -> web.Response:
        everything = self._totals(*self.money)
        everything["placed"] += self.miscounts if self.orders else 0
        stock = {"skus": len(self.stock), "on_hand": self.stock.total(), "reserved": 0}
        return answer(
            {
                **everything,
                "styles": {style: self._totals(style) for style in self.money},
                "stock": stock,
                "partitions": self.partitions,
                "freshness": {"as_of": TIME, "behind": 0},
            }
        )

    def _totals(self, *styles: str) -> Body:
        found = [order for order in self.orders.values() if order["style"] in styles]
        money: dict[str, Counter[str]] = {}
        for style in styles:
            for currency, sums in self.money[style].items():
                money.setdefault(currency, Counter()).update(sums)
        return {
            "placed": len(found),
            "orders": Counter(order["status"] for order in found),
            "rejected": Counter(o["reason"] for o in found if o["status"] == "REJECTED"),
            "money": money,
        }


def answer(body: Body, status: int = 200) -> web.Response:
    """JSON."""
    return web.Response(
        body=msgspec.json.encode(body), status=status, content_type="application/json"
    )


def problem(status: int, detail: str, **more: str) -> web.Response:
    """A problem, as RFC 9457 has it."""
    body = {"type": "about:blank", "title": "no", "status": status, "detail": detail, **more}
    return web.Response(
        body=msgspec.json.encode(body), status=status, content_type="application/problem+json"
    )


@contextmanager
def serving(shop: FakeShop) -> Iterator[str]:
    """The shop's address, in a thread with an event loop of its own."""
    opened: Queue[tuple[str, Callable[[], object]]] = Queue()

    async def serve() -> None:
        loop, closing = asyncio.get_running_loop(), asyncio.Event()
        runner = web.AppRunner(shop.application(), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        opened.put((f"http://{host}:{port}", lambda: loop.call_soon_threadsafe(closing.set)))
        await closing.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    url, close = opened.get()
    try:
        yield url
    finally:
        close()
        thread.join()
