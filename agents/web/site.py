"""The site: what the handlers work with, as one worker has it.

Looks into the view tables, and puts commands on their topics. A query that this worker cannot
answer is refused with the reason; a command does not need a partition, only Kafka.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from agents.web.feed import Feed
from agents.web.idempotency import RecentKeys
from agents.web.problems import MISDIRECTED, Refused, unavailable
from agents.web.waiting import Waiting
from models.messages import Message, Payload
from models.order_messages import Style
from models.upcasters import catalog
from streams.application import Orderflow
from streams.codec import CONTENT_TYPE, Codec
from streams.operations import not_ready
from streams.reading import NotHere, Reader, reader, readers
from streams.topics import Topic
from tables import order_views, stock_views

SOURCE: Final = "/api"
SEND_SECONDS: Final = 10.0  # as long as a person waits


class ReadModels:
    """Where queries look: the view tables of this worker."""

    def __init__(self, app: Orderflow) -> None:
        self._app = app

    def of_order(self, order_id: str) -> Reader:
        """Where an order is.

        Raises:
            Refused: not in this worker, or not yet.
        """
        return self._here(lambda: order_views.reader_of(self._app, order_id))

    def of_user(self, user_id: str) -> Reader:
        """Where a user's orders are; raises as `of_order`."""
        return self._here(lambda: reader(self._app, order_views.TABLE, user_id))

    def of_sku(self, sku: str) -> Reader:
        """Where the stock of a SKU is; raises as `of_order`."""
        return self._here(lambda: stock_views.reader_of(self._app, sku))

    def all_orders(self) -> list[Reader]:
        """All partitions of orders that this worker has."""
        return readers(self._app, order_views.TABLE)

    def all_stock(self) -> list[Reader]:
        """All partitions of stock that this worker has."""
        return readers(self._app, stock_views.TABLE)

    @property
    def partitions(self) -> int:
        """How many partitions there are of each table, in all workers together."""
        return self._app.partitions

    def _here(self, look: Callable[[], Reader]) -> Reader:
        try:
            return look()
        except NotHere as error:
            reasons = not_ready(self._app)
            if error.reason == "restoring" or reasons:
                detail = "; ".join(reasons) or "the read model is being restored"
                raise unavailable(detail, "ask again in a moment") from None
            detail = f"partition {error.partition} of {error.table} is in another worker"
            raise Refused(MISDIRECTED, detail, cure="ask another worker") from None


class CommandLog:
    """Where commands are put, to be decided on by the write side."""

    def __init__(self, app: Orderflow) -> None:
        self._app = app
        self._catalog = catalog()
        self._encode = Codec(self._catalog).encode

    def check(self) -> None:
        """See that Kafka is there.

        Raises:
            Refused: it is not; nothing was sent.
        """
        app = self._app
        if not app.gate.passed or app.watch.away_since is not None:
            detail = "Kafka does not answer, and nothing was accepted"
            raise unavailable(detail, "send it again later", retry_after=5)

    async def send(  # noqa: PLR0913 - the parts of an envelope, by name
        self, topic: Topic, data: Payload, *, command_id: str, subject: str, journey: str, key: str
    ) -> None:
        """Write a command; returns when Kafka has acknowledged it.

        Raises:
            TimeoutError: it has not acknowledged in time, and may still do so.
            KafkaError: it could not be written; it may be there all the same.
        """
        message = Message(
            id=command_id,
            source=SOURCE,
            type=type(data).__name__,
            subject=subject,
            time=datetime.now(UTC),
            dataversion=self._catalog.version_of(data),
            correlationid=journey,
            partitionkey=key,
            data=data,
        )
        sending = self._app.log_of_commits.accept(
            topic.name, key.encode(), self._encode(message), (CONTENT_TYPE,)
        )
        await asyncio.wait_for(sending, SEND_SECONDS)


@dataclass(frozen=True, kw_only=True)
class Site:
    """What the handlers of one worker share. `changed` is woken for order ids and for SKUs.

    `document` is the OpenAPI document, `style` that of checkouts of orders that name none.
    """

    read: ReadModels
    log: CommandLog
    feed: Feed
    document: bytes
    style: Style
    changed: Waiting = field(default_factory=Waiting)
    keys: RecentKeys = field(default_factory=RecentKeys)
