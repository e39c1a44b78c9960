"""The mail provider as the executor sees it: a port, and its adapter over HTTP.

As with payments, whatever is not a definite answer is GatewaySilent, and an answer under a key is
for ever: a mail asked for twice is sent once. What is worth saying is decided in
`models/notifications.py`.
"""

from __future__ import annotations

from typing import Final, Literal, Protocol

import msgspec

from agents.provider import INVALID_REQUEST, SECONDS, UNSPECIFIED, Provider
from models.messages import Name
from models.notification_messages import MailAnswered
from models.notifications import Mail


class Mailer(Protocol):
    """Whoever sends mail. Both raise GatewaySilent when there is no definite answer."""

    async def perform(self, mail: Mail) -> MailAnswered:
        """Send a mail, once for its key."""

    async def find(self, mail: Mail) -> MailAnswered | None:
        """Look up what was answered under the mail's key; None means not yet."""

    async def close(self) -> None:
        """Let connections go."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider says, in its own words; fields that we do not know are ignored."""

    key: Name
    outcome: Literal["succeeded", "refused"]
    code: Name | None = None


_read: Final = msgspec.json.Decoder(Receipt).decode


class HttpMailer(Mailer):
    """The provider at `url`; each call takes `timeout` seconds at most.

    A token in ORDERFLOW_MAIL_TOKEN is sent along as a bearer token.
    """

    def __init__(self, url: str, timeout: float = SECONDS) -> None:
        self._provider = Provider("mail", url, timeout)

    def __repr__(self) -> str:
        return f"HttpMailer({self._provider.url!r})"

    async def perform(self, mail: Mail) -> MailAnswered:
        """Send a mail, once for its key."""
        asked = {
            "order_id": mail.order_id,
            "kind": mail.kind,
            "version": mail.version,
            "to": mail.to,
            "name": mail.name,
        }
        body = await self._provider.post("/v1/mails", mail.key, asked)
        if body is None:  # unless something else was done under this key, which then counts
            return await self.find(mail) or _said(mail, "refused", INVALID_REQUEST)
        return self._understood(mail, body)

    async def find(self, mail: Mail) -> MailAnswered | None:
        """Look up what was answered under the mail's key; None means not yet."""
        body = await self._provider.get("/v1/mails", mail.key)
        return None if body is None else self._understood(mail, body)

    async def close(self) -> None:
        """Let connections go."""
        await self._provider.close()

    def _understood(self, mail: Mail, body: bytes) -> MailAnswered:
        what = f"mail under key {mail.key!r}"
        return self._provider.understand(what, body, lambda body: _answered(mail, _read(body)))


def _answered(mail: Mail, receipt: Receipt) -> MailAnswered:
    """Return the answer in our words; ValueError if it is one to something else."""
    if receipt.key != mail.key:
        raise ValueError(f"it is for the key {receipt.key!r}")
    code = (receipt.code or UNSPECIFIED) if receipt.outcome == "refused" else None
    return _said(mail, receipt.outcome, code)


def _said(mail: Mail, outcome: Literal["succeeded", "refused"], code: str | None) -> MailAnswered:
    return MailAnswered(order_id=mail.order_id, key=mail.key, outcome=outcome, code=code)
