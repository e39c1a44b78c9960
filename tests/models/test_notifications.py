"""Notifications: said once, never after something newer, never to nobody."""

from __future__ import annotations

from typing import Literal, get_args

import msgspec
import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from models.notification_messages import (
    Kind,
    MailAnswered,
    NotificationCommand,
    NotificationCommandRefused,
    NotificationEvent,
    NotificationFailed,
    NotificationRequested,
    NotificationSent,
    NotificationSuperseded,
    Notify,
    mail_of,
)
from models.notifications import Mail, Notice, Notices, calls, decide, evolve, refuse
from tests.models.given import Aggregate

PROPERTY = settings(deadline=None)
NOTICES = Aggregate(decide, evolve)

ID = "mina:01JNAFQ3E0"
ADDRESS = "mina@example.org"
KINDS: tuple[Kind, ...] = get_args(Kind)
ENDS: tuple[Kind, ...] = ("rejected", "expired", "cancelled")


def notify(kind: Kind, version: int = 1, to: str | None = ADDRESS) -> Notify:
    return Notify(order_id=ID, kind=kind, version=version, to=to, name="Mina Kim")


def requested(kind: Kind, version: int = 1) -> NotificationRequested:
    return NotificationRequested(
        order_id=ID,
        kind=kind,
        version=version,
        to=ADDRESS,
        name="Mina Kim",
        key=mail_of(ID, kind, version),
    )


def sent(kind: Kind, version: int = 1) -> NotificationSent:
    return NotificationSent(order_id=ID, kind=kind, version=version)


def failed(kind: Kind, code: str, version: int = 1) -> NotificationFailed:
    return NotificationFailed(order_id=ID, kind=kind, version=version, code=code)


def superseded(kind: Kind, by: Kind, version: int = 1) -> NotificationSuperseded:
    return NotificationSuperseded(order_id=ID, kind=kind, version=version, by=by)


def succeeds(kind: Kind, version: int = 1) -> MailAnswered:
    return MailAnswered(order_id=ID, key=mail_of(ID, kind, version), outcome="succeeded")


def is_refused(kind: Kind, code: str | None) -> MailAnswered:
    return MailAnswered(order_id=ID, key=mail_of(ID, kind, 1), outcome="refused", code=code)


def test_the_key_of_a_mail_names_its_order_its_kind_and_its_version() -> None:
    assert mail_of(ID, "confirmed", 2) == "mina:01JNAFQ3E0/mail/confirmed/2"


@pytest.mark.parametrize("kind", KINDS)
def test_a_customer_is_told_and_the_provider_says_so(kind: Kind) -> None:
    past = NOTICES.given().when(notify(kind)).then(requested(kind))

    past.when(succeeds(kind)).then(sent(kind))


@pytest.mark.parametrize(("code", "kept"), [("mailbox_full", "mailbox_full"), (None, "refused")])
def test_a_mail_that_the_provider_refuses_has_failed(code: str | None, kept: str) -> None:
    NOTICES.given(requested("shipped")).when(is_refused("shipped", code)).then(
        failed("shipped", kept)
    )


def test_without_an_address_there_is_nobody_to_tell() -> None:
    past = (
        NOTICES.given().when(notify("confirmed", to=None)).then(failed("confirmed", "no_address"))
    )

    assert calls(past.state) == ()


def test_a_mail_whose_key_would_be_too_long_to_read_is_refused() -> None:
    order_id = "mina:".ljust(255, "1")
    notify = Notify(order_id=order_id, kind="shipped", to=ADDRESS)
    (event,) = NOTICES.given().when(notify).events

    assert isinstance(event, NotificationCommandRefused)
    assert event.reason == "the key of its mail would have 270 characters; use a shorter order id"


@pytest.mark.parametrize(
    "answer",
    [
        requested("shipped"),
        sent("shipped"),
        failed("shipped", "full"),
        superseded("shipped", "delivered"),
    ],
)
def test_nothing_is_said_twice(answer: NotificationEvent) -> None:
    NOTICES.given(answer).when(notify("shipped")).then()
    NOTICES.given(answer).when(notify("shipped", to=None)).then()


def test_another_version_is_another_notification() -> None:
    NOTICES.given(sent("shipped")).when(notify("shipped", 2)).then(requested("shipped", 2))


@pytest.mark.parametrize(
    ("said", "asked"),
    [("shipped", "confirmed"), ("delivered", "confirmed"), ("delivered", "shipped")]
    + [(end, kind) for end in ENDS for kind in KINDS if kind != end],
)
def test_what_the_order_has_left_behind_is_not_said(said: Kind, asked: Kind) -> None:
    """Whether the newer one reached anybody or not: the older one is not true any more."""
    for event in (requested(said), sent(said), failed(said, "no_address")):
        past = NOTICES.given(event).when(notify(asked)).then(superseded(asked, said))

        past.when(notify(asked)).then()


