"""What one exchange with a provider proves: a definite answer, or nothing."""

from __future__ import annotations

import asyncio
import gzip
import logging
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from agents.provider import Provider
from models.errors import GatewaySilent, TransientError
from tests.agents.strange_server import reply, strange_server
from tests.faults.workers import eventually, free_port

PROBLEM = "application/problem+json"
TOKEN = "s3cr3t-token-of-ours"  # noqa: S105 - it opens nothing
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@asynccontextmanager
async def provider(url: str, seconds: float = 30.0) -> AsyncIterator[Provider]:
    """A provider whose session is closed in the end."""
    made = Provider("gateway", url, seconds)
    try:
        yield made
    finally:
        await made.close()


async def silence(made: Provider) -> GatewaySilent:
    """What asking raises; looking up and asking are the same to everybody who says nothing."""
    with pytest.raises(GatewaySilent) as found:
        await made.get("/v1/operations", "k")
    with pytest.raises(GatewaySilent) as asked:
        await made.post("/v1/authorize", "k", {"amount": 1})
    assert "/v1/authorize under key 'k'" in str(asked.value)
    return found.value


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(b"", "disconnected", id="hangs up"),
        pytest.param(b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "Bad", id="is no web server"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Le", "", id="half a head"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", "payload", id="half a body"
        ),
        pytest.param(CHUNKED + b"zz\r\n{}\r\n", "", id="broken chunks"),
        pytest.param(
            CHUNKED + b"10000\r\n" + b"x" * 65536 + b"\r\n1\r\nx\r\n0\r\n\r\n",
            "more than 65536 bytes",
            id="too much",
        ),
        pytest.param(
            reply(
                200, gzip.compress(b"x" * 10_000_000), "application/json", "Content-Encoding: gzip"
            ),
            "more than 65536 bytes",
            id="too much, packed",
        ),
        pytest.param(
            reply(200, b"no gzip", "application/json", "Content-Encoding: gzip"),
            "",
            id="ill packed",
        ),
        pytest.param(reply(500, b"Oops", "text/html"), "500 Oops", id="500"),
        pytest.param(reply(502, b"Bad Gateway", "text/html"), "502 Bad Gateway", id="502"),
        pytest.param(reply(503, b"{}", PROBLEM), "503", id="503"),
        pytest.param(reply(429, b"{}", PROBLEM), "429", id="429"),
        pytest.param(reply(408, b"{}", PROBLEM), "408", id="408"),
        pytest.param(reply(409, b"{}", PROBLEM), "409", id="409"),
        pytest.param(reply(401, b"{}", PROBLEM), "401", id="401"),
        pytest.param(reply(403, b"{}", PROBLEM), "403", id="403"),
        pytest.param(reply(404, b"Not here", "text/html"), "404", id="a proxy's 404"),
        pytest.param(reply(400, b"Bad request", "text/html"), "400", id="a proxy's 400"),
        pytest.param(reply(202), "202", id="202"),
        pytest.param(reply(204, b""), "204", id="204"),
    ],
)
async def test_what_is_no_definite_answer_is_silence(answer: bytes, reason: str) -> None:
    async with strange_server(answer) as strange, provider(strange.url) as made:
        error = await silence(made)

    assert reason in str(error)
    assert strange.url in str(error)
    assert "'k'" in str(error)
    assert "ask again under the same key" in str(error)


def test_silence_is_passing_trouble() -> None:
    assert issubclass(GatewaySilent, TransientError)


@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"])
async def test_no_answer_in_time_is_silence(beginning: bytes) -> None:
    async with (
        strange_server(beginning, hang=True) as strange,
        provider(strange.url, seconds=0.2) as made,
    ):
        error = await silence(made)

    assert "no answer within 0.2 s" in str(error)


async def test_nobody_listening_is_silence() -> None:
    async with provider(f"http://127.0.0.1:{free_port()}") as made:
        error = await silence(made)

    assert "ClientConnectorError" in str(error)


