"""The view of an order: three statuses side by side, each from its own events."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from msgspec.structs import replace

from models.messages import Message, Payload
from models.order_projection import LineView, Notice, OrderView
from models.projections import Journey, entry_of, project
from tests.tables.journeys import happy
from tests.tables.order_events import (
    CANCELLED,
    CANCELLING,
    COMMAND_REFUSED,
    CONFIRMED,
    CREATED,
    CUSTOMER,
    DELIVERED,
    EXPIRED,
    LEGACY,
    LINES,
    NOTICE_FAILED,
    NOTICE_REFUSED,
    NOTICE_REQUESTED,
    NOTICE_SENT,
    NOTICE_SUPERSEDED,
    ORDER_PAID,
    REJECTED,
    SHIPPED,
    TOTAL,
)
from tests.tables.payment_events import AUTHORIZED, PAYMENT_REFUSED, REQUESTED
from tests.tables.saga_events import saga_started
from tests.tables.told import ADA, NOON, after, message, told


def journey(messages: Iterable[Message], begin: Journey | None = None) -> Journey:
    """What follows from these messages, in this order."""
    found = begin or Journey()
    for each in messages:
        found = project(found, each)
    return found


def view(*events: Payload, source: str = "/orders") -> OrderView:
    """The order's view after events of one aggregate."""
    found = journey(told(source, events)).order
    assert found is not None
    return found


def test_an_order_is_shown_with_its_customer_its_lines_and_their_amounts() -> None:
    assert view(CREATED) == OrderView(
        order_id=ADA,
        user_id="ada",
        customer=CUSTOMER,
        lines=(
            LineView(sku="TEA-1", name="Tea", quantity=2, unit_price=450, amount=900),
            LineView(sku="CUP-1", name=None, quantity=1, unit_price=900, amount=900),
        ),
        total=TOTAL,
        currency="USD",
        currency_source="given",
        method="card",
        style="orchestration",
        status="PENDING",
        created_at=after(1),
        updated_at=after(1),
        version=1,
    )


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([CONFIRMED], "CONFIRMED"),
        ([CONFIRMED, ORDER_PAID], "CONFIRMED"),
        ([CONFIRMED, ORDER_PAID, SHIPPED], "SHIPPED"),
        ([CONFIRMED, ORDER_PAID, SHIPPED, DELIVERED], "DELIVERED"),
        ([REJECTED], "REJECTED"),
        ([EXPIRED], "EXPIRED"),
        ([CANCELLING], "CANCEL_PENDING"),
        ([CANCELLING, CANCELLED], "CANCELLED"),
        ([COMMAND_REFUSED], "PENDING"),
    ],
)
def test_its_status_is_what_its_own_events_say(events: list[Payload], status: str) -> None:
    found = view(CREATED, *events)

    assert found.status == status
    assert found.version == 1 + len(events)
    assert found.updated_at == after(1 + len(events))
    assert found.created_at == after(1)


def test_reason_tracking_and_payment_are_kept() -> None:
    assert view(CREATED, REJECTED).reason == "card_declined"
    assert view(CREATED, CANCELLING).reason == "changed my mind"
    assert view(CREATED, CONFIRMED, ORDER_PAID).paid
    assert view(CREATED, CONFIRMED, ORDER_PAID, SHIPPED).tracking == "JD0002"


def test_a_journey_to_the_doormat_ends_with_three_statuses() -> None:
    found = journey(each for told in happy().values() for each in told).order

    assert found is not None
    assert (found.status, found.payment_status, found.stock_status) == (
        "DELIVERED",
        "captured",
        "deducted",
    )
    assert found.saga is not None
    assert (found.saga.state, found.saga.outcome) == ("completed", "confirmed")
    assert found.sums is not None
    assert (found.sums.authorized, found.sums.captured) == (TOTAL, TOTAL)
    assert [notice.status for notice in found.notices] == ["sent"]


def test_an_order_from_before_there_were_versions_is_shown_once() -> None:
    old = message(LEGACY, identity="e-1")
    again = message(replace(LEGACY, total=1), identity="e-2", seconds=60)
    found = journey([old, again]).order

    assert found == OrderView(
        order_id="123",
        total=50_000,
        currency="KRW",
        currency_source="upcast",
        style="orchestration",
        status="PENDING",
        created_at=NOON,
        updated_at=after(60),
    )


def test_old_orders_go_on_without_versions() -> None:
    found = journey([message(LEGACY), message(replace(REJECTED, order_id="123"))]).order

    assert found is not None
    assert (found.status, found.version) == ("REJECTED", 0)


def test_what_is_refused_about_no_order_makes_none() -> None:
    nothing = [
        message(COMMAND_REFUSED),
        message(PAYMENT_REFUSED, source="/payments"),
        message(NOTICE_SENT, source="/notifications"),
        message(saga_started(), source="/sagas"),
    ]

    assert journey(nothing) == Journey()


def test_a_payment_that_is_heard_of_first_waits_for_its_order() -> None:
    early = journey(told("/payments", [REQUESTED, AUTHORIZED]))
    assert early.order is not None
    assert (early.order.status, early.order.created_at) == (None, None)
    assert early.order.payment_status == "authorized"

    found = journey(told("/orders", [CREATED]), early).order
    assert found is not None
    assert (found.status, found.payment_status) == ("PENDING", "authorized")
    assert found.lines == view(CREATED).lines
    assert len(LINES) == len(found.lines)


def test_an_event_without_its_order_is_kept_too() -> None:
    assert view(CONFIRMED).status == "CONFIRMED"
    assert view(NOTICE_SENT, source="/notifications").order_id == ADA


def test_of_each_kind_of_notice_the_last_word_is_shown() -> None:
    said = [NOTICE_REQUESTED, NOTICE_SUPERSEDED, NOTICE_FAILED, NOTICE_REFUSED]
    found = view(*said, source="/notifications")

    assert found.notices == (
        Notice(kind="confirmed", version=1, status="superseded", time=after(2)),
        Notice(kind="shipped", version=1, status="failed", time=after(3), code="no_such_mailbox"),
    )
    assert found.notices_version == len(said)


def test_an_older_time_does_not_make_a_view_older() -> None:
    late = [message(CREATED, 1, seconds=60), message(CONFIRMED, 2, seconds=5)]

    assert journey(late).order == replace(
        view(CREATED, CONFIRMED), created_at=after(60), updated_at=after(60)
    )


def test_a_history_entry_holds_the_event_as_it_was() -> None:
    entry = entry_of(message(REJECTED, 2, identity="m-1", seconds=3, cause="c-1"), 7)

    assert (entry.position, entry.id, entry.type, entry.sequence) == (7, "m-1", "OrderRejected", 2)
    assert (entry.time, entry.source, entry.causationid) == (after(3), "/orders", "c-1")
    assert bytes(entry.data) == b'{"order_id":"%s","reason":"card_declined"}' % ADA.encode()