@pytest.mark.parametrize(
    ("said", "asked"),
    [("confirmed", "shipped"), ("shipped", "delivered")]
    + [(kind, end) for end in ENDS for kind in KINDS if kind not in ENDS],
)
def test_what_comes_next_in_the_life_of_an_order_is_said(said: Kind, asked: Kind) -> None:
    NOTICES.given(sent(said)).when(notify(asked)).then(requested(asked))


def test_an_older_version_is_not_said_after_a_newer_one() -> None:
    NOTICES.given(sent("shipped", 2)).when(notify("shipped")).then(superseded("shipped", "shipped"))


def test_nobody_without_an_address_is_told_what_is_superseded() -> None:
    NOTICES.given(sent("cancelled")).when(notify("confirmed", to=None)).then(
        superseded("confirmed", "cancelled")
    )


def test_a_mail_that_is_on_its_way_stays_there_when_the_order_goes_on() -> None:
    past = (
        NOTICES.given(requested("confirmed")).when(notify("cancelled")).then(requested("cancelled"))
    )

    assert [mail.kind for mail in calls(past.state)] == ["confirmed", "cancelled"]
    past.when(succeeds("confirmed")).then(sent("confirmed"))


@pytest.mark.parametrize("answer", [succeeds("shipped"), is_refused("shipped", "full")])
@pytest.mark.parametrize(
    "past",
    [
        (),
        (requested("confirmed"),),
        (requested("shipped"), sent("shipped")),
        (requested("shipped"), failed("shipped", "full")),
        (requested("shipped", 2),),
    ],
)
def test_an_answer_to_what_is_not_pending_changes_nothing(
    past: tuple[NotificationEvent, ...], answer: MailAnswered
) -> None:
    NOTICES.given(*past).when(answer).then()


def test_what_is_pending_is_called_from_the_state_alone() -> None:
    state = NOTICES.given(requested("confirmed"), sent("confirmed"), requested("shipped")).state

    assert calls(state) == (
        Mail(
            key=mail_of(ID, "shipped", 1),
            order_id=ID,
            kind="shipped",
            version=1,
            to=ADDRESS,
            name="Mina Kim",
        ),
    )
    assert calls(None) == ()


@pytest.mark.parametrize(
    ("event", "outcome"),
    [
        (sent("confirmed"), "sent"),
        (failed("confirmed", "mailbox_full"), "failed"),
        (superseded("confirmed", "cancelled"), "superseded"),
    ],
)
def test_what_became_of_a_mail_is_kept_and_its_address_forgotten(
    event: NotificationEvent, outcome: Literal["sent", "failed", "superseded"]
) -> None:
    past = NOTICES.given(requested("confirmed"), event)

    assert past.state == Notices(
        order_id=ID,
        version=2,
        notices=(Notice(kind="confirmed", version=1, outcome=outcome),),
    )


def test_a_refusal_is_counted_where_there_are_notices_and_creates_none() -> None:
    refusal = refuse(None, notify("shipped"), "this command id was used before")

    assert refusal == NotificationCommandRefused(
        order_id=ID, command="Notify", reason="this command id was used before"
    )
    assert NOTICES.given(refusal).state is None
    assert NOTICES.given(requested("shipped"), refusal).state == Notices(
        order_id=ID,
        version=2,
        notices=(Notice(kind="shipped", version=1, to=ADDRESS, name="Mina Kim"),),
    )


kinds = st.sampled_from(KINDS)
versions = st.integers(1, 2)
commands: st.SearchStrategy[NotificationCommand] = st.one_of(
    st.builds(notify, kinds, versions, st.sampled_from([ADDRESS, None])),
    st.builds(succeeds, kinds, versions),
    st.builds(is_refused, kinds, st.none()),
)


LIVES = [
    [NotificationRequested],
    [NotificationRequested, NotificationSent],
    [NotificationRequested, NotificationFailed],
    [NotificationFailed],
    [NotificationSuperseded],
]


@PROPERTY
@for_all(st.lists(commands, max_size=12))
def test_each_notification_is_opened_once_and_closed_at_most_once(
    asked: list[NotificationCommand],
) -> None:
    notices: Notices | None = None
    lives: dict[tuple[Kind, int], list[type]] = {}
    for command in asked:
        for event in decide(notices, command):
            assert not isinstance(event, NotificationCommandRefused)
            notices = evolve(notices, event)
            lives.setdefault((event.kind, event.version), []).append(type(event))

        assert decide(notices, command) == ()
        assert msgspec.json.decode(msgspec.json.encode(notices), type=Notices | None) == notices
    assert all(life in LIVES for life in lives.values())
    assert (notices.version if notices else 0) == sum(map(len, lives.values()))
    assert [(mail.kind, mail.version) for mail in calls(notices)] == [
        each for each, life in lives.items() if life == [NotificationRequested]
    ]
