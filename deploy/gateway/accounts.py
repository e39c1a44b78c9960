"""The gateway's rules of money: what a payment holds, and what may be done with it. Pure.

A payment is authorized once, captured in one or several parts, or voided before any capture, and
refunded up to what was captured. What was neither captured nor voided is let go when the
authorization expires. Chance, keys and storage are elsewhere.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from deploy.gateway.wire import (
    Authorize,
    Capture,
    Method,
    PaymentRequest,
    Refund,
    Refusal,
    Void,
)
from models.money import Currency

# The customer may have filled the account by the next attempt; no other refusal ends by waiting.
RETRYABLE: Final[frozenset[Refusal]] = frozenset({"insufficient_funds"})

_DECLINED: Final[dict[Method, Refusal]] = {
    "card-declined": "card_declined",
    "card-insufficient-funds": "insufficient_funds",
}


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One payment, in minor units.

    `captured` and `voided` are None until that has happened: an order that costs nothing is
    captured with 0.
    """

    method: Method
    currency: Currency
    authorized: int
    expires_at: datetime
    captured: int | None = None
    voided: int | None = None
    refunded: int = 0

    @property
    def uncaptured(self) -> int:
        """What a capture may still take, if it comes in time."""
        return self.authorized - (self.captured or 0) - (self.voided or 0)

    def held(self, now: datetime) -> int:
        """What the customer cannot spend because of this payment."""
        return 0 if self.expires_at <= now else self.uncaptured


def settle(
    account: Account | None,
    asked: PaymentRequest,
    now: datetime,
    expires_at: datetime,
    declined: Refusal | None = None,
) -> tuple[Account, int] | Refusal:
    """Return the account after what was asked, with the amount done, or why it is refused.

    `declined` is the bank's word on an authorization that the rules allow.
    """
    match asked:
        case Authorize():
            return _authorize(account, asked, expires_at, declined)
        case Capture():
            return _capture(account, asked, now)
        case Void():
            return _void(account, now)
        case Refund():
            return _refund(account, asked)


def _authorize(
    account: Account | None, asked: Authorize, expires_at: datetime, declined: Refusal | None
) -> tuple[Account, int] | Refusal:
    if account is not None:
        return "already_authorized"
    refusal = _DECLINED.get(asked.method, declined)
    if refusal is not None:
        return refusal
    opened = Account(
        method=asked.method,
        currency=asked.currency,
        authorized=asked.amount,
        expires_at=expires_at,
    )
    return opened, asked.amount


def _capture(
    account: Account | None, asked: Capture, now: datetime
) -> tuple[Account, int] | Refusal:
    if account is None:
        return "nothing_authorized"
    done = account.captured is not None and not account.uncaptured
    if refusal := _ended(account, now, captured=done):
        return refusal
    if asked.amount > account.uncaptured:
        return "amount_too_large"
    if account.method == "card-capture-refused":
        return "capture_refused"
    captured = (account.captured or 0) + asked.amount
    return msgspec.structs.replace(account, captured=captured), asked.amount


def _void(account: Account | None, now: datetime) -> tuple[Account, int] | Refusal:
    if account is None:
        return "nothing_authorized"
    if refusal := _ended(account, now, captured=account.captured is not None):
        return refusal
    return msgspec.structs.replace(account, voided=account.authorized), account.authorized


def _ended(account: Account, now: datetime, *, captured: bool) -> Refusal | None:
    """Why nothing is held any more; what ended it first is said first."""
    if account.voided is not None:
        return "already_voided"
    if captured:
        return "already_captured"
    return "authorization_expired" if account.expires_at <= now else None


def _refund(account: Account | None, asked: Refund) -> tuple[Account, int] | Refusal:
    if account is None or account.captured is None:
        return "nothing_captured"
    if account.refunded + asked.amount > account.captured:
        return "refund_too_large"
    if account.method == "card-refund-refused":
        return "refund_refused"
    refunded = account.refunded + asked.amount
    return msgspec.structs.replace(account, refunded=refunded), asked.amount
