"""The boundary: which requests come in, how answers go out, and that every error is a problem."""

from __future__ import annotations

import asyncio

import pytest

from agents.web.boundary import hosts_from
from tests.agents.web.talking import ORDER, Http, kind, problem, said
from tests.agents.web.world import Shop


async def test_a_path_that_there_is_not_is_a_problem(http: Http) -> None:
    found = await problem(await http.get("/order"), 404)

    assert (kind(found), found["value"]) == ("not-found", "/order")
    assert "/openapi.json" in found["cure"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/orders", "OPTIONS, POST"),
        ("GET", "/orders", "OPTIONS, POST"),
        ("HEAD", "/orders", "OPTIONS, POST"),
        ("DELETE", "/orders/mina:1", "GET, HEAD, OPTIONS"),
        ("PATCH", "/", "GET, HEAD, OPTIONS"),
        ("TRACE", "/totals", "GET, HEAD, OPTIONS"),
    ],
)
async def test_a_method_that_a_path_does_not_offer_is_a_problem(
    http: Http, method: str, path: str, allowed: str
) -> None:
    answer = await http.request(method, path)

    assert answer.status == 405
    assert answer.headers["Allow"] == allowed
    assert answer.content_type == "application/problem+json"
    assert (await answer.read() == b"") == (method == "HEAD")


async def test_options_says_what_a_path_offers(http: Http) -> None:
    for path, allowed in (("/orders", "OPTIONS, POST"), ("/totals", "GET, HEAD, OPTIONS")):
        answer = await http.options(path)
        assert (answer.status, answer.headers["Allow"]) == (204, allowed)
        assert await answer.read() == b""


async def test_head_answers_as_get_without_a_body(http: Http) -> None:
    got, head = await http.get("/totals"), await http.head("/totals")

    assert head.status == 200
    assert head.headers["Content-Length"] == got.headers["Content-Length"]
    assert await head.read() == b""


async def test_head_of_the_stream_ends(http: Http) -> None:
    answer = await http.head("/live")

    assert (answer.status, answer.content_type) == (200, "text/event-stream")


@pytest.mark.parametrize("path", ["/totals", "/nowhere", "/live"])
async def test_no_answer_is_kept_guessed_at_framed_or_tells_what_runs_here(
    http: Http, path: str
) -> None:
    headers = (await http.head(path)).headers

    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Server"] == "orderflow"


# DNS rebinding and other sites.


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:6066", "127.0.0.1.evil.example", "localhost@evil", ""]
)
async def test_a_foreign_host_is_not_answered(http: Http, host: str) -> None:
    found = await problem(await http.get("/totals", headers={"Host": host}), 421)

    assert found["field"] == "Host"
    assert "ORDERFLOW_WEB_HOSTS" in found["cure"]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:6066", "127.0.0.1:1", "[::1]:6066"])
async def test_loopback_by_any_name_is_answered(http: Http, host: str) -> None:
    await said(await http.get("/totals", headers={"Host": host}))


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost.evil.example", "http://[::1", ""]
)
async def test_a_page_of_another_site_changes_nothing(http: Http, shop: Shop, origin: str) -> None:
    found = await problem(await http.post("/orders", json=ORDER, headers={"Origin": origin}), 403)

    assert found["field"] == "Origin"
    assert shop.log.commands == []


async def test_a_page_of_this_host_may(http: Http) -> None:
    headers = {"Origin": "http://localhost:8000"}

    await said(await http.post("/orders", json=ORDER, headers=headers), 202)


def test_more_hosts_can_be_named() -> None:
    hosts = hosts_from("shop.example, Views.Internal")

    assert hosts == {"localhost", "127.0.0.1", "[::1]", "shop.example", "views.internal"}


@pytest.mark.parametrize("name", ["http://shop.example", "shop.example:80", "a b", "*/"])
def test_a_host_that_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="ORDERFLOW_WEB_HOSTS"):
        hosts_from(name)


# The wire.


async def test_what_is_no_http_gets_no_trace_of_us(http: Http) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", http.port)
    writer.write(b"\x16\x03\x01 GET nothing\r\n\r\n")
    await writer.drain()

    answer = await reader.read()

    writer.close()
    await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.0 400")
    assert b"Traceback" not in answer


@pytest.mark.parametrize(
    "target",
    [
        b"/orders/%FF%FE:1",
        b"/users/%ED%A0%80/orders",
        b"/users/%C0%AF/orders",
        b"/users/mina/orders?cursor=%FF",
        b"/users/mina/orders?%FF=1",
        b"/stock/%00",
        b"/stock/\xff",
        b"/\xff",
        b"/totals?\xff",
    ],
)
async def test_bytes_that_are_no_text_are_a_problem_and_no_incident(
    http: Http, target: bytes
) -> None:
    assert await status_of(http, b"GET %b HTTP/1.1\r\nHost: 127.0.0.1\r\n" % target) in {400, 404}


@pytest.mark.parametrize("header", [b"Idempotency-Key", b"Content-Type", b"Host", b"Origin"])
async def test_headers_that_are_no_text_are_a_problem_and_no_incident(
    http: Http, header: bytes
) -> None:
    lines = {b"Host": b"127.0.0.1", b"Content-Type": b"application/json", header: b"\xd7\xff"}
    head = b"".join(b"%b: %b\r\n" % line for line in lines.items())

    status = await status_of(http, b"POST /orders HTTP/1.1\r\n" + head)

    assert status in {400, 403, 421, 422}


async def status_of(http: Http, head: bytes) -> int:
    """The status of the answer to a request without a body, whose head is made by hand."""
    reader, writer = await asyncio.open_connection("127.0.0.1", http.port)
    writer.write(head + b"Connection: close\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return int(answer.split()[1])
