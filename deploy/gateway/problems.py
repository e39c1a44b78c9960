"""Problems: what a request has wrong, as application/problem+json (RFC 9457).

Each names the field, the value found and the cure.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any, Final, TypeVar

import msgspec
from aiohttp import web

from deploy.gateway.wire import Request

TYPE: Final = "application/problem+json"
_LONGEST_QUOTE: Final = 100

_PLACE: Final = re.compile(r" - at `\$\.(\w+)`$")
_NAMED: Final = re.compile(r"Object (?:missing required|contains unknown) field `(.*)`", re.DOTALL)
_CURES: Final = {
    "amount": "write a whole number of minor units from 0 to 2**53",
    "currency": "write an ISO 4217 code in capitals, such as KRW",
    "method": "write card, card-declined, card-insufficient-funds, card-capture-refused,"
    " card-refund-refused or card-slow",
    "version": "write a whole number from 1 to 2**53",
}
_TEXT: Final = "write a text of 1 to 255 characters"

R = TypeVar("R", bound=Request)


class Problem(Exception):
    """What is answered where there is no answer to an operation."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        cure: str,
        *,
        field: str | None = None,
        value: object = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.body: dict[str, Any] = {
            "type": "about:blank",
            "title": status.phrase,
            "status": status.value,
            "detail": detail,
            "cure": cure,
        }
        if field is not None:
            self.body |= {"field": field, "value": value}

    def response(self) -> web.Response:
        """The answer that says so."""
        return web.Response(
            status=self.status.value, body=msgspec.json.encode(self.body), content_type=TYPE
        )


def read(body: bytes, kind: type[R]) -> R:
    """Return what a body asks for.

    Raises:
        Problem: it is not JSON, or not what is wanted.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise _of_field(str(error), body, kind) from error
    except (ValueError, RecursionError) as error:  # no JSON, no UTF-8, or nested without end
        detail = f"the body is not JSON: {error}"
        raise Problem(
            HTTPStatus.BAD_REQUEST,
            detail,
            f"send a JSON object with {_fields(kind)}",
            field="$",
            value=quoted(body.decode(errors="replace")),
        ) from error


def _of_field(complaint: str, body: bytes, kind: type[Request]) -> Problem:
    """Say which field is wrong, and what was found there."""
    place = _PLACE.search(complaint) or _NAMED.search(complaint)
    field = place[1] if place else "$"
    found = _loosely(body)
    value = found.get(field) if isinstance(found, dict) and place else found
    known = field in kind.__struct_fields__
    cure = _CURES.get(field, _TEXT) if known else f"send a JSON object with {_fields(kind)}"
    return Problem(
        HTTPStatus.BAD_REQUEST,
        _PLACE.sub(f" at {field}", complaint),
        cure,
        field=field,
        value=value if isinstance(value, int | None) else quoted(str(value)),
    )


def _loosely(body: bytes) -> object:
    """Read a body for its values alone; what it is wanted for was refused already."""
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return None


def _fields(kind: type[Request]) -> str:
    return ", ".join(kind.__struct_fields__)


def quoted(text: str) -> str:
    """As much of a text as an answer should repeat."""
    return text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…"
