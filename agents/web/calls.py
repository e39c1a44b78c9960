"""A call: one request as its handler gets it, read in bounded time and space, and checked.

Knows how a body, a query and a path are read, and what is said when they are not as they should
be; what is asked for is the business of the handlers.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, NoReturn, TypeVar, get_args

import msgspec
from aiohttp import web

from agents.web.problems import (
    BAD_PARAMETER,
    INVALID,
    MALFORMED,
    MEDIA_TYPE,
    NOT_FOUND,
    TOO_LARGE,
    TOO_SLOW,
    Refused,
)
from models.order_messages import Style
from models.requests import Request, flaw_of
from models.saga_messages import StepName
from streams.refusals import refusal

Q = TypeVar("Q", bound=msgspec.Struct)
B = TypeVar("B", bound=Request | None)

LARGEST_BODY: Final = 64 * 1024
BODY_SECONDS: Final = 10.0
_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
_JSON: Final = "application/json"

_CURES: Final = {
    "user_id": "use 1 to 100 characters without whitespace, control characters or any of / : ? # %",
    "sku": "use 1 to 100 characters without whitespace, control characters or any of / : ? # %",
    "order_id": "an order id is the user, a colon, and what follows; POST /orders answers with it",
    "currency": "use an ISO 4217 code in capitals, such as USD",
    "email": "use an address such as ada@example.com",
    "saga": f"use {' or '.join(get_args(Style))}, or leave it out to have what is set here",
    "step": f"use one of {', '.join(get_args(StepName))}",
    "wait": "use whole seconds or milliseconds, at most 30s: wait=5s or wait=500ms",
    "cursor": "use the `next` of the last answer as it is, or leave it out for the first page",
}
_PRINTABLE: Final = "use printable characters on one line"


@dataclass(frozen=True, kw_only=True)
class Call(Generic[Q, B]):
    """What was asked: `path` by parameter, `query` and `body` as their structs.

    `key` is the Idempotency-Key, if there was one.
    """

    request: web.Request
    path: Mapping[str, str]
    query: Q
    body: B
    key: str | None = None


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What is answered: a struct, as JSON."""

    body: msgspec.Struct
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> web.Response:
        """The answer as it is sent."""
        return web.Response(
            status=self.status,
            body=msgspec.json.encode(self.body),
            content_type=_JSON,
            headers=self.headers,
        )


async def read_call(
    request: web.Request,
    path: Mapping[str, Any],
    query: type[msgspec.Struct],
    body: type[Request] | None,
) -> Call[Any, Any]:
    """Read a request; `path` has the type of each path parameter.

    Raises:
        Refused: something is not as it should be; says what, and what would be right.
    """
    return Call(
        request=request,
        path={name: _path_parameter(request, name, kind) for name, kind in path.items()},
        query=_query(request, query),
        key=_idempotency_key(request) if body else None,
        body=await _body(request, body) if body else None,
    )


def _path_parameter(request: web.Request, name: str, kind: Any) -> str:
    value = request.match_info[name]
    try:
        found: str = msgspec.convert(value, kind)
    except msgspec.ValidationError:
        detail = f"nothing has the {name} {value[:100]!r}"
        raise Refused(NOT_FOUND, detail, field=name, value=value, cure=_CURES[name]) from None
    return found


def _query(request: web.Request, kind: type[msgspec.Struct]) -> msgspec.Struct:
    given = dict(request.query)
    if len(given) < len(request.query):
        name = next(name for name in given if len(request.query.getall(name)) > 1)
        raise _bad_parameter(name, ", ".join(request.query.getall(name)), "give it once")
    try:
        return msgspec.convert(given, kind, strict=False)
    except ValueError as error:  # msgspec.ValidationError, whose stub does not say that it is one
        found = refusal(error, msgspec.json.encode(given))
        name = found.field.removeprefix("$.")
        if found.reason == "unknown field":
            known = ", ".join(kind.__struct_fields__)
            cure = f"use one of {known}" if known else "this path has no parameters"
        else:
            cure = _CURES.get(name, found.cure)
        raise _bad_parameter(name, given.get(name), cure) from None


def _bad_parameter(name: str, value: object, cure: str) -> Refused:
    detail = f"the parameter {name[:100]} cannot be {str(value)[:100]!r}"
    return Refused(BAD_PARAMETER, detail, field=name[:100], value=value, cure=cure)


def _idempotency_key(request: web.Request) -> str | None:
    keys = request.headers.getall("Idempotency-Key", [])
    if keys and (len(keys) > 1 or _KEY.fullmatch(keys[0]) is None):
        value = ", ".join(keys)
        cure = "give one key of 1 to 255 visible ASCII characters, such as a UUID"
        detail = f"the header Idempotency-Key cannot be {value[:100]!r}"
        raise Refused(BAD_PARAMETER, detail, field="Idempotency-Key", value=value, cure=cure)
    return keys[0] if keys else None


async def _body(request: web.Request, kind: type[Request]) -> Request:
    raw = await _read(request)
    if not raw and request.content_type != _JSON:
        raw = b"{}"  # nothing to say is no mistake, where nothing has to be said
    elif request.content_type != _JSON or (request.charset or "utf-8").lower() != "utf-8":
        value = request.headers.get("Content-Type", "none")
        cure = f"send JSON in UTF-8 with the header Content-Type: {_JSON}"
        detail = f"the content type is {value[:100]!r}"
        raise Refused(
            MEDIA_TYPE, detail, field="Content-Type", value=value, cure=cure,
            headers={"Accept-Post": _JSON},
        )  # fmt: skip
    try:
        body = msgspec.json.decode(raw, type=kind)
    except (ValueError, RecursionError) as error:
        _refuse(error, raw)
    if flaw := flaw_of(body):
        detail = f"{flaw.field} cannot be {flaw.value!r}: {flaw.reason}"
        raise Refused(INVALID, detail, field=flaw.field, value=flaw.value, cure=flaw.cure)
    return body


async def _read(request: web.Request) -> bytes:
    """Take in the body, as far as it is small and comes soon."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > LARGEST_BODY:
                    detail = f"the body has more than {LARGEST_BODY} bytes"
                    cure = "split the order, or leave out what the API does not ask for"
                    raise Refused(TOO_LARGE, detail, cure=cure, headers={"Connection": "close"})
    except TimeoutError:
        detail = f"the body was not there after {BODY_SECONDS:.0f} s; {len(body)} bytes were"
        headers = {"Connection": "close"}
        raise Refused(TOO_SLOW, detail, cure="send it faster", headers=headers) from None
    return bytes(body)


def _refuse(error: ValueError | RecursionError, raw: bytes) -> NoReturn:
    """Say what is wrong with a body: with its form (400), or with what it says (422)."""
    found = refusal(error, raw)
    if not isinstance(error, msgspec.ValidationError):
        cure = "send one JSON object in UTF-8"
        detail = f"the body is no JSON: {found.reason}" if raw else "the body is empty"
        raise Refused(MALFORMED, detail, cure=cure) from None
    field = found.field.removeprefix("$").removeprefix(".") or "body"
    cure = _cure(field, found.reason, found.cure)
    value = found.reason.removeprefix("found ") if found.reason.startswith("found ") else None
    detail = f"{field}: {found.reason}"
    raise Refused(INVALID, detail, field=field, value=value, cure=cure) from None


def _cure(field: str, reason: str, cure: str) -> str:
    if reason == "unknown field":
        return "leave it out"
    if reason == "missing":
        return "give it"
    return _CURES.get(field.rpartition(".")[2], _PRINTABLE if "regex" in cure else cure)
