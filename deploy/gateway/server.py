"""The HTTP side: reads requests, spoils first attempts as chance has it, and answers.

A request that is wrong is told so before chance has its turn. Looking up (`GET`) is never spoilt:
it tells the truth. What an operation does is decided by the processor.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote

from aiohttp import web

from deploy.gateway.about import about
from deploy.gateway.chance import Fault, Odds
from deploy.gateway.ledger import Book, KeyReused
from deploy.gateway.problems import Problem, quoted, read
from deploy.gateway.processor import Processor, book_of
from deploy.gateway.wire import REQUESTS, Authorize, Mail, PaymentRequest

LARGEST_BODY: Final = 64 << 10
KEY: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotent-Replayed"
_LONGEST_KEY: Final = 255
_ANY_KEY: Final = "{key:(?s:.+)}"  # line ends included
_NO_KEYS: Final = frozenset({".", ".."})  # steps of a path, so they could not be looked up
_SLOW: Final = Fault("silence", "first")

logger = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """The gateway's routes, and what may go wrong on them."""

    def __init__(self, processor: Processor, odds: Odds) -> None:
        self._processor = processor
        self._odds = odds

    def application(self) -> web.Application:
        """Return the aiohttp application."""
        application = web.Application(middlewares=[problems], client_max_size=LARGEST_BODY)
        application.add_routes(
            [
                web.get("/", self._about),
                *(web.post(f"/v1/{name}", self._doing(kind)) for name, kind in REQUESTS.items()),
                web.get(f"/v1/operations/{_ANY_KEY}", self._finding("operations")),
                web.get("/ledger", self._listing("operations")),
                web.post("/v1/mails", self._doing(Mail)),
                web.get(f"/v1/mails/{_ANY_KEY}", self._finding("mails")),
                web.get("/mails", self._listing("mails")),
            ]
        )
        return application

    async def _about(self, _: web.Request) -> web.Response:
        return web.Response(body=about(self._odds), content_type="application/json")

    def _doing(self, kind: type[PaymentRequest | Mail]) -> Handler:
        async def handle(request: web.Request) -> web.Response:
            key = key_of(request)
            asked: PaymentRequest | Mail = read(await request.read(), kind)
            await asyncio.sleep(self._odds.delay(key))
            fault = self._fault(key, asked)
            if fault is None:
                return self._answer(key, asked)
            return await self._spoil(request, key, asked, fault)

        return handle

    def _finding(self, book: Book) -> Handler:
        async def handle(request: web.Request) -> web.Response:
            key = request.match_info["key"]
            answer = self._processor.find(book, key)
            if answer is None:
                detail = f"nothing was done under the key {quoted(key)!r}"
                cure = "ask for it under this key; it has one effect, however often it is asked"
                raise Problem(HTTPStatus.NOT_FOUND, detail, cure, field="key", value=quoted(key))
            return web.Response(body=answer, content_type="application/json")

        return handle

    def _listing(self, book: Book) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
            await response.prepare(request)
            for lines in self._processor.listing(book):
                await response.write(lines)
            await response.write_eof()
            return response

        return handle

    def _answer(self, key: str, asked: PaymentRequest | Mail) -> web.Response:
        try:
            answer, replayed = self._processor.do(key, asked)
        except KeyReused as reused:
            detail = f"the key was used before, for {reused}"
            cure = "use a new key for a new request, and the same request for the same key"
            raise Problem(
                HTTPStatus.UNPROCESSABLE_ENTITY, detail, cure, field=KEY, value=key
            ) from reused
        headers = {REPLAYED: "true"} if replayed else None
        return web.Response(body=answer, content_type="application/json", headers=headers)

    def _fault(self, key: str, asked: PaymentRequest | Mail) -> Fault | None:
        """What spoils this attempt."""
        slow = isinstance(asked, Authorize) and asked.method == "card-slow"
        fault = _SLOW if slow else self._odds.fault(key)
        if fault is None or self._processor.ledger.attempt(book_of(asked), key) > fault.attempts:
            return None
        return fault

    async def _spoil(
        self, request: web.Request, key: str, asked: PaymentRequest | Mail, fault: Fault
    ) -> web.Response:
        if fault.done == "first":
            self._answer(key, asked)
        if fault.kind == "error":
            raise Problem(
                HTTPStatus(fault.status),
                "the gateway has failed, and does not say whether it did what was asked",
                "look it up, or ask again, under the same key",
            )
        if fault.kind == "silence":
            await asyncio.sleep(self._odds.patience)
            if fault.done != "never":
                return self._answer(key, asked)
        if request.transport is not None:
            request.transport.abort()
        return web.Response()  # reaches nobody


def key_of(request: web.Request) -> str:
    """Return the idempotency key: percent-encoded in the header, as in a path, so any text fits.

    Raises:
        Problem: there is none, or it is no text of 1 to 255 characters.
    """
    given = request.headers.getall(KEY, [])
    cure = f"send one {KEY} of 1 to 255 characters, percent-encoded where they are not ASCII"
    if len(given) != 1:
        detail = f"the header {KEY} is there {len(given)} times"
        raise Problem(HTTPStatus.BAD_REQUEST, detail, cure, field=KEY)
    try:
        key = unquote(given[0], errors="strict")
        key.encode()
    except UnicodeError:
        key = ""
    if not 1 <= len(key) <= _LONGEST_KEY or key in _NO_KEYS:
        value = quoted(given[0].encode(errors="replace").decode())
        raise Problem(HTTPStatus.BAD_REQUEST, f"{KEY} is no key", cure, field=KEY, value=value)
    return key


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Whatever goes wrong is answered in one form."""
    try:
        return await handler(request)
    except Problem as problem:
        return problem.response()
    except web.HTTPException as error:
        return _of_http(request, error).response()
    except ConnectionError:
        return web.Response()  # reaches nobody: the client has gone
    except Exception:
        logger.exception("%s %s failed", request.method, request.path)
        detail = "the gateway itself has failed; its log says why"
        cure = "look it up, or ask again, under the same key"
        return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail, cure).response()


def _of_http(request: web.Request, error: web.HTTPException) -> Problem:
    status = HTTPStatus(error.status)
    if status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        detail = f"the body has more than {LARGEST_BODY} bytes"
        size = request.content_length
        return Problem(status, detail, "send less", field="Content-Length", value=size)
    detail = f"{request.method} {quoted(request.path)} is nothing that the gateway offers"
    cure = "see what there is at /"
    return Problem(status, detail, cure, field="path", value=quoted(request.path))
