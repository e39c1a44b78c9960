"""What goes wrong leaves the truth to be found, and asking again under the same key ends well."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from deploy.gateway.chance import Odds
from tests.deploy.gateway.scene import Customer, Reply, gateway
from tests.faults.workers import eventually

BAD = Odds(silence=0.4, lost=0.3, errors=0.3)
SOON = msgspec.structs.replace(BAD, patience=0.05)  # silence that is over in a moment
NEVER = msgspec.structs.replace(BAD, patience=600.0)  # silence that no test outlasts
IMPATIENT, PATIENT = aiohttp.ClientTimeout(total=1), aiohttp.ClientTimeout(total=60)


def key_with(kind: str, done: str, attempts: int = 1) -> str:
    """Return a key that fares so."""
    keys = (f"{kind}/{number}" for number in range(10_000))
    return next(
        key
        for key in keys
        if (fault := BAD.fault(key))
        and (fault.kind, fault.done, fault.attempts) == (kind, done, attempts)
    )


async def attempt(
    customer: Customer, key: str, patience: aiohttp.ClientTimeout = PATIENT, **fields: Any
) -> Reply | None:
    """Ask once; None if no answer comes."""
    body = {"payment_id": "p", "amount": 5, "currency": "USD", "method": "card"} | fields
    try:
        return await customer.post("/v1/authorize", body, key, timeout=patience)
    except (TimeoutError, aiohttp.ClientError):
        return None


def attempts(customer: Customer) -> int:
    """How many attempts were spoilt."""
    rows = customer.ledger._sql.execute("SELECT sum(count) FROM attempts")
    return rows.fetchone()[0] or 0


async def found_in_time(customer: Customer, key: str) -> None:
    """Wait for the effect; a busy machine may take longer for it than the client has patience."""

    async def found() -> bool:
        return (await customer.find(key)).status == 200

    await eventually(found, f"an effect of {key}")


@pytest.mark.parametrize(
    ("kind", "done", "status", "found"),
    [
        ("error", "first", {500, 503}, 200),
        ("error", "never", {500, 503}, 404),
        ("lost", "first", None, 200),
        ("lost", "never", None, 404),
        ("silence", "first", None, 200),
        ("silence", "late", None, 404),
        ("silence", "never", None, 404),
    ],
)
async def test_a_spoilt_attempt_leaves_the_truth_to_be_found(
    tmp_path: Path, kind: str, done: str, status: set[int] | None, found: int
) -> None:
    key = key_with(kind, done)
    async with gateway(tmp_path, NEVER) as customer:
        spoilt = await attempt(customer, key, IMPATIENT if kind == "silence" else PATIENT)
        if found == 200:
            await found_in_time(customer, key)
        truth = await customer.find(key)
        again = await attempt(customer, key)

        assert (spoilt is None) if status is None else (spoilt and spoilt.status in status)
        assert truth.status == found
        assert again is not None
        assert again.status == 200
        assert (again.headers.get("Idempotent-Replayed") == "true") == (found == 200)
        assert (await customer.find(key)).body == again.body
        assert [entry["key"] for entry in await customer.listing()] == [key]


async def test_a_late_effect_happens_after_the_client_gave_up(tmp_path: Path) -> None:
    key = key_with("silence", "late")
    async with gateway(tmp_path, msgspec.structs.replace(BAD, patience=0.5)) as customer:
        asking = asyncio.create_task(attempt(customer, key))
        await eventually(lambda: attempts(customer), "the request has come")
        asking.cancel()

        await found_in_time(customer, key)
        assert len(await customer.listing()) == 1


async def test_a_retry_before_a_late_effect_leaves_one_effect(tmp_path: Path) -> None:
    key = key_with("silence", "late")
    async with gateway(tmp_path, SOON) as customer:
        one, other = await asyncio.gather(attempt(customer, key), attempt(customer, key))

        assert one is not None
        assert other is not None
        assert one.body == other.body
        assert len(await customer.listing()) == 1


@pytest.mark.parametrize(("kind", "done"), [("error", "never"), ("lost", "first")])
async def test_two_attempts_may_be_spoilt_and_the_third_is_not(
    tmp_path: Path, kind: str, done: str
) -> None:
    key = key_with(kind, done, attempts=2)
    async with gateway(tmp_path, BAD) as customer:
        replies = [await attempt(customer, key) for _ in range(3)]

    assert [reply is not None and reply.status == 200 for reply in replies] == [False, False, True]


async def test_a_restart_spoils_no_key_again(tmp_path: Path) -> None:
    key = key_with("error", "never")
    async with gateway(tmp_path, BAD) as customer:
        assert (await attempt(customer, key)) is not None
    async with gateway(tmp_path, BAD) as customer:
        reply = await attempt(customer, key)

    assert reply is not None
    assert reply.status == 200


async def test_a_slow_card_is_charged_and_answered_when_asked_again(tmp_path: Path) -> None:
    async with gateway(tmp_path, Odds(patience=NEVER.patience)) as customer:
        silent = await attempt(customer, "k", IMPATIENT, method="card-slow")
        await found_in_time(customer, "k")
        truth = await customer.find("k")
        again = await attempt(customer, "k", method="card-slow")

    assert silent is None
    assert truth.body["outcome"] == "succeeded"
    assert again is not None
    assert again.body == truth.body


async def test_a_client_with_more_patience_gets_its_answer_after_the_silence(
    tmp_path: Path,
) -> None:
    async with gateway(tmp_path, Odds(patience=SOON.patience)) as customer:
        reply = await customer.authorize(method="card-slow")

    assert reply.body["outcome"] == "succeeded"


async def test_a_wrong_request_is_told_so_whatever_chance_has_drawn(tmp_path: Path) -> None:
    key = key_with("silence", "never")
    async with gateway(tmp_path, NEVER) as customer:
        reply = await attempt(customer, key, amount=-1)

    assert reply is not None
    assert reply.status == 400


async def test_mails_fare_no_better(tmp_path: Path) -> None:
    key = key_with("error", "first")
    async with gateway(tmp_path, BAD) as customer:
        spoilt = await customer.mail(key=key)
        truth = await customer.find(key, "mails")

        assert spoilt.status in {500, 503}
        assert truth.body["outcome"] == "succeeded"
        assert (await customer.mail(key=key)).body == truth.body
        assert len(await customer.listing("/mails")) == 1


async def test_after_any_misfortune_the_ledger_holds_one_effect_per_key(tmp_path: Path) -> None:
    async with gateway(tmp_path, msgspec.structs.replace(SOON, decline=0.3)) as customer:
        keys = [f"k{number}" for number in range(60)]

        async def until_answered(key: str) -> str:
            while True:
                reply = await attempt(customer, key, payment_id=f"payment of {key}")
                if reply and reply.status == 200:
                    return str(reply.body["outcome"])

        outcomes = await asyncio.gather(*map(until_answered, keys))
        entries = await customer.listing()

    assert {entry["key"]: entry["outcome"] for entry in entries} == dict(
        zip(keys, outcomes, strict=True)
    )
    assert len(entries) == len(keys)
    assert set(outcomes) == {"succeeded", "refused"}
