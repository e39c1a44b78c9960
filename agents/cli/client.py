"""The HTTP API as the command line speaks it: one request, one answer, or an error with its cure.

Nothing is tried twice here: `ServerAway` may pass and `Refused` will not, and the caller knows
what that means for it.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import aiohttp
import msgspec
from yarl import URL

from models.errors import PermanentError, TransientError

DEFAULT_URL: Final = "http://127.0.0.1:6066"
LONGEST_WAIT: Final = 30.0  # seconds that the API holds an answer, at most
_PATIENCE = aiohttp.ClientTimeout(total=10, connect=5)  # an answer that is not held takes 10 ms

Body = dict[str, Any]


class ServerAway(TransientError):
    """Nobody answers, or who answers cannot do it just now."""


class Refused(PermanentError):
    """The API says no, and why: `problem` is its answer as RFC 9457 has it."""

    def __init__(self, status: int, problem: Body) -> None:
        super().__init__(explanation(problem))
        self.status = status
        self.problem = problem


@dataclass(frozen=True)
class Answer:
    """What the API said."""

    status: int
    body: Body

    @property
    def seen(self) -> bool:
        """Whether what was asked has happened; otherwise it is only accepted."""
        return self.status == HTTPStatus.OK


class Api:
    """Requests to one server."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self.url = url.rstrip("/")
        self._http = http

    async def get(self, *path: str, **query: str | int) -> Body:
        """Ask for what is at a path, given by its segments."""
        return (await self._ask("GET", path, params=query)).body

    async def text(self, *path: str) -> str:
        """Ask for what is at a path and is no JSON."""
        status, raw, url = await self._sent("GET", path)
        if status >= HTTPStatus.BAD_REQUEST:
            _understood(status, raw, url)
        return raw.decode(errors="replace")

    async def post(
        self, *path: str, body: Mapping[str, Any], key: str | None = None, wait: float = 0
    ) -> Answer:
        """Ask for a change. `key` is its idempotency key; the answer is held for `wait` seconds."""
        held = min(wait, LONGEST_WAIT)
        return await self._ask(
            "POST",
            path,
            params={"wait": f"{held * 1000:.0f}ms"} if held else {},
            data=msgspec.json.encode(body),
            headers={"Content-Type": "application/json"}
            | ({"Idempotency-Key": key} if key else {}),
            timeout=aiohttp.ClientTimeout(total=(_PATIENCE.total or 0) + held),
        )

    async def _ask(self, method: str, path: tuple[str, ...], **request: Any) -> Answer:
        return _understood(*await self._sent(method, path, **request))

    async def _sent(
        self, method: str, path: tuple[str, ...], **request: Any
    ) -> tuple[int, bytes, str]:
        url = URL(self.url + "".join(f"/{quote(part, safe=':')}" for part in path), encoded=True)
        try:
            async with self._http.request(method, url, **request) as response:
                return response.status, await response.read(), str(url)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ServerAway(
                f"no answer from {self.url} ({_in_words(error)}); start the server with `make "
                "demo` or `faust -A streams.views worker`, or name another with --url"
            ) from error


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Api]:
    """Connections to a server, for the block."""
    async with aiohttp.ClientSession(
        timeout=_PATIENCE, connector=aiohttp.TCPConnector(limit=0)
    ) as http:
        yield Api(url, http)


def explanation(problem: Body) -> str:
    """A problem in lines for people: what is wrong, in which field, and what to do about it."""
    said = problem.get("detail") or problem.get("title") or "the server gives no reason"
    named = (
        f"\n  {name:5}  {problem[name]}" for name in ("field", "value", "cure") if name in problem
    )
    return f"{said}{''.join(named)}"


def _understood(status: int, raw: bytes, url: str) -> Answer:
    try:
        body = msgspec.json.decode(raw, type=Body)
    except msgspec.DecodeError:
        body = {
            "detail": f"{url} answers {status}, but not as Orderflow does",
            "cure": "name Orderflow's address with --url or ORDERFLOW_URL",
        }
        status = max(status, HTTPStatus.BAD_REQUEST)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        raise ServerAway(f"{url} answers {status}: {explanation(body)}")
    if status >= HTTPStatus.BAD_REQUEST:
        raise Refused(status, body)
    return Answer(status, body)


def _in_words(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "it took too long"
    number = getattr(error, "errno", None)
    return os.strerror(number) if number else str(error) or type(error).__name__
