"""The board: sagas by how they are, over all partitions of this worker.

One that stands still, waits in vain or needs a human is found here, whatever its style; what has
happened to it is at `/sagas/{order_id}`.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from agents.web.answers import Coverage, Freshness, SagaRow, SagasAnswer
from agents.web.calls import Call, Reply
from agents.web.problems import BAD_PARAMETER, Refused
from agents.web.site import Site
from models.order_messages import Style
from streams.reading import freshness
from tables import saga_lists
from tables.order_views import MOST_A_PAGE, PAGE
from tables.saga_lists import ListName

State = Annotated[
    ListName,
    msgspec.Meta(
        description="`waiting`: asked again at least once, because a deadline passed in silence; "
        "such a saga is running or compensating, too. Without it, all that are under way."
    ),
]
# URL-safe base64 of an order id of 255 characters, and a little more.
Cursor = Annotated[
    str, msgspec.Meta(pattern=r"^(?!\S*\s)[A-Za-z0-9_-]+$", min_length=1, max_length=1600)
]


class SagasQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which sagas: in one state, of one style, after a cursor, so many at once."""

    state: State | msgspec.UnsetType = msgspec.UNSET
    style: Style | msgspec.UnsetType = msgspec.UNSET
    cursor: Cursor | msgspec.UnsetType = msgspec.UNSET
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_A_PAGE)] = PAGE


async def get_sagas(site: Site, call: Call[SagasQuery, None]) -> Reply:
    """Sagas, the longest in their state first, or the newest that are completed."""
    readers = site.read.all_orders()
    given = msgspec.structs.asdict(call.query)
    chosen = {name: value for name, value in given.items() if value is not msgspec.UNSET}
    try:
        page = saga_lists.sagas_in(readers, **chosen)
    except ValueError as error:
        cure = "leave it out for the first page, and go on with the `next` of each answer"
        value = chosen.get("cursor")
        raise Refused(BAD_PARAMETER, str(error), field="cursor", value=value, cure=cure) from None
    answer = SagasAnswer(
        sagas=[SagaRow.of(view) for view in page.sagas],
        next=page.cursor,
        partitions=Coverage(counted=len(readers), all=site.read.partitions),
        freshness=Freshness.of(freshness(readers)),
    )
    return Reply(body=answer)
