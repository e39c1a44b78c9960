"""Diagrams of orders as they happened: arrows from causes to effects, whatever the texts are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from models.messages import Payload
from models.notification_messages import NotificationFailed
from models.order_causes import NAMES
from models.order_diagram import diagram, escaped
from models.order_messages import OrderCommandRefused
from models.payment_messages import PaymentVoided
from models.projections import HistoryEntry, entry_of
from tests.models import mermaid
from tests.tables.order_events import (
    CANCELLED,
    CANCELLING,
    CONFIRMED,
    CREATED,
    NOTICE_REQUESTED,
    NOTICE_SENT,
    ORDER_PAID,
    REJECTED,
)
from tests.tables.payment_events import (
    AUTHORIZATION_EXPIRED,
    AUTHORIZED,
    DECLINED,
    REQUESTED,
    VOIDING,
)
from tests.tables.saga_events import (
    asked_again,
    begun,
    done,
    intervened,
    refused,
    saga_started,
    undoing,
    undone,
)
from tests.tables.told import ADA, message

SOURCES = {
    "Order": "/orders",
    "Payment": "/payments",
    "Notification": "/notifications",
    "Saga": "/sagas",
}
Told = tuple[str, Payload, str]


def history(events: Iterable[Told]) -> list[HistoryEntry]:
    """Entries of a history; an event is told by its id, its data, and the id of its cause."""
    return [
        entry_of(
            message(
                data,
                place,
                source=source_of(data),
                identity=identity,
                seconds=place,
                cause=cause,
            ),
            place,
        )
        for place, (identity, data, cause) in enumerate(events, 1)
    ]


def source_of(data: Payload) -> str:
    """The context whose event it is."""
    return next(at for name, at in SOURCES.items() if type(data).__name__.startswith(name))


ORCHESTRATED: list[Told] = [
    ("o1", CREATED, "place"),
    ("s1", saga_started(), "o1"),
    ("s2", begun("authorize"), "o1"),
    ("p1", REQUESTED, "authorize"),
    ("p2", AUTHORIZED, "answer"),
    ("s3", done("authorize"), "p2"),
    ("s4", begun("reserve"), "p2"),
    ("s5", done("reserve", 1), "k1"),
    ("s6", done("reserve", 2), "k2"),
    ("s7", begun("confirm"), "k2"),
    ("o2", CONFIRMED, "confirm"),
    ("s8", done("confirm"), "o2"),
    ("o3", ORDER_PAID, "paid"),
    ("n1", NOTICE_REQUESTED, "notify"),
    ("n2", NOTICE_SENT, "mailed"),
]
WAY = [
    ("customer", "orders", "OrderCreated 18.00 USD"),
    ("orders", "sagas", "SagaStarted 18.00 USD, SagaStepStarted authorize"),
    ("sagas", "payments", "PaymentRequested 18.00 USD"),
    ("payments", "gateway", "authorize, by its key"),
    ("gateway", "payments", "PaymentAuthorized 18.00 USD"),
    ("payments", "sagas", "SagaStepSucceeded authorize, SagaStepStarted reserve"),
    ("sagas", "stock", "ReserveStock for each line"),
    ("stock", "sagas", "SagaStepSucceeded reserve line 1"),
    ("stock", "sagas", "SagaStepSucceeded reserve line 2, SagaStepStarted confirm"),
    ("sagas", "orders", "OrderConfirmed"),
    ("orders", "sagas", "SagaStepSucceeded confirm"),
    ("sagas", "orders", "OrderPaid"),
    ("sagas", "notifications", "NotificationRequested confirmed"),
    ("notifications", "customer", "NotificationSent confirmed"),
]


def arrows(*events: Told, **more: Any) -> list[tuple[str, str, str]]:
    """The arrows of an order, by names."""
    return mermaid.sequence(diagram(ADA, history(events), **more)).arrows


def cause(event: Payload, *before: Told, by: str = "unseen") -> str:
    """Who is said to have caused an event."""
    return arrows(*before, ("last", event, by))[-1][0]


def test_an_order_is_drawn_from_the_customer_to_the_customer() -> None:
    found = mermaid.sequence(diagram(ADA, history(ORCHESTRATED)))

    assert found.title == f"Order {ADA}"
    assert found.arrows == WAY
    assert found.participants == [name for name in NAMES.values() if name != "operator"]


@given(st.randoms(use_true_random=False))
def test_it_is_the_same_however_the_topics_were_read(chance: Random) -> None:
    """Each topic keeps its order; which of them is read first does not matter."""
    entries = history(ORCHESTRATED)
    topics = [[e for e in entries if e.source == source] for source in SOURCES.values()]
    read: list[HistoryEntry] = []
    while left := [topic for topic in topics if topic]:
        read.append(replace(chance.choice(left).pop(0), position=len(read) + 1))

    assert mermaid.sequence(diagram(ADA, read)).arrows == WAY


def test_what_followed_stands_behind_its_cause_even_with_an_earlier_time() -> None:
    placed, started, *_ = history(ORCHESTRATED)
    late = replace(placed, time=placed.time + timedelta(seconds=60))

    assert [each[1] for each in mermaid.sequence(diagram(ADA, [started, late])).arrows] == [
        "orders",
        "sagas",
    ]


def test_what_claims_to_be_its_own_cause_is_drawn_last() -> None:
    own: Told = ("x", CONFIRMED, "x")
    pair: list[Told] = [("y", AUTHORIZED, "z"), ("z", saga_started(), "y")]

    assert len(arrows(own)) == 1
    assert [each[2].split()[0] for each in arrows(*pair, ("o1", CREATED, "place"))] == [
        "OrderCreated",
        "PaymentAuthorized",
        "SagaStarted",
    ]


def test_without_a_coordinator_the_contexts_lead_to_each_other_and_the_saga_looks_on() -> None:
    started = replace(saga_started(), style="choreography")
    found = diagram(
        ADA,
        history(
            [
                ("o1", CREATED, "place"),
                ("s1", started, "o1"),
                ("p1", REQUESTED, "o1"),
                ("p2", AUTHORIZED, "answer"),
                ("s2", begun("reserve"), "p2"),
                ("s3", done("reserve", 1), "k1"),
                ("o2", CONFIRMED, "k1"),
                ("n1", NOTICE_REQUESTED, "o2"),
            ]
        ),
    )

    assert mermaid.sequence(found).arrows == [
        ("customer", "orders", "OrderCreated 18.00 USD"),
        ("orders", "sagas", "SagaStarted 18.00 USD"),
        ("orders", "payments", "PaymentRequested 18.00 USD"),
        ("payments", "gateway", "authorize, by its key"),
        ("gateway", "payments", "PaymentAuthorized 18.00 USD"),
        ("payments", "sagas", "SagaStepStarted reserve"),
        ("payments", "stock", "ReserveStock for each line"),
        ("stock", "sagas", "SagaStepSucceeded reserve line 1"),
        ("stock", "orders", "OrderConfirmed"),
        ("orders", "notifications", "NotificationRequested confirmed"),
    ]
    assert "    O-->>S: SagaStarted" in found
    assert "    O->>P: PaymentRequested" in found


CHOREOGRAPHED: Told = ("s1", replace(saga_started(), style="choreography"), "o1")
VOIDED = PaymentVoided(payment_id="p", order_id=ADA, key=None, amount=0, currency="USD")
REFUSED = OrderCommandRefused(order_id=ADA, command="ShipOrder", state="PENDING", reason="unpaid")


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (CANCELLING, "customer"),
        (REFUSED, "customer"),
        (replace(REFUSED, command="ConfirmOrder"), "sagas"),
        (REJECTED, "sagas"),
        (DECLINED, "gateway"),
        (VOIDED, "sagas"),
        (AUTHORIZATION_EXPIRED, "gateway"),
        (refused("reserve", 1), "stock"),
        (undone("deduct", 2), "stock"),
        (done("confirm"), "sagas"),
        (asked_again(), "sagas"),
        (intervened(), "operator"),
        (NotificationFailed(order_id=ADA, kind="shipped", version=1, code="x"), "notifications"),
    ],
    ids=lambda each: each if isinstance(each, str) else type(each).__name__,
)
def test_a_cause_that_is_not_in_the_history_follows_from_the_event(
    event: Payload, expected: str
) -> None:
    assert cause(event) == expected


def test_without_a_coordinator_a_context_that_follows_from_nothing_seen_acts_by_itself() -> None:
    assert cause(REJECTED, CHOREOGRAPHED) == "orders"


def test_a_cancellation_is_the_sagas_if_that_had_turned_back_before() -> None:
    declined: list[Told] = [("p", DECLINED, "answer"), ("s", undoing("cancel"), "p")]

    assert cause(CANCELLING, *declined) == "sagas"
    assert arrows(("o", CANCELLING, "cancel"), ("s", undoing("cancel"), "o"))[0][0] == "customer"


def test_what_came_of_the_same_message_has_the_same_cause() -> None:
    """An answer of the gateway on which a void was waiting; a step that an operator has skipped."""
    assert ("gateway", "payments", "PaymentAuthorized 18.00 USD, PaymentVoidRequested") in arrows(
        ("p", AUTHORIZED, "answer"), ("q", VOIDING, "answer")
    )
    assert cause(done("reserve", 1), ("s", intervened("skip"), "by"), by="by") == "operator"
    assert cause(CANCELLED, ("s", undone("reserve", 1), "k"), by="k") == "stock"


def test_of_a_long_history_it_says_that_it_is_only_the_first_part() -> None:
    found = mermaid.sequence(diagram(ADA, history(ORCHESTRATED[:2]), more=True))

    assert found.title == f"Order {ADA}, the first 2 events"


def test_of_nothing_there_is_nothing_but_the_title() -> None:
    assert mermaid.sequence(diagram(ADA, [])) == (f"Order {ADA}", [], [])


@given(st.text(min_size=1))
def test_any_text_is_shown_as_it_is_and_never_as_syntax(text: str) -> None:
    entries = history([("o", replace(CANCELLING, reason=text), "c")])
    found = mermaid.sequence(diagram(text, entries))

    assert found.title == f"Order {text}"
    assert found.arrows == [
        ("customer", "orders", f"OrderCancellationRequested {text[:60]}"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "x\nend",
        "a;b",
        "%%{init: {}}%%",
        "<b>x</b>",
        "style a:b#c;",
        "A->>B: x",
        "ada:1#35;",
        "\u2028",
        "---",
        "\ufb02\u00b0\u00b0",
    ],
)
def test_what_mermaid_would_take_for_syntax_is_escaped(text: str) -> None:
    written = escaped(text)

    assert not set(written.replace("#", "").replace(";", "")) & set("\n%{}<>:\u2028\u00b0")
    assert mermaid.sequence(f"sequenceDiagram\n    title {written}\n").title == text
