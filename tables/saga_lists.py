"""Lists of sagas for the board: those in each state, and those that wait in vain.

A list is a range of keys in the table `order_views`, beside those of `order_lists`; a saga's place
in it is the time at which it came there, then its order id. So the first under way are those that
have been there longest, and the first completed ones the newest. A partition has lists of its own;
a page merges them, which costs the same however long they are.

| key                                        | record                                        |
|--------------------------------------------|-----------------------------------------------|
| `board/<list>/<style>/<newest first>`      | order id, of each saga in this list           |
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import product
from typing import Final, Literal, NamedTuple, get_args

from models.order_messages import Style
from models.saga_projection import SagaState, SagaView
from streams.reading import Reader
from tables.keys import compose, newest_first
from tables.order_lists import cursor_at, place_of
from tables.order_views import MOST_A_PAGE, PAGE, saga

# `waiting`: asked again at least once, because a deadline passed in silence. Such a saga is
# running or compensating as well, and in that list, too.
ListName = SagaState | Literal["waiting"]
UNDER_WAY: Final[tuple[ListName, ...]] = ("running", "compensating", "stuck")


class SagaPage(NamedTuple):
    """Some sagas of a list; `cursor` continues after the last, None at the end."""

    sagas: list[SagaView]
    cursor: str | None


def keys_of(view: SagaView | None) -> set[bytes]:
    """Return the keys of a saga's places; of one whose beginning is not known there are none."""
    if view is None or view.style is None:
        return set()
    since = view.state_since or view.started_at
    keys = {_place(view, view.state, since)}
    if view.attempt and view.state in ("running", "compensating"):
        keys.add(_place(view, "waiting", view.waiting_since or since))
    return keys


def sagas_in(
    readers: Sequence[Reader],
    state: ListName | None = None,
    style: Style | None = None,
    *,
    cursor: str | None = None,
    limit: int = PAGE,
) -> SagaPage:
    """Return one page of the sagas in a state, or of all that are under way, of one style or any.

    A cursor goes on behind a place, so that it skips and repeats none that stays where it is; what
    comes to another state meanwhile has another place there.

    Raises:
        ValueError: the cursor is not of this list, or the limit is out of range.
    """
    if not 1 <= limit <= MOST_A_PAGE:
        raise ValueError(f"limit is {limit}; give a number from 1 to {MOST_A_PAGE}")
    asked = compose("board", state or "", style or "")
    behind = b"" if cursor is None else place_of(cursor, asked)[len(asked) :]
    states = (state,) if state else UNDER_WAY
    styles: tuple[Style, ...] = (style,) if style else get_args(Style)
    backwards = state != "completed"
    found: list[tuple[bytes, Reader, str]] = []
    for reader, *named in product(readers, states, styles):
        prefix = compose("board", *named)
        after = prefix + behind if behind else None
        page = reader.scan(prefix, after=after, limit=limit + 1, backwards=backwards)
        found += ((key[len(prefix) :], reader, value.decode()) for key, value in page)
    found.sort(key=lambda each: each[0], reverse=backwards)
    going_on = cursor_at(asked + found[limit - 1][0]) if len(found) > limit else None
    views = (saga(reader, order_id) for _, reader, order_id in found[:limit])
    return SagaPage([view for view in views if view], going_on)


def _place(view: SagaView, name: ListName, since: datetime) -> bytes:
    return compose("board", name, view.style or "", newest_first(since), view.order_id)
