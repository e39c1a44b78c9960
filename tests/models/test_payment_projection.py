"""The view of a payment: a ledger, and what it comes to."""

from __future__ import annotations

import pytest

from models.messages import Payload
from models.payment_projection import MOST_ENTRIES, LedgerEntry, PaymentView
from tests.models.test_order_projection import journey
from tests.tables.order_events import TOTAL
from tests.tables.payment_events import (
    ANSWER_KEPT,
    AUTHORIZATION_EXPIRED,
    AUTHORIZED,
    CAPTURE_FAILED,
    CAPTURED,
    CAPTURING,
    DECLINED,
    PAYMENT_REFUSED,
    REFUND_FAILED,
    REFUNDING,
    REQUESTED,
    VOID_FAILED,
    VOIDED,
    VOIDING,
    refunded,
)
from tests.tables.told import ADA, PAID, after, told


def view(*events: Payload) -> PaymentView:
    """The payment's view after its events; the order's repeats its status and sums."""
    found = journey(told("/payments", events))
    assert found.payment is not None
    assert found.order is not None
    assert found.order.payment_status == found.payment.status
    assert found.order.sums == found.payment.sums
    return found.payment


@pytest.mark.parametrize(
    ("events", "status", "sums"),
    [
        ([], "pending", {}),
        ([AUTHORIZED], "authorized", {"authorized": TOTAL}),
        ([AUTHORIZED, CAPTURING], "authorized", {"authorized": TOTAL}),
        ([DECLINED], "failed", {}),
        ([DECLINED, REQUESTED], "pending", {}),
        ([AUTHORIZED, CAPTURED], "captured", {"authorized": TOTAL, "captured": TOTAL}),
        ([AUTHORIZED, CAPTURED, ANSWER_KEPT], "captured", {"captured": TOTAL}),
        ([AUTHORIZED, CAPTURE_FAILED], "authorized", {"captured": 0}),
        ([AUTHORIZED, VOIDING, VOIDED], "voided", {"authorized": TOTAL, "voided": TOTAL}),
        ([AUTHORIZED, AUTHORIZATION_EXPIRED], "expired", {"expired": TOTAL}),
        ([AUTHORIZED, CAPTURED, refunded(500)], "partially_refunded", {"refunded": 500}),
        ([AUTHORIZED, CAPTURED, refunded(500), refunded(1300)], "refunded", {"refunded": TOTAL}),
        ([AUTHORIZED, CAPTURED, REFUNDING, REFUND_FAILED], "captured", {"refunded": 0}),
        ([AUTHORIZED, VOIDED, CAPTURED], "captured", {"voided": TOTAL, "captured": TOTAL}),
    ],
)
def test_its_status_and_sums_follow_from_its_events(
    events: list[Payload], status: str, sums: dict[str, int]
) -> None:
    found = view(REQUESTED, *events)

    assert found.status == status
    assert found.sums.currency == "USD"
    assert {name: getattr(found.sums, name) for name in sums} == sums


def test_the_ledger_says_what_was_asked_done_and_refused() -> None:
    found = view(REQUESTED, AUTHORIZED, VOIDING, VOID_FAILED, PAYMENT_REFUSED)

    key = f"{PAID}/authorize"
    assert found.entries == (
        LedgerEntry(sequence=1, type="PaymentRequested", time=after(1), amount=TOTAL, key=key),
        LedgerEntry(sequence=2, type="PaymentAuthorized", time=after(2), amount=TOTAL, key=key),
        LedgerEntry(sequence=3, type="PaymentVoidRequested", time=after(3), key=f"{PAID}/void"),
        LedgerEntry(
            sequence=4,
            type="PaymentVoidFailed",
            time=after(4),
            key=f"{PAID}/void",
            code="already_captured",
        ),
        LedgerEntry(
            sequence=5, type="PaymentCommandRefused", time=after(5), reason="no such payment"
        ),
    )
    assert (found.payment_id, found.order_id, found.method) == (PAID, ADA, "card")
    assert (found.code, found.version) == ("already_captured", 5)
    assert (found.created_at, found.updated_at) == (after(1), after(5))


def test_a_refund_that_is_retried_for_ever_does_not_make_the_record_grow() -> None:
    found = view(REQUESTED, AUTHORIZED, CAPTURED, *[REFUND_FAILED] * 200, refunded(TOTAL))

    assert len(found.entries) == MOST_ENTRIES
    assert found.omitted == 204 - MOST_ENTRIES
    assert [found.entries[0].sequence, found.entries[-1].sequence] == [105, 204]
    assert (found.status, found.sums.refunded) == ("refunded", TOTAL)