@pytest.mark.parametrize("status", [400, 413, 415, 422])
async def test_a_problem_that_blames_the_request_is_definite(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    answer = reply(status, b'{"detail": "amount: too small"}', PROBLEM)
    async with strange_server(answer) as strange, provider(strange.url) as made:
        assert await made.post("/v1/authorize", "k", {"amount": -1}) is None

    assert caplog.records[-1].levelno == logging.ERROR
    assert "amount: too small" in caplog.text


async def test_a_problem_that_knows_nothing_of_the_key_is_definite() -> None:
    unknown = reply(404, b"{}", PROBLEM)
    async with strange_server(unknown) as strange, provider(strange.url) as made:
        assert await made.get("/v1/operations", "k") is None
        with pytest.raises(GatewaySilent):
            await made.post("/v1/authorize", "k", {})


async def test_nobody_is_followed_elsewhere() -> None:
    async with strange_server(reply(200)) as elsewhere:
        moved = reply(307, b"", "text/plain", f"Location: {elsewhere.url}/")
        async with strange_server(moved) as strange, provider(strange.url) as made:
            error = await silence(made)

        assert "307" in str(error)
        assert elsewhere.requests == []


async def test_a_request_has_its_key_and_a_body() -> None:
    async with strange_server(reply(200, b"said")) as strange, provider(strange.url + "/") as made:
        assert await made.post("/v1/void", "mia:1/ü %", {"payment_id": "p"}) == b"said"
        assert await made.get("/v1/operations", "mia:1/ü %") == b"said"

    asked, found = strange.requests
    assert asked.startswith(b"POST /v1/void HTTP/1.1\r\n")
    assert b"Idempotency-Key: mia:1/%C3%BC%20%25\r\n" in asked
    assert b"Content-Type: application/json\r\n" in asked
    assert asked.endswith(b'\r\n\r\n{"payment_id":"p"}')
    assert found.startswith(b"GET /v1/operations/mia%3A1%2F%C3%BC%20%25 HTTP/1.1\r\n")
    assert b"Authorization" not in asked + found


async def test_a_closed_session_ends_the_calls_under_way() -> None:
    async with strange_server(b"", hang=True) as strange, provider(strange.url) as made:
        asking = asyncio.ensure_future(made.get("/v1/operations", "k"))
        await eventually(lambda: strange.requests, "the request has come")
        await made.close()
        with pytest.raises(GatewaySilent):
            await asking


@pytest.mark.parametrize(
    "url",
    ["", "gateway", "127.0.0.1:6070", "ftp://127.0.0.1", "http://", "http://h:x", "http://h/?a=b"],
)
def test_what_is_no_address_is_said_at_once(url: str) -> None:
    with pytest.raises(
        ValueError, match=r"ORDERFLOW_GATEWAY=.*write it like http://127.0.0.1:6070"
    ):
        Provider("gateway", url, 1)


@pytest.mark.parametrize("url", [f"http://me:{TOKEN}@h", f"ftp://me:{TOKEN}@h"])
def test_an_address_that_holds_a_secret_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ValueError, match="set ORDERFLOW_GATEWAY_TOKEN instead") as refusal:
        Provider("gateway", url, 1)

    assert TOKEN not in str(refusal.value)


@pytest.mark.parametrize("token", [f"{TOKEN}\n{TOKEN}", f"{TOKEN}é", f"{TOKEN}\x7f"])
def test_a_token_that_no_header_may_carry_is_refused_without_showing_it(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERFLOW_GATEWAY_TOKEN", token)
    with pytest.raises(ValueError, match="ORDERFLOW_GATEWAY_TOKEN has characters") as refusal:
        Provider("gateway", "http://127.0.0.1:1", 1)

    assert TOKEN not in str(refusal.value)


ECHO = b'{"detail": "you sent Bearer ' + TOKEN.encode() + b'"}'


@pytest.mark.parametrize(
    "answer",
    [
        reply(500, ECHO),
        reply(400, ECHO, PROBLEM),
        reply(200, ECHO),
        b"HTTP/1.1 " + TOKEN.encode() + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + TOKEN.encode() + b"\r\n\r\n",
        reply(200, TOKEN.encode(), "application/json", "Content-Encoding: gzip"),
        b"",
    ],
)
async def test_the_token_is_sent_and_shown_nowhere(
    answer: bytes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("ORDERFLOW_GATEWAY_TOKEN", f" {TOKEN}\n")
    with caplog.at_level(logging.DEBUG):
        async with strange_server(answer) as strange, provider(strange.url) as made:
            with pytest.raises(GatewaySilent) as silent:
                await misunderstand(made)
            shown = [repr(made), str(made), repr(silent.value), caplog.text]

    assert f"Authorization: Bearer {TOKEN}\r\n".encode() in strange.requests[0]
    assert TOKEN not in "".join([*shown, *traceback.format_exception(silent.value)])
    assert silent.value.__cause__ is None
    assert silent.value.__context__ is None


async def misunderstand(made: Provider) -> None:
    """Ask, and make nothing of the answer."""
    body = await made.post("/v1/authorize", "k", {"amount": 1})
    made.understand("an answer", body or b"", nonsense)


def nonsense(body: bytes) -> None:
    """Read as msgspec does, which quotes what it does not want."""
    raise ValueError(f"invalid value {body!r}")
