"""Choreography in notifications: the customer is told each thing once, and the newest last."""

from __future__ import annotations

import pytest

from models.messages import Payload
from models.notification_messages import (
    Kind,
    NotificationFailed,
    NotificationRequested,
    NotificationSuperseded,
    Notify,
)
from models.order_messages import OrderExpired
from tests.models.policy_story import NOTIFICATIONS, ORCHESTRATED, PLACED
from tests.models.saga_facts import (
    CANCELLED,
    CONFIRMED,
    DELIVERED,
    ID,
    MINA,
    PAID,
    REJECTED,
    REQUESTED,
    SHIPPED,
    created,
    tell,
    told,
)

EXPIRED = OrderExpired(order_id=ID)
CONFIRMING = NOTIFICATIONS.given(PLACED, CONFIRMED, PAID)
LAST = pytest.mark.parametrize(
    ("fact", "kind"),
    [
        (REJECTED, "rejected"),
        (EXPIRED, "expired"),
        (CANCELLED, "cancelled"),
        (DELIVERED, "delivered"),
    ],
)


def test_a_paid_order_is_told_as_confirmed_and_then_as_shipped() -> None:
    story = CONFIRMING.asks(tell("confirmed")).waits(tell("confirmed"))
    story = story.when(told("confirmed")).asks().waits()

    story.when(SHIPPED).asks(tell("shipped")).when(told("shipped")).waits()


@LAST
def test_the_last_thing_that_is_told_ends_it(fact: Payload, kind: Kind) -> None:
    story = NOTIFICATIONS.given(PLACED, fact).asks(tell(kind))

    story.when(told(kind)).asks().forgets().when(fact).asks().forgets()


@pytest.mark.parametrize(
    "outcome",
    [
        NotificationFailed(order_id=ID, kind="cancelled", version=1, code="no_address"),
        NotificationSuperseded(order_id=ID, kind="cancelled", version=1, by="delivered"),
    ],
)
def test_what_cannot_be_told_is_settled_too(outcome: Payload) -> None:
    NOTIFICATIONS.given(PLACED, REQUESTED, CANCELLED, outcome).forgets()


def test_a_mail_that_is_under_way_is_waited_for() -> None:
    requested = NotificationRequested(
        order_id=ID, kind="confirmed", version=1, to=MINA.email, key="k"
    )
    CONFIRMING.when(requested).waits(tell("confirmed"))


def test_only_the_newest_is_waited_for() -> None:
    story = CONFIRMING.when(SHIPPED).asks(tell("shipped")).waits(tell("shipped"))

    story.when(told("confirmed")).waits(tell("shipped"))


@pytest.mark.parametrize("fact", [ORCHESTRATED, PAID, REJECTED, told("confirmed")])
def test_an_order_of_the_other_style_leaves_nothing_behind(fact: Payload) -> None:
    NOTIFICATIONS.given(fact).asks().forgets()


def test_an_order_without_a_customer_is_told_to_nobody() -> None:
    order = created(3, saga="choreography", customer=None)

    NOTIFICATIONS.given(order, PAID).asks(Notify(order_id=ID, kind="confirmed", to=None))
