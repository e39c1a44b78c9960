"""The payment processor: does what is asked once per key, and keeps the answer for ever.

Joins the rules of money, the bank's chance and the ledger. It knows nothing of HTTP, and of no
fault but the bank's refusals.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from deploy.gateway.accounts import RETRYABLE, Account, settle
from deploy.gateway.chance import Odds
from deploy.gateway.ledger import Book, Effect, Ledger
from deploy.gateway.wire import (
    REQUESTS,
    Answer,
    Authorize,
    Entry,
    Mail,
    MailAnswer,
    MailEntry,
    Outcome,
    PaymentRequest,
    Refund,
    encode,
)
from models.money import Currency

EXPIRY: Final = timedelta(days=7)  # what card schemes usually grant

_OPERATIONS: Final = {kind: name for name, kind in REQUESTS.items()}

_read_account = msgspec.json.Decoder(Account).decode
_read_answer = msgspec.json.Decoder(Answer).decode
_read_asked = msgspec.json.Decoder(PaymentRequest).decode
_read_mail = msgspec.json.Decoder(Mail).decode
_read_mail_answer = msgspec.json.Decoder(MailAnswer).decode


def utc_now() -> datetime:
    """The gateway's clock."""
    return datetime.now(UTC)


class Processor:
    """Payments and mails by idempotency key."""

    def __init__(
        self,
        ledger: Ledger,
        odds: Odds,
        expiry: timedelta = EXPIRY,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.ledger = ledger
        self._odds = odds
        self._expiry = expiry
        self._clock = clock

    def do(self, key: str, asked: PaymentRequest | Mail) -> tuple[bytes, bool]:
        """Return the answer, and whether it was given before.

        Raises:
            KeyReused: the key was used for something else.
        """
        now = self._clock()

        def effect() -> bytes:
            if isinstance(asked, Mail):
                return encode(_deliver(key, asked))
            return encode(self._operate(key, asked, now))

        return self.ledger.once(
            book_of(asked), key, encode(asked), msgspec.to_builtins(now), effect
        )

    def find(self, book: Book, key: str) -> bytes | None:
        """The answer under a key, if there is one."""
        found = self.ledger.find(book, key)
        return None if found is None else found.answer

    def listing(self, book: Book) -> Iterator[bytes]:
        """Every effect as lines of JSON, in the order they were done, some at a time."""
        line = _entry if book == "operations" else _mail_entry
        for page in self.ledger.pages(book):
            yield b"".join(encode(line(effect)) + b"\n" for effect in page)

    def _operate(self, key: str, asked: PaymentRequest, now: datetime) -> Answer:
        kept = self.ledger.account(asked.payment_id)
        account = None if kept is None else _read_account(kept)
        settled = settle(account, asked, now, now + self._expiry, self._odds.declined(key))
        if isinstance(settled, str):
            code, amount = settled, 0
        else:
            code, (account, amount) = None, settled
            self.ledger.put_account(asked.payment_id, encode(account))
        authorizes = isinstance(asked, Authorize)
        return Answer(
            key=key,
            operation=_OPERATIONS[type(asked)],
            payment_id=asked.payment_id,
            outcome=_outcome(code),
            amount=amount,
            currency=_currency(account, asked),
            code=code,
            retryable=code in RETRYABLE,
            reference=None if code else _reference(key),
            expires_at=account.expires_at if account and authorizes and not code else None,
        )


def book_of(asked: PaymentRequest | Mail) -> Book:
    """Return where what is asked is kept: the keys of mails and payments are apart."""
    return "mails" if isinstance(asked, Mail) else "operations"


def _currency(account: Account | None, asked: PaymentRequest) -> Currency | None:
    if isinstance(asked, Authorize):
        return asked.currency
    return None if account is None else account.currency


def _outcome(code: str | None) -> Outcome:
    return "succeeded" if code is None else "refused"


def _reference(key: str) -> str:
    """The gateway's own name for an operation."""
    return "sim_" + hashlib.blake2b(key.encode(), digest_size=10).hexdigest()


def _deliver(key: str, mail: Mail) -> MailAnswer:
    """Addresses that nobody could deliver to are refused, and `bounce@…` for tests."""
    local, _, domain = mail.to.rpartition("@")
    code = None
    if not local or not domain:
        code = "invalid_address"
    elif local == "bounce":
        code = "mailbox_unavailable"
    return MailAnswer(key=key, order_id=mail.order_id, outcome=_outcome(code), code=code)


def _entry(effect: Effect) -> Entry:
    answer, asked = _read_answer(effect.answer), _read_asked(effect.asked)
    return Entry(
        key=answer.key,
        operation=answer.operation,
        payment_id=answer.payment_id,
        refund_id=asked.refund_id if isinstance(asked, Refund) else None,
        outcome=answer.outcome,
        amount=answer.amount,
        currency=answer.currency,
        code=answer.code,
        time=effect.time,
    )


def _mail_entry(effect: Effect) -> MailEntry:
    answer, mail = _read_mail_answer(effect.answer), _read_mail(effect.asked)
    return MailEntry(
        key=answer.key,
        order_id=mail.order_id,
        kind=mail.kind,
        version=mail.version,
        to=mail.to,
        outcome=answer.outcome,
        time=effect.time,
    )
