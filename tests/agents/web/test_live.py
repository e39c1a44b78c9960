"""The live page and its stream: what moves is shown, in batches, to whoever keeps up."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import orjson
import pytest
from aiohttp import ClientResponse

from agents.web import feed as module
from agents.web import live
from agents.web.feed import Watcher
from agents.web.rows import grouped, stage_of
from agents.web.site import Site
from models.order_messages import ConfirmOrder, MarkOrderPaid
from models.order_projection import OrderView
from tests.agents.web.talking import Http, placed, problem, said
from tests.agents.web.world import Shop
from tests.faults.workers import eventually


async def heard(answer: ClientResponse) -> tuple[str, dict[str, Any]]:
    """The next event of a stream."""
    name = ""
    async with asyncio.timeout(10):
        async for line in answer.content:
            if line.startswith(b"event: "):
                name = line[7:].strip().decode()
            if line.startswith(b"data: "):
                return name, orjson.loads(line[6:])
    raise AssertionError("the stream has ended")


async def test_who_comes_is_told_what_there_is(http: Http) -> None:
    order_id = await placed(http)

    async with http.get("/live") as answer:
        name, news = await heard(answer)

    assert (answer.content_type, name) == ("text/event-stream", "snapshot")
    (order,) = news["orders"]
    assert (order["order_id"], order["stage"], order["total"]) == (order_id, "pending", "99.00 USD")
    assert news["totals"]["placed"] == 1
    assert news["money"][0]["ordered"] == "99.00"


async def test_then_what_changes_once_for_each_order_in_a_batch(http: Http, shop: Shop) -> None:
    async with http.get("/live") as answer:
        await heard(answer)
        order_id = await placed(http)
        shop.asked(ConfirmOrder(order_id=order_id, authorized=9900, reserved=1), "mina")
        shop.asked(MarkOrderPaid(order_id=order_id, captured=9900), "mina")
        await http.post("/stock/KB-1/receive", json={"quantity": 5})

        name, news = await heard(answer)
        while not news["stock"]:
            name, news = await heard(answer)

    assert name == "news"
    assert [stock["on_hand"] for stock in news["stock"]] == [5]


async def test_only_the_last_orders_are_told(http: Http, site: Site) -> None:
    for number in range(40):
        await placed(http, f"k-{number}")

    async with http.get("/live") as answer:
        _, news = await heard(answer)

    assert len(news["orders"]) == module.SHOWN
    assert site.feed.full is False


async def test_silence_is_broken_by_a_heartbeat(
    http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.01)

    async with http.get("/live") as answer:
        await heard(answer)
        async with asyncio.timeout(10):
            lines = [await answer.content.readline() for _ in range(4)]

    assert b": nothing new\n" in lines


async def test_one_too_many_is_asked_to_come_again(
    http: Http, monkeypatch: pytest.MonkeyPatch, site: Site
) -> None:
    monkeypatch.setattr(module, "MOST_WATCHERS", 1)

    async with http.get("/live") as answer:
        await heard(answer)
        refused = await http.get("/live")
        await problem(refused, 503)
    await eventually(lambda: not site.feed.full, "the first has left", patience=10)

    assert refused.headers["Retry-After"] == "10"


async def test_who_does_not_keep_up_is_cut_off(http: Http, site: Site) -> None:
    slow = SlowWatcher()
    site.feed.join(slow)

    for number in range(module.MOST_BEHIND):
        site.feed._send(b"batch %d" % number)

    assert slow.gone
    assert slow.batches.full()
    assert not site.feed._watchers
    await said(await http.get("/totals"))


class SlowWatcher(Watcher):
    """One who reads nothing."""

    gone = False

    def __init__(self) -> None:
        self.batches = asyncio.Queue(module.MOST_BEHIND)

    def cut_off(self) -> None:
        self.gone = True


async def test_the_end_of_the_worker_ends_the_streams(http: Http, site: Site) -> None:
    async with http.get("/live") as answer:
        await heard(answer)

        site.feed.close()

        async with asyncio.timeout(10):
            await answer.content.read()


# What is shown.


@pytest.mark.parametrize(
    ("view", "stage"),
    [
        ({"status": "PENDING"}, "pending"),
        ({"status": "PENDING", "payment_status": "authorized"}, "authorized"),
        ({"status": "PENDING", "stock_status": "reserved"}, "reserved"),
        ({"status": "CONFIRMED"}, "confirmed"),
        ({"status": "CONFIRMED", "paid": True}, "paid"),
        ({"status": "SHIPPED", "paid": True}, "shipped"),
        ({"status": "DELIVERED", "paid": True}, "shipped"),
        ({"status": "REJECTED"}, "rejected"),
        ({"status": "EXPIRED"}, "rejected"),
        ({"status": "CANCEL_PENDING"}, "cancelled"),
        ({"status": "CANCELLED"}, "cancelled"),
    ],
)
def test_an_order_stands_in_one_stage(view: dict[str, Any], stage: str) -> None:
    assert stage_of(OrderView(order_id="o", **view)) == stage


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (0, "USD", "0.00"),
        (123456789, "USD", "1,234,567.89"),
        (50_000, "KRW", "50,000"),
        (1_234, "KWD", "1.234"),
        (2**60, "JPY", "1,152,921,504,606,846,976"),
        (5, None, "5"),
    ],
)
def test_amounts_are_written_for_people(amount: int, currency: str | None, text: str) -> None:
    assert grouped(amount, currency) == text


# The page.


async def test_the_page_asks_nothing_of_anybody_else(http: Http) -> None:
    page, style, script = [await http.get(path) for path in ("/", "/page.css", "/page.js")]

    text = await page.text() + await style.text() + await script.text()
    assert page.content_type == "text/html"
    assert (style.content_type, script.content_type) == ("text/css", "text/javascript")
    links = set(re.findall(r'(?:src|href)="([^"]+)"', text)) - {"#orders-heading", "data:,"}
    assert links == {"/page.css", "/page.js", "/totals", "/openapi.json", "/metrics"}
    assert not re.search(r"https?:|url\(|@import|[\"']//", text)


async def test_nothing_on_the_page_can_run_but_its_own_script(http: Http) -> None:
    page, script = await http.get("/"), await (await http.get("/page.js")).text()

    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", script)
    assert not re.search(r"\bon\w+=|<script>|style=", await page.text())


async def test_the_page_is_asked_for_again_but_its_parts_are_checked(http: Http) -> None:
    assert (await http.get("/")).headers["Cache-Control"] == "no-cache"
