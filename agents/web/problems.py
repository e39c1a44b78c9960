"""Problems: every way in which a request can come to nothing, as RFC 9457 has it said.

A problem names the field, the value and the cure where there is one. None tells of internals:
what went wrong inside is in the log, under an incident number that both have.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, NamedTuple

import msgspec
from aiohttp import web

CONTENT_TYPE: Final = "application/problem+json"
_LONGEST_VALUE: Final = 100  # characters of a request that are shown again


class Kind(NamedTuple):
    """A kind of problem: its status, the last part of its type URI, and its title."""

    status: int
    name: str
    title: str


MALFORMED = Kind(400, "malformed-request", "The request cannot be read")
BAD_PARAMETER = Kind(400, "bad-parameter", "A parameter is not what it has to be")
FOREIGN_ORIGIN = Kind(403, "foreign-origin", "Pages of other sites may not change anything here")
NOT_FOUND = Kind(404, "not-found", "There is no such thing")
METHOD = Kind(405, "method-not-allowed", "The path does not offer this method")
TOO_SLOW = Kind(408, "request-timeout", "The request did not arrive in time")
REFUSED = Kind(409, "refused", "The command was refused")
TOO_LARGE = Kind(413, "body-too-large", "The body is too large")
MEDIA_TYPE = Kind(415, "unsupported-media-type", "The body has to be JSON")
MISDIRECTED = Kind(421, "misdirected", "This worker does not answer for that")
INVALID = Kind(422, "invalid-request", "The request is not valid")
KEY_REUSED = Kind(422, "idempotency-key-reused", "The idempotency key was used for another request")
INTERNAL = Kind(500, "internal-error", "Something went wrong here")
UNAVAILABLE = Kind(503, "unavailable", "Not possible at the moment")
HTTP = "http-error"  # what only aiohttp has a word for


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a request came to nothing, and what to do about it (RFC 9457)."""

    type: Annotated[str, msgspec.Meta(examples=["urn:orderflow:problem:invalid-request"])]
    title: str
    status: Annotated[int, msgspec.Meta(ge=400, le=599)]
    detail: str
    field: Annotated[str, msgspec.Meta(examples=["lines[0].quantity"])] | None = None
    value: str | None = None
    cure: str | None = None
    order_id: str | None = None
    incident: str | None = None


class Refused(Exception):
    """A request comes to nothing, and this is the answer."""

    def __init__(  # noqa: PLR0913 - the members of a problem, by name
        self,
        kind: Kind,
        detail: str,
        *,
        field: str | None = None,
        value: object = None,
        cure: str | None = None,
        order_id: str | None = None,
        incident: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.headers = dict(headers or {})
        self.problem = Problem(
            type=f"urn:orderflow:problem:{kind.name}",
            title=kind.title,
            status=kind.status,
            detail=_written(detail),
            field=None if field is None else _written(field),
            value=None if value is None else _excerpt(_written(str(value))),
            cure=cure,
            order_id=order_id,
            incident=incident,
        )

    def response(self) -> web.Response:
        """The problem as it is sent."""
        return web.Response(
            status=self.problem.status,
            body=msgspec.json.encode(self.problem),
            content_type=CONTENT_TYPE,
            headers=self.headers,
        )


def unavailable(
    detail: str, cure: str, retry_after: int = 1, order_id: str | None = None
) -> Refused:
    """It may work later: `retry_after` says in how many seconds to try again."""
    headers = {"Retry-After": str(retry_after)}
    return Refused(UNAVAILABLE, detail, cure=cure, order_id=order_id, headers=headers)


def _written(text: str) -> str:
    """The text without what JSON cannot have: bytes of a header or path that are no UTF-8."""
    return text.encode(errors="replace").decode()


def _excerpt(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
