"""The mail provider over HTTP: told once, and what is not a definite answer is no answer."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from agents.mail import HttpMailer
from deploy.gateway.chance import Odds
from models.errors import GatewaySilent
from models.notification_messages import MailAnswered
from models.notifications import Mail
from tests.agents.strange_server import reply, strange_server
from tests.deploy.gateway.scene import Customer, gateway

MAIL = Mail(
    key="mia:1/confirmed/1",
    order_id="mia:1",
    kind="confirmed",
    version=1,
    to="mia@example.com",
    name="Mia",
)
SENT = MailAnswered(order_id="mia:1", key=MAIL.key, outcome="succeeded")
PROBLEM = "application/problem+json"


@asynccontextmanager
async def mailer(url: str) -> AsyncIterator[HttpMailer]:
    """A mailer that is closed in the end."""
    made = HttpMailer(url, timeout=30)
    try:
        yield made
    finally:
        await made.close()


@asynccontextmanager
async def simulated(directory: Path, odds: Odds) -> AsyncIterator[tuple[HttpMailer, Customer]]:
    """A mailer of the simulated provider, with somebody who looks on."""
    async with gateway(directory, odds) as onlooker, mailer(onlooker.url) as made:
        yield made, onlooker


def changed(mail: Mail, **fields: object) -> Mail:
    """Return the mail with other fields."""
    return msgspec.structs.replace(mail, **fields)


async def test_a_mail_is_sent_once_however_often_it_is_asked_for(tmp_path: Path) -> None:
    async with simulated(tmp_path, Odds()) as (http, onlooker):
        assert await http.find(MAIL) is None
        assert await http.perform(MAIL) == SENT
        assert await http.perform(MAIL) == SENT
        assert await http.find(MAIL) == SENT
        assert [mail["to"] for mail in await onlooker.listing("/mails")] == ["mia@example.com"]


async def test_a_mail_to_somebody_without_a_name_is_sent(tmp_path: Path) -> None:
    async with simulated(tmp_path, Odds()) as (http, _):
        assert await http.perform(changed(MAIL, name=None)) == SENT


async def test_a_mailbox_that_is_not_there_is_a_refusal(tmp_path: Path) -> None:
    async with simulated(tmp_path, Odds()) as (http, _):
        answer = await http.perform(changed(MAIL, to="bounce@example.com"))

    assert (answer.outcome, answer.code) == ("refused", "mailbox_unavailable")


async def test_what_the_provider_calls_wrong_is_refused_and_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with simulated(tmp_path, Odds()) as (http, _):
        answer = await http.perform(changed(MAIL, version=0))

    assert (answer.outcome, answer.code) == ("refused", "invalid_request")
    assert "calls our request wrong" in caplog.text
    assert "version" in caplog.text


async def test_a_key_that_was_used_for_another_mail_is_answered_with_what_was_done(
    tmp_path: Path,
) -> None:
    async with simulated(tmp_path, Odds()) as (http, onlooker):
        await http.perform(MAIL)

        assert await http.perform(changed(MAIL, to="else@example.com")) == SENT
        assert len(await onlooker.listing("/mails")) == 1


async def test_after_an_error_the_truth_is_found_under_the_key(tmp_path: Path) -> None:
    odds = Odds(errors=1.0)
    keys = (f"k{number}" for number in range(100))
    key = next(
        key
        for key in keys
        if (fault := odds.fault(key)) and (fault.done, fault.attempts) == ("first", 1)
    )
    async with simulated(tmp_path, odds) as (http, _):
        with pytest.raises(GatewaySilent, match="it says 50"):
            await http.perform(changed(MAIL, key=key))
        found = await http.find(changed(MAIL, key=key))

    assert found is not None
    assert found.outcome == "succeeded"


@pytest.mark.parametrize(
    "answer",
    [
        reply(500),
        reply(503, kind=PROBLEM),
        reply(400, kind="text/html"),
        reply(200, b"<html>"),
        reply(200, json.dumps({"key": "another", "outcome": "succeeded"}).encode()),
        reply(200, json.dumps({"key": MAIL.key, "outcome": "queued"}).encode()),
        reply(200, json.dumps({"key": MAIL.key}).encode()),
        b"",
    ],
)
async def test_what_is_no_definite_answer_is_silence(answer: bytes) -> None:
    async with strange_server(answer) as strange, mailer(strange.url) as http:
        with pytest.raises(GatewaySilent, match="ask again under the same key"):
            await http.perform(MAIL)
        with pytest.raises(GatewaySilent):
            await http.find(MAIL)


async def test_a_refusal_without_a_reason_has_one_nevertheless() -> None:
    body = json.dumps({"key": MAIL.key, "outcome": "refused"}).encode()
    async with strange_server(reply(200, body)) as strange, mailer(strange.url) as http:
        assert (await http.perform(MAIL)).code == "unspecified"


async def test_its_token_is_one_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERFLOW_GATEWAY_TOKEN", "of-the-gateway")
    monkeypatch.setenv("ORDERFLOW_MAIL_TOKEN", "of-the-mail")
    async with strange_server(reply(500)) as strange, mailer(strange.url) as http:
        with pytest.raises(GatewaySilent):
            await http.perform(MAIL)

    assert b"Authorization: Bearer of-the-mail\r\n" in strange.requests[0]
    assert b"of-the-gateway" not in strange.requests[0]
    assert "of-the-mail" not in repr(http)
