"""Lists of a user's orders, newest first: all of them, and those in each status.

A list is a range of keys in the table `order_views`, in which each order has a place: the time
at which it was placed, then its id. A page begins behind a place, so what is placed meanwhile
neither repeats nor hides an order; a cursor is such a place, and means nothing elsewhere.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final, NamedTuple

from models.order_messages import Status
from models.order_projection import OrderView
from streams.reading import Reader
from tables.keys import compose, decompose, newest_first

# Orders that `page` skips at most, since each is read: 10 ms. A cursor skips none.
MOST_PAGED: Final = 10_000
_STAMP: Final = re.compile(r"[0-9a-f]{16}")


class Ids(NamedTuple):
    """Order ids of one page; `cursor` continues after the last, None at the end."""

    found: list[str]
    cursor: str | None


def keys_of(view: OrderView | None) -> set[bytes]:
    """Return the keys of an order's places in the lists of its user; old orders may have none."""
    if view is None or view.user_id is None or view.created_at is None or view.status is None:
        return set()
    place = newest_first(view.created_at), view.order_id
    return {
        compose("user", view.user_id, *place),
        compose("status", view.user_id, view.status, *place),
    }


def page_of(
    reader: Reader, user_id: str, status: Status | None, *, after: str | int, limit: int
) -> Ids:
    """Return one page of a list, behind a cursor or after so many orders.

    Raises:
        ValueError: the cursor is not of this list, or too many would be skipped.
    """
    prefix = compose("status", user_id, status) if status else compose("user", user_id)
    skipped, place = (0, place_of(after, prefix)) if isinstance(after, str) else (after, None)
    if skipped > MOST_PAGED:
        raise ValueError(
            f"page= would skip {skipped} orders, and {MOST_PAGED} is the most; use cursor= instead"
        )
    found = reader.scan(prefix, after=place, limit=skipped + limit + 1)[skipped:]
    cursor = cursor_at(found[limit - 1][0]) if len(found) > limit else None
    return Ids([value.decode() for _, value in found[:limit]], cursor)


def cursor_at(place: bytes) -> str:
    """Return the cursor that continues behind a place."""
    return urlsafe_b64encode(place).rstrip(b"=").decode()


def place_of(cursor: str, prefix: bytes) -> bytes:
    """Return the key that a cursor stands for, if it is one of this list and written our way."""
    try:
        key = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        stamp, _ = decompose(key)[len(decompose(prefix)) :]
        if key.startswith(prefix) and _STAMP.fullmatch(stamp) and cursor_at(key) == cursor:
            return key
    except ValueError:  # of base64, of UTF-8, of the number of parts
        pass
    raise ValueError(
        f"{cursor[:100]!r} is no cursor of this list; use the one that its last page gave, with the"
        " same filter"
    )
