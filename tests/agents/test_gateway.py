"""The payment gateway over HTTP, as the simulated one answers: what is said, and what is found."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agents.gateway import HttpGateway
from deploy.gateway.chance import Odds
from models.errors import GatewaySilent
from models.payment_messages import GatewayAnswered, Operation
from models.payments import Call
from tests.agents.strange_server import reply, strange_server
from tests.deploy.gateway.scene import KIND, Customer, gateway

PAYMENT = "mia:1/payment"
PATIENCE = 30.0  # seconds; nobody waits so long, save those who are to


def call(operation: Operation, **fields: Any) -> Call:
    """A call, under a key that is named after the operation."""
    made = Call(
        key=f"{PAYMENT}/{operation}",
        operation=operation,
        payment_id=PAYMENT,
        order_id="mia:1",
        amount=500,
        currency="USD",
        method="card" if operation == "authorize" else None,
        refund_id="r1" if operation == "refund" else None,
    )
    return msgspec.structs.replace(made, **fields)


AUTHORIZE, CAPTURE = call("authorize"), call("capture")
VOID, REFUND = call("void"), call("refund")


@asynccontextmanager
async def asked(url: str, seconds: float = PATIENCE) -> AsyncIterator[HttpGateway]:
    """An adapter that is closed in the end."""
    made = HttpGateway(url, seconds)
    try:
        yield made
    finally:
        await made.close()


@asynccontextmanager
async def simulated(
    directory: Path, odds: Odds = KIND, seconds: float = PATIENCE
) -> AsyncIterator[tuple[HttpGateway, Customer]]:
    """An adapter to the simulated gateway, with somebody who looks on."""
    async with gateway(directory, odds) as onlooker, asked(onlooker.url, seconds) as http:
        yield http, onlooker


async def test_an_authorization_is_answered_in_our_words(tmp_path: Path) -> None:
    async with simulated(tmp_path) as (http, onlooker):
        answer = await http.perform(AUTHORIZE)

        assert answer == GatewayAnswered(
            payment_id=PAYMENT,
            order_id="mia:1",
            key=AUTHORIZE.key,
            operation="authorize",
            outcome="succeeded",
            amount=500,
            reference=answer.reference,
            expires_at=onlooker.clock.now + timedelta(days=7),
        )
        assert answer.reference


async def test_every_operation_reaches_the_gateway(tmp_path: Path) -> None:
    async with simulated(tmp_path) as (http, onlooker):
        answers = [await http.perform(each) for each in (AUTHORIZE, CAPTURE, VOID, REFUND)]

        assert [(each.operation, each.outcome, each.amount, each.code) for each in answers] == [
            ("authorize", "succeeded", 500, None),
            ("capture", "succeeded", 500, None),
            ("void", "refused", 0, "already_captured"),
            ("refund", "succeeded", 500, None),
        ]
        assert [entry["refund_id"] for entry in await onlooker.listing()] == [
            None,
            None,
            None,
            "r1",
        ]


async def test_the_operations_of_the_port_are_those_that_perform_chooses(tmp_path: Path) -> None:
    async with simulated(tmp_path) as (http, _):
        assert (await http.authorize(AUTHORIZE)).outcome == "succeeded"
        assert (await http.void(VOID)).amount == 500
        assert (await http.capture(CAPTURE)).code == "already_voided"
        assert (await http.refund(REFUND)).code == "nothing_captured"


async def test_a_repeated_call_is_answered_as_the_first_time(tmp_path: Path) -> None:
    async with simulated(tmp_path) as (http, onlooker):
        first = await http.perform(AUTHORIZE)

        assert await http.perform(AUTHORIZE) == first
        assert await http.find(AUTHORIZE) == first
        assert len(await onlooker.listing()) == 1


async def test_what_was_not_asked_is_not_found(tmp_path: Path) -> None:
    async with simulated(tmp_path) as (http, _):
        assert await http.find(AUTHORIZE) is None


@pytest.mark.parametrize("key", ["a/b c:d", "100 %", "ü/鍵", "?#&=+", "line\r\nbreak\0", "k" * 255])
async def test_any_key_is_asked_and_found(tmp_path: Path, key: str) -> None:
    strange = call("authorize", key=key)
    async with simulated(tmp_path) as (http, _):
        answer = await http.perform(strange)

        assert answer.key == key
        assert await http.find(strange) == answer


@pytest.mark.parametrize(
    ("method", "code", "retryable"),
    [
        ("card-declined", "card_declined", False),
        ("card-insufficient-funds", "insufficient_funds", True),
    ],
)
async def test_a_refusal_is_a_definite_answer(
    tmp_path: Path, method: str, code: str, *, retryable: bool
) -> None:
    async with simulated(tmp_path) as (http, _):
        answer = await http.perform(call("authorize", method=method))

        assert (answer.outcome, answer.amount) == ("refused", 0)
        assert (answer.code, answer.retryable) == (code, retryable)
        assert (await http.find(AUTHORIZE)) == answer


@pytest.mark.parametrize("fields", [{"method": "gold"}, {"amount": -1}, {"payment_id": "p" * 256}])
async def test_what_the_gateway_calls_wrong_is_refused_for_good_and_logged(
    tmp_path: Path, fields: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    async with simulated(tmp_path) as (http, onlooker):
        answer = await http.perform(call("authorize", **fields))

        assert (answer.outcome, answer.code) == ("refused", "invalid_request")
        assert answer.retryable is False
        assert await onlooker.listing() == []
    logged = [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(logged) == 1
    assert AUTHORIZE.key in logged[0].getMessage()
    assert next(iter(fields)) in logged[0].getMessage()


async def test_a_key_that_was_used_for_another_amount_is_answered_with_what_was_done(
    tmp_path: Path,
) -> None:
    """Calling it refused would forget money that is held."""
    async with simulated(tmp_path) as (http, onlooker):
        done = await http.perform(AUTHORIZE)

        assert await http.perform(call("authorize", amount=700)) == done
        assert len(await onlooker.listing()) == 1


def faulty_key(odds: Odds, done: str) -> str:
    """A key whose first attempt alone is spoilt so."""
    keys = (f"{PAYMENT}/{number}" for number in range(1000))
    return next(
        key
        for key in keys
        if (fault := odds.fault(key)) and (fault.done, fault.attempts) == (done, 1)
    )


@pytest.mark.parametrize(
    "odds", [Odds(errors=1.0), Odds(lost=1.0), Odds(silence=1.0, patience=9e9)]
)
@pytest.mark.parametrize("done", ["first", "never"])
async def test_a_spoilt_attempt_is_silence_and_asking_again_ends_well(
    tmp_path: Path, odds: Odds, done: str
) -> None:
    spoilt = call("authorize", key=faulty_key(odds, done))
    async with simulated(tmp_path, odds, seconds=1 if odds.silence else PATIENCE) as (
        http,
        onlooker,
    ):
        with pytest.raises(GatewaySilent, match="ask again under the same key"):
            await http.perform(spoilt)
        found = await http.find(spoilt)
        answer = await http.perform(spoilt)

        assert (found is None) == (done == "never")
        assert found in {None, answer}
        assert answer.outcome == "succeeded"
        assert len(await onlooker.listing()) == 1


async def test_after_a_close_the_next_call_opens_anew(tmp_path: Path) -> None:
    async with simulated(tmp_path) as (http, _):
        first = await http.perform(AUTHORIZE)
        await http.close()
        await http.close()

        assert await http.perform(AUTHORIZE) == first


GOOD = {
    "key": AUTHORIZE.key,
    "operation": "authorize",
    "payment_id": PAYMENT,
    "outcome": "succeeded",
    "amount": 500,
}


def saying(**fields: Any) -> bytes:
    """A whole answer of a gateway, with some fields changed."""
    return reply(200, json.dumps(GOOD | fields).encode())


async def test_an_answer_needs_no_more_than_what_it_is_about_and_what_was_done() -> None:
    async with strange_server(saying(colour="red")) as strange, asked(strange.url) as http:
        answer = await http.perform(AUTHORIZE)

    assert (answer.outcome, answer.amount, answer.expires_at) == ("succeeded", 500, None)


async def test_an_expiry_is_told_in_utc() -> None:
    answer = saying(expires_at="2026-03-09T12:00:00+02:00")
    async with strange_server(answer) as strange, asked(strange.url) as http:
        expires_at = (await http.perform(AUTHORIZE)).expires_at

    assert expires_at == datetime(2026, 3, 9, 10, tzinfo=UTC)
    assert expires_at is not None
    assert expires_at.tzinfo is UTC


async def test_a_refusal_without_a_reason_has_one_nevertheless_and_no_amount() -> None:
    async with strange_server(saying(outcome="refused")) as strange, asked(strange.url) as http:
        answer = await http.perform(AUTHORIZE)

    assert (answer.outcome, answer.code, answer.amount) == ("refused", "unspecified", 0)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"key": "another"}, "key is 'another'"),
        ({"operation": "void"}, "operation is 'void'"),
        ({"payment_id": "another"}, "payment_id is 'another'"),
        ({"currency": "KRW"}, "currency is 'KRW'"),
        ({"currency": "XXX"}, "currency"),
        ({"outcome": "pending"}, "pending"),
        ({"amount": -1}, "amount"),
        ({"amount": 2**60}, "amount"),
        ({"amount": 5.5}, "amount"),
        ({"amount": None}, "amount"),
        ({"code": ""}, "code"),
        ({"expires_at": "2026-03-09T12:00:00"}, "expires_at"),
        ({"expires_at": "0001-01-01T00:00:00+23:00"}, "outside the years"),
    ],
)
async def test_an_answer_that_makes_no_sense_is_silence(fields: dict[str, Any], said: str) -> None:
    async with strange_server(saying(**fields)) as strange, asked(strange.url) as http:
        with pytest.raises(GatewaySilent, match=said):
            await http.perform(AUTHORIZE)
        with pytest.raises(GatewaySilent, match=said):
            await http.find(AUTHORIZE)
