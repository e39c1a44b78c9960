"""One HTTP exchange with a provider outside (payment gateway, mail), and what its result proves.

An answer is definite when the provider itself gives it: a 200, or a problem that says that the
request is wrong. All else (a timeout, a refused or cut connection, a 5xx, a proxy's page) leaves
open whether anything was done, and is GatewaySilent. What answers mean is the adapters' business.
"""

from __future__ import annotations

import os
import string
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import quote

import aiohttp
import msgspec
from mode import get_logger
from yarl import URL

from models.errors import GatewaySilent

CONNECTIONS: Final = 256  # at once; 30 ms each, that is some 8 000 requests per second
SECONDS: Final = 5.0
INVALID_REQUEST: Final = "invalid_request"  # code of what the provider calls wrong in itself
UNSPECIFIED: Final = "unspecified"  # code of what it refuses without a reason
_SETTING: Final = "ORDERFLOW_GATEWAY"  # where an address comes from
_LARGEST_ANSWER: Final = 64 << 10
_LONGEST_QUOTE: Final = 200
_PROBLEM: Final = "application/problem+json"
# The provider says that the request itself is wrong: asking again says the same.
# Not 401 and 403 (a token that somebody will correct), nor 404, 408, 409, 425 or 429.
_WRONG: Final = frozenset({400, 413, 415, 422})

# In a header, any text is percent-encoded; what headers may carry as it is stays legible.
_LEGIBLE: Final = string.punctuation.replace("%", "")

logger = get_logger(__name__)

T = TypeVar("T")


class _Reply(NamedTuple):
    status: int
    kind: str
    body: bytes


class Provider:
    """An address that takes requests under idempotency keys.

    The session is opened with the first request, in the event loop that then runs.
    """

    def __init__(self, name: str, url: str, seconds: float) -> None:
        token_setting = f"ORDERFLOW_{name.upper()}_TOKEN"
        self.name = name
        self.url = _address(url, token_setting)
        self._seconds = seconds
        self._token = _token(token_setting)
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return f"<{self.name} at {self.url}>"

    async def post(self, path: str, key: str, body: Mapping[str, Any]) -> bytes | None:
        """Return the answer to what is asked under a key; None if the request itself is wrong.

        Raises:
            GatewaySilent: there is no definite answer.
        """
        what = f"{path} under key {key!r}"
        headers = {"Idempotency-Key": quote(key, _LEGIBLE), "Content-Type": "application/json"}
        reply = await self._exchange("POST", what, path, msgspec.json.encode(body), headers)
        if reply.status == HTTPStatus.OK:
            return reply.body
        said = reply.body.decode(errors="replace")
        if reply.status in _WRONG and reply.kind == _PROBLEM:
            logger.error(
                "%s at %s calls our request wrong, %s: %d %s",
                self.name,
                self.url,
                what,
                reply.status,
                self._shown(said),
            )
            return None
        raise self._silent(what, f"it says {reply.status} {said}")

    async def get(self, path: str, key: str) -> bytes | None:
        """Return what was answered under a key; None if the provider knows nothing of it yet.

        Raises:
            GatewaySilent: there is no definite answer.
        """
        what = f"{path} of key {key!r}"
        reply = await self._exchange("GET", what, f"{path}/{quote(key, safe='')}")
        if reply.status == HTTPStatus.OK:
            return reply.body
        if reply.status == HTTPStatus.NOT_FOUND and reply.kind == _PROBLEM:
            return None
        raise self._silent(what, f"it says {reply.status} {reply.body.decode(errors='replace')}")

    def understand(self, what: str, body: bytes, read: Callable[[bytes], T]) -> T:
        """Return what an answer says.

        Raises:
            GatewaySilent: `read` raised ValueError, so it is no answer.
        """
        try:
            return read(body)
        except (ValueError, RecursionError) as error:
            reason = f"its answer makes no sense: {error}"
        raise self._silent(what, reason)

    async def close(self) -> None:
        """End the session; the next request opens another."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _silent(self, what: str, reason: str) -> GatewaySilent:
        """What an exchange raises that proves nothing.

        It is raised after handlers, not in them: it shall not carry what was raised before, for
        aiohttp's errors hold the request, with the token, and others quote what was echoed.
        """
        return GatewaySilent(
            f"{self.name} at {self.url} left open {what}: {self._shown(reason)};"
            " ask again under the same key"
        )

    async def _exchange(
        self,
        method: str,
        what: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> _Reply:
        try:
            async with self._opened().request(
                method,
                URL(f"{self.url}{path}", encoded=True),
                data=body,
                headers=headers,
                allow_redirects=False,
            ) as response:
                return _Reply(response.status, response.content_type, await _read(response))
        except TimeoutError:
            reason = f"no answer within {self._seconds:g} s"
        except (aiohttp.ClientError, OSError, ValueError) as error:
            reason = f"{type(error).__name__}: {error}"
        raise self._silent(what, reason)

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS),
                timeout=aiohttp.ClientTimeout(total=self._seconds),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"Authorization": f"Bearer {self._token}"} if self._token else None,
            )
        return self._session

    def _shown(self, text: str) -> str:
        """As much of what was said as a log should hold, without the token if that was echoed."""
        if self._token:
            text = text.replace(self._token, "[token]")
        return text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…"


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > _LARGEST_ANSWER:
            raise ValueError(f"the answer has more than {_LARGEST_ANSWER} bytes")
    return bytes(body)


def _address(url: str, token_setting: str) -> str:
    """Check an address such as http://127.0.0.1:6070."""
    if "@" in url:
        raise ValueError(
            f"{_SETTING} names a user, and addresses are logged; set {token_setting} instead"
        )
    try:
        parsed = URL(url)
        good = parsed.scheme in {"http", "https"} and parsed.host and not parsed.query_string
    except ValueError:
        good = False
    if not good:
        raise ValueError(f"{_SETTING}={url!r} is no address; write it like http://127.0.0.1:6070")
    return url.rstrip("/")


def _token(setting: str) -> str:
    token = os.environ.get(setting, "").strip()
    if not (token.isascii() and token.isprintable()):
        raise ValueError(f"{setting} has characters that no HTTP header may carry; set it again")
    return token
