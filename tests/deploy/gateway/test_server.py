"""The gateway over HTTP: one effect and one answer per key, and a ledger that says the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.gateway.chance import Odds
from tests.deploy.gateway.scene import PAYMENT, Customer, gateway


@pytest.fixture
async def customer(tmp_path: Path) -> AsyncIterator[Customer]:
    async with gateway(tmp_path) as customer:
        yield customer


async def test_an_operation_is_answered_in_full(customer: Customer) -> None:
    reply = await customer.authorize()

    assert reply.status == 200
    assert reply.body.pop("reference").startswith("sim_")
    assert reply.body == {
        "key": "authorize",
        "operation": "authorize",
        "payment_id": PAYMENT,
        "outcome": "succeeded",
        "amount": 500,
        "currency": "USD",
        "code": None,
        "retryable": False,
        "expires_at": "2026-03-09T10:00:00Z",
    }


async def test_a_refusal_is_an_answer_with_a_code_and_no_amount(customer: Customer) -> None:
    reply = await customer.authorize(method="card-insufficient-funds")

    assert reply.status == 200
    assert reply.body["outcome"] == "refused"
    assert reply.body["code"] == "insufficient_funds"
    assert reply.body["retryable"] is True
    assert reply.body["amount"] == 0
    assert reply.body["reference"] is None
    assert reply.body["expires_at"] is None


async def test_what_is_refused_for_want_of_a_payment_has_no_currency(customer: Customer) -> None:
    reply = await customer.capture()

    assert (reply.body["code"], reply.body["currency"]) == ("nothing_authorized", None)


async def test_a_second_authorization_is_refused_in_the_currency_it_was_asked_in(
    customer: Customer,
) -> None:
    await customer.authorize()
    reply = await customer.authorize(key="again", currency="KRW")

    assert (reply.body["code"], reply.body["currency"]) == ("already_authorized", "KRW")


async def test_a_repeated_key_is_answered_as_the_first_time(customer: Customer) -> None:
    first = await customer.authorize()
    customer.clock.now += timedelta(days=30)
    again = await customer.authorize()

    assert again.body == first.body
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(await customer.listing()) == 1


async def test_a_refusal_stays_a_refusal_under_its_key(customer: Customer) -> None:
    refused = await customer.capture()
    await customer.authorize()

    assert (await customer.capture()).body == refused.body
    assert (await customer.capture(key="again")).body["outcome"] == "succeeded"


async def test_the_same_request_laid_out_otherwise_is_the_same(customer: Customer) -> None:
    await customer.authorize()
    body = (
        f'{{ "method":"card", "currency":"USD", "amount":500, "payment_id":"{PAYMENT}" }}'.encode()
    )

    reply = await customer.post("/v1/authorize", body, "authorize")

    assert reply.headers["Idempotent-Replayed"] == "true"


async def test_a_key_with_another_body_or_operation_is_refused(customer: Customer) -> None:
    await customer.authorize()

    for reply in (await customer.authorize(501), await customer.void(key="authorize")):
        assert reply.status == 422
        assert reply.body["field"] == "Idempotency-Key"
        assert reply.body["value"] == "authorize"
        assert '"amount":500' in reply.body["detail"]
    assert len(await customer.listing()) == 1


async def test_a_key_of_two_requests_at_once_has_one_effect(tmp_path: Path) -> None:
    async with gateway(tmp_path, Odds(latency=0.02)) as customer:
        replies = await asyncio.gather(*(customer.authorize() for _ in range(20)))

        assert len({reply.body["reference"] for reply in replies}) == 1
        assert sum("Idempotent-Replayed" not in reply.headers for reply in replies) == 1
        assert len(await customer.listing()) == 1


async def test_captures_at_once_never_take_more_than_is_held(tmp_path: Path) -> None:
    async with gateway(tmp_path, Odds(latency=0.02)) as customer:
        await customer.authorize(500)
        replies = await asyncio.gather(*(customer.capture(100, key=f"c{n}") for n in range(8)))

        assert sum(reply.body["amount"] for reply in replies) == 500
        assert {reply.body["code"] for reply in replies} == {None, "already_captured"}


@pytest.mark.parametrize(
    "key", ["a/b:c", "100 %", "ü/鍵", "?#&=", "line\nbreak\0", "a/../b", "k" * 255]
)
async def test_any_text_is_a_key(customer: Customer, key: str) -> None:
    reply = await customer.authorize(key=key)

    assert reply.body["key"] == key
    assert (await customer.find(key)).body == reply.body
    assert [entry["key"] for entry in await customer.listing()] == [key]


async def test_looking_up_says_what_was_answered_and_nothing_before(customer: Customer) -> None:
    before = await customer.find("authorize")
    answered = await customer.authorize(method="card-declined")

    assert before.status == 404
    assert before.body["value"] == "authorize"
    assert (await customer.find("authorize")).body == answered.body


async def test_money_is_captured_and_refunded_and_every_step_is_in_the_ledger(
    customer: Customer,
) -> None:
    await customer.authorize(500)
    await customer.capture(500)
    await customer.void()
    await customer.refund(200)

    assert [
        (entry["operation"], entry["outcome"], entry["amount"], entry["code"], entry["refund_id"])
        for entry in await customer.listing()
    ] == [
        ("authorize", "succeeded", 500, None, None),
        ("capture", "succeeded", 500, None, None),
        ("void", "refused", 0, "already_captured", None),
        ("refund", "succeeded", 200, None, "r1"),
    ]


async def test_a_void_says_how_much_it_let_go(customer: Customer) -> None:
    await customer.authorize(500)

    assert (await customer.void()).body["amount"] == 500


async def test_an_authorization_expires_by_the_clock(tmp_path: Path) -> None:
    async with gateway(tmp_path, expiry=timedelta(hours=1)) as customer:
        await customer.authorize()
        customer.clock.now += timedelta(hours=1)

        assert (await customer.capture()).body["code"] == "authorization_expired"


async def test_a_line_of_the_ledger_has_every_field(customer: Customer) -> None:
    await customer.authorize()

    assert await customer.listing() == [
        {
            "key": "authorize",
            "operation": "authorize",
            "payment_id": PAYMENT,
            "refund_id": None,
            "outcome": "succeeded",
            "amount": 500,
            "currency": "USD",
            "code": None,
            "time": "2026-03-02T10:00:00Z",
        }
    ]


async def test_a_bank_that_declines_does_so_by_chance(tmp_path: Path) -> None:
    async with gateway(tmp_path, Odds(decline=1.0)) as customer:
        assert (await customer.authorize()).body["outcome"] == "refused"
        assert (await customer.capture()).body["code"] == "nothing_authorized"


async def test_mail_is_told_once_and_has_its_list(customer: Customer) -> None:
    first, again = await customer.mail(), await customer.mail()

    assert first.body == {"key": "mail", "order_id": "mia:1", "outcome": "succeeded", "code": None}
    assert again.body == first.body
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (await customer.find("mail", "mails")).body == first.body
    assert await customer.listing("/mails") == [
        {
            "key": "mail",
            "order_id": "mia:1",
            "kind": "confirmed",
            "version": 1,
            "to": "mia@example.com",
            "outcome": "succeeded",
            "time": "2026-03-02T10:00:00Z",
        }
    ]
    assert await customer.listing() == []


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("bounce@example.com", "mailbox_unavailable"),
        ("mia", "invalid_address"),
        ("mia@", "invalid_address"),
        ("@example.com", "invalid_address"),
    ],
)
async def test_an_address_that_nobody_has_is_refused(
    customer: Customer, address: str, code: str
) -> None:
    reply = await customer.mail(address)

    assert (reply.body["outcome"], reply.body["code"]) == ("refused", code)


async def test_the_root_says_what_this_is(customer: Customer) -> None:
    async with customer.http.get("/") as answer:
        about = await answer.json()

    assert "simulated payment gateway" in about["what"]
    assert about["do"]["POST /v1/void"] == ["payment_id"]
    assert set(about["methods"]) >= {"card", "card-slow", "card-declined"}
    assert about["odds"]["decline"] == 0
