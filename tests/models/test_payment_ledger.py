"""The ledger of a payment: which calls are open, what the sums are, and how it is kept."""

from __future__ import annotations

import msgspec
import pytest

from models.payments import Call, Payment, calls, evolve, refuse
from tests.models.payment_story import (
    CAPTURE,
    GIVING,
    HELD,
    ID,
    IDS,
    PASTS,
    RACING,
    REQUESTED,
    TAKEN,
    folded,
)

replace = msgspec.structs.replace


# What is open.


def test_calls_tell_the_gateway_all_that_it_needs() -> None:
    assert calls(folded((REQUESTED,))) == (
        Call(
            key=f"{ID}/authorize", operation="authorize", **IDS, amount=1000, currency="USD",
            method="card",
        ),
    )  # fmt: skip
    assert calls(folded(RACING)) == (
        Call(key=f"{ID}/capture/1", operation="capture", **IDS, amount=1000, currency="USD"),
        Call(key=f"{ID}/void/1", operation="void", **IDS, amount=0, currency="USD"),
    )
    assert calls(folded(GIVING)) == (
        Call(
            key=f"{ID}/refund/return", operation="refund", **IDS, amount=1000, currency="USD",
            refund_id="return",
        ),
    )  # fmt: skip


OPEN = {
    "requested": ["authorize"],
    "requested, void wanted": ["authorize"],
    "capture asked": ["capture/1"],
    "void asked": ["void/1"],
    "capture and void asked": ["capture/1", "void/1"],
    "void too late, capture unanswered": ["capture/1"],
    "voided, capture unanswered": ["capture/1"],
    "refund asked": ["refund/return"],
}


@pytest.mark.parametrize("past", PASTS)
def test_a_call_is_open_until_it_is_answered(past: str) -> None:
    keys = [call.key.removeprefix(f"{ID}/") for call in calls(folded(PASTS[past]))]

    assert keys == OPEN.get(past, [])


def test_where_there_is_no_payment_there_are_no_calls() -> None:
    assert calls(None) == ()


# The state.


@pytest.mark.parametrize("past", PASTS)
def test_a_state_is_the_same_after_json_and_its_version_counts_its_events(past: str) -> None:
    payment = folded(PASTS[past])

    assert msgspec.json.decode(msgspec.json.encode(payment), type=Payment) == payment
    assert payment.version == len(PASTS[past])


def test_refusals_are_numbered_too() -> None:
    refusal = refuse(folded(HELD), CAPTURE, "why")

    assert evolve(folded(HELD), refusal) == replace(folded(HELD), version=3)
    assert evolve(None, refusal) is None


def test_a_payment_is_small_in_json() -> None:
    assert msgspec.json.encode(folded(TAKEN)) == (
        b'{"payment_id":"mina:1/payment","order_id":"mina:1","currency":"USD","method":"card",'
        b'"version":4,"entries":['
        b'{"name":"authorize","operation":"authorize","amount":1000,"outcome":"succeeded",'
        b'"moved":1000},'
        b'{"name":"capture/1","operation":"capture","amount":1000,"outcome":"succeeded",'
        b'"moved":1000}]}'
    )


# The sums, each as: authorized, captured, refunded, voided, expired, still authorized, kept.

SUMS = {
    "requested": (0, 0, 0, 0, 0, 0, 0),
    "requested, void wanted": (0, 0, 0, 0, 0, 0, 0),
    "authorized": (1000, 0, 0, 0, 0, 1000, 0),
    "declined": (0, 0, 0, 0, 0, 0, 0),
    "declined, voided": (0, 0, 0, 0, 0, 0, 0),
    "capture asked": (1000, 0, 0, 0, 0, 1000, 0),
    "captured": (1000, 1000, 0, 0, 0, 0, 1000),
    "captured, void failed": (1000, 1000, 0, 0, 0, 0, 1000),
    "capture refused": (1000, 0, 0, 0, 0, 1000, 0),
    "expired": (1000, 0, 0, 0, 1000, 0, 0),
    "void asked": (1000, 0, 0, 0, 0, 1000, 0),
    "voided": (1000, 0, 0, 1000, 0, 0, 0),
    "void refused": (1000, 0, 0, 0, 0, 1000, 0),
    "capture and void asked": (1000, 0, 0, 0, 0, 1000, 0),
    "void too late, capture unanswered": (1000, 0, 0, 0, 0, 1000, 0),
    "voided, capture unanswered": (1000, 0, 0, 0, 0, 1000, 0),
    "refund asked": (1000, 1000, 0, 0, 0, 0, 1000),
    "refunded": (1000, 1000, 1000, 0, 0, 0, 0),
    "refund refused": (1000, 1000, 0, 0, 0, 0, 1000),
    "refund refused, may be tried again": (1000, 1000, 0, 0, 0, 0, 1000),
}


@pytest.mark.parametrize("past", PASTS)
def test_the_sums_are_those_of_the_entries(past: str) -> None:
    it = folded(PASTS[past])
    sums = it.authorized, it.captured, it.refunded, it.voided, it.expired

    assert (*sums, it.still_authorized, it.kept) == SUMS[past]
