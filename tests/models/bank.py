"""A little payment gateway in memory: it keeps its own accounts, and answers a key once.

How a payment goes is said by its method, as with the simulated gateway; "card-expired" is held and
then lapses, before anything can be taken of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from models.payment_messages import GatewayAnswered
from models.payments import Call

METHODS: Final = (
    "card",
    "card-declined",
    "card-insufficient-funds",
    "card-capture-refused",
    "card-expired",
    "card-refund-refused",
)
_DECLINED: Final = {
    "card-declined": "card_declined",
    "card-insufficient-funds": "insufficient_funds",
}


@dataclass
class Account:
    """What a payment holds, in minor units."""

    method: str
    authorized: int
    captured: int = 0
    voided: int = 0
    refunded: int = 0

    @property
    def held(self) -> int:
        """What the customer cannot spend because of it."""
        expired = self.method == "card-expired"
        return 0 if expired else self.authorized - self.captured - self.voided

    @property
    def kept(self) -> int:
        """What was taken for good."""
        return self.captured - self.refunded


class Bank:
    """Answers calls; the same key is answered as the first time."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.answers: dict[str, GatewayAnswered] = {}
        self.relents = False  # refunds that it would refuse, it makes

    def do(self, call: Call) -> GatewayAnswered:
        """Do what a call asks, if it is the first under its key, and answer it."""
        if call.key not in self.answers:
            operate: dict[str, Callable[[Call], str | None]] = {
                "authorize": self._authorize,
                "capture": self._capture,
                "void": self._void,
                "refund": self._refund,
            }
            before = self.accounts.get(call.payment_id)
            held = before.held if before else 0
            code = operate[call.operation](call)
            done = held if call.operation == "void" else call.amount
            self.answers[call.key] = GatewayAnswered(
                payment_id=call.payment_id,
                order_id=call.order_id,
                key=call.key,
                operation=call.operation,
                outcome="refused" if code else "succeeded",
                amount=0 if code else done,
                code=code,
            )
        return self.answers[call.key]

    def _authorize(self, call: Call) -> str | None:
        assert call.method is not None
        assert call.payment_id not in self.accounts, "a second authorization"
        if code := _DECLINED.get(call.method):
            return code
        self.accounts[call.payment_id] = Account(call.method, call.amount)
        return None

    def _capture(self, call: Call) -> str | None:
        account = self.accounts[call.payment_id]
        assert not account.captured, "a second capture"
        assert not account.voided, "a capture of what was let go"
        if account.method == "card-expired":
            return "authorization_expired"
        if account.method == "card-capture-refused":
            return "capture_refused"
        account.captured = call.amount
        return None

    def _void(self, call: Call) -> str | None:
        account = self.accounts[call.payment_id]
        assert not account.voided, "a second void"
        if account.method == "card-expired":
            return "authorization_expired"
        if account.captured:
            return "already_captured"
        account.voided = account.held
        return None

    def _refund(self, call: Call) -> str | None:
        account = self.accounts[call.payment_id]
        assert call.amount <= account.kept, "more given back than was taken"
        if account.method == "card-refund-refused" and not self.relents:
            return "refund_refused"
        account.refunded += call.amount
        return None
