"""The gateway's rules of money: under any sequence of requests, nothing is made or lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.gateway.accounts import Account, settle
from deploy.gateway.wire import Authorize, Capture, Method, PaymentRequest, Refund, Refusal, Void

START = datetime(2026, 3, 2, tzinfo=UTC)
EXPIRY = timedelta(hours=1)

amounts = st.integers(0, 5)
requests = st.one_of(
    st.builds(
        Authorize,
        payment_id=st.just("p"),
        amount=amounts,
        currency=st.just("USD"),
        method=st.sampled_from(get_args(Method)),
    ),
    st.builds(Capture, payment_id=st.just("p"), amount=amounts),
    st.builds(Void, payment_id=st.just("p")),
    st.builds(Refund, payment_id=st.just("p"), refund_id=st.just("r"), amount=amounts),
)
steps = st.tuples(requests, st.integers(0, 40).map(lambda minutes: timedelta(minutes=minutes)))


class Payment:
    """One payment, asked for this and that while time goes by."""

    def __init__(self) -> None:
        self.account: Account | None = None
        self.now = START
        self.done: list[tuple[str, int]] = []

    def ask(
        self, asked: PaymentRequest, declined: Refusal | None = None
    ) -> tuple[Account, int] | Refusal:
        settled = settle(self.account, asked, self.now, self.now + EXPIRY, declined)
        if not isinstance(settled, str):
            self.account, amount = settled
            self.done.append((type(asked).__name__, amount))
        return settled

    def total(self, operation: str) -> int:
        return sum(amount for name, amount in self.done if name == operation)


def authorize(amount: int = 500, method: Method = "card") -> Authorize:
    return Authorize(payment_id="p", amount=amount, currency="USD", method=method)


def capture(amount: int = 500) -> Capture:
    return Capture(payment_id="p", amount=amount)


def refund(amount: int = 500) -> Refund:
    return Refund(payment_id="p", refund_id="r", amount=amount)


VOID = Void(payment_id="p")


@given(st.lists(steps, max_size=12))
def test_an_account_is_the_sum_of_what_succeeded_and_never_more_than_was_there(
    history: list[tuple[PaymentRequest, timedelta]],
) -> None:
    payment = Payment()
    for asked, pause in history:
        before = payment.account
        if isinstance(payment.ask(asked), str):
            assert payment.account is before
        payment.now += pause
    account = payment.account
    if account is None:
        assert payment.done == []
        return

    assert account.authorized == payment.total("Authorize")
    assert (account.captured or 0) == payment.total("Capture")
    assert (account.voided or 0) == payment.total("Void")
    assert account.refunded == payment.total("Refund")
    assert 0 <= account.refunded <= (account.captured or 0) <= account.authorized
    assert account.authorized == account.uncaptured + (account.captured or 0) + (
        account.voided or 0
    )
    assert account.voided is None or account.captured is None
    assert account.held(payment.now) in {0, account.uncaptured}
    assert [name for name, _ in payment.done].count("Authorize") == 1
    assert [name for name, _ in payment.done].count("Void") <= 1


@pytest.mark.parametrize(
    ("history", "refusal"),
    [
        ([authorize(), authorize()], "already_authorized"),
        ([authorize(method="card-declined")], "card_declined"),
        ([authorize(method="card-insufficient-funds")], "insufficient_funds"),
        ([capture()], "nothing_authorized"),
        ([authorize(method="card-declined"), capture()], "nothing_authorized"),
        ([authorize(), VOID, capture()], "already_voided"),
        ([authorize(), capture(), capture()], "already_captured"),
        ([authorize(0), capture(0), capture(0)], "already_captured"),
        ([authorize(), capture(501)], "amount_too_large"),
        ([authorize(), capture(300), capture(201)], "amount_too_large"),
        ([authorize(method="card-capture-refused"), capture()], "capture_refused"),
        ([VOID], "nothing_authorized"),
        ([authorize(), VOID, VOID], "already_voided"),
        ([authorize(), capture(1), VOID], "already_captured"),
        ([authorize(0), capture(0), VOID], "already_captured"),
        ([refund()], "nothing_captured"),
        ([authorize(), refund(0)], "nothing_captured"),
        ([authorize(), capture(), refund(501)], "refund_too_large"),
        ([authorize(), capture(), refund(300), refund(201)], "refund_too_large"),
        ([authorize(method="card-refund-refused"), capture(), refund()], "refund_refused"),
    ],
)
def test_what_the_ledger_forbids_is_refused_with_a_code(
    history: list[PaymentRequest], refusal: Refusal
) -> None:
    payment = Payment()
    for asked in history[:-1]:
        payment.ask(asked)

    assert payment.ask(history[-1]) == refusal


@pytest.mark.parametrize("late", [capture(), VOID])
def test_an_authorization_ends_when_its_time_is_over(late: PaymentRequest) -> None:
    payment = Payment()
    payment.ask(authorize())
    payment.now += EXPIRY

    assert payment.ask(late) == "authorization_expired"
    assert payment.account is not None
    assert payment.account.held(payment.now) == 0


def test_what_was_captured_is_said_rather_than_that_time_is_over() -> None:
    payment = Payment()
    payment.ask(authorize())
    payment.ask(capture())
    payment.now += EXPIRY

    assert payment.ask(capture()) == "already_captured"
    assert not isinstance(payment.ask(refund()), str)


def test_an_authorization_is_captured_in_parts() -> None:
    payment = Payment()
    payment.ask(authorize())
    payment.ask(capture(300))
    payment.ask(capture(200))

    assert payment.account is not None
    assert payment.account.captured == 500


def test_a_free_order_is_authorized_and_captured_like_any_other() -> None:
    payment = Payment()

    assert not isinstance(payment.ask(authorize(0)), str)
    assert not isinstance(payment.ask(capture(0)), str)


def test_a_declined_authorization_may_be_tried_again() -> None:
    payment = Payment()
    assert payment.ask(authorize(), "card_declined") == "card_declined"

    assert not isinstance(payment.ask(authorize()), str)
