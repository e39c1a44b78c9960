"""The payment gateway as the executor sees it: a port, and its adapter over HTTP.

Whatever is not a definite answer is GatewaySilent: unknown is not failed. An answer under a key is
for ever. What follows from it is decided in `models/payments.py`.
"""

from __future__ import annotations

from typing import Any, Final, Literal, Protocol

import msgspec

from agents.provider import INVALID_REQUEST, SECONDS, UNSPECIFIED, Provider
from models.messages import Instant, Name, in_utc
from models.money import Amount, Currency
from models.payment_messages import GatewayAnswered, Operation
from models.payments import Call


class PaymentGateway(Protocol):
    """Whoever moves money. Every call has a key: one effect, and one answer, however often made.

    Each raises GatewaySilent when there is no definite answer.
    """

    async def authorize(self, call: Call) -> GatewayAnswered:
        """Hold the amount."""

    async def capture(self, call: Call) -> GatewayAnswered:
        """Take of what is held."""

    async def void(self, call: Call) -> GatewayAnswered:
        """Let go what is held."""

    async def refund(self, call: Call) -> GatewayAnswered:
        """Give back of what was taken."""

    async def find(self, call: Call) -> GatewayAnswered | None:
        """Look up what was answered under the call's key.

        None means not yet: the call may still be on its way, so it is made again, not given up.
        """

    async def close(self) -> None:
        """Let connections go."""

    async def perform(self, call: Call) -> GatewayAnswered:
        """Make the call, whichever operation it is."""
        match call.operation:
            case "authorize":
                return await self.authorize(call)
            case "capture":
                return await self.capture(call)
            case "void":
                return await self.void(call)
            case "refund":
                return await self.refund(call)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway says, in its own words; fields that we do not know are ignored."""

    key: Name
    operation: Operation
    payment_id: Name
    outcome: Literal["succeeded", "refused"]
    amount: Amount
    currency: Currency | None = None
    code: Name | None = None
    retryable: bool = False
    reference: Name | None = None
    expires_at: Instant | None = None


_read: Final = msgspec.json.Decoder(Answer).decode


class HttpGateway(PaymentGateway):
    """The gateway at `url`; each call takes `timeout` seconds at most.

    A token in ORDERFLOW_GATEWAY_TOKEN is sent along as a bearer token.
    """

    def __init__(self, url: str, timeout: float = SECONDS) -> None:
        self._provider = Provider("gateway", url, timeout)

    def __repr__(self) -> str:
        return f"HttpGateway({self._provider.url!r})"

    async def authorize(self, call: Call) -> GatewayAnswered:
        """Hold the amount."""
        return await self._post(
            call, amount=call.amount, currency=call.currency, method=call.method
        )

    async def capture(self, call: Call) -> GatewayAnswered:
        """Take of what is held."""
        return await self._post(call, amount=call.amount)

    async def void(self, call: Call) -> GatewayAnswered:
        """Let go what is held."""
        return await self._post(call)

    async def refund(self, call: Call) -> GatewayAnswered:
        """Give back of what was taken."""
        return await self._post(call, refund_id=call.refund_id, amount=call.amount)

    async def find(self, call: Call) -> GatewayAnswered | None:
        """Look up what was answered under the call's key."""
        body = await self._provider.get("/v1/operations", call.key)
        return None if body is None else self._understood(call, body)

    async def close(self) -> None:
        """Let connections go."""
        await self._provider.close()

    async def _post(self, call: Call, **fields: Any) -> GatewayAnswered:
        asked = {"payment_id": call.payment_id, **fields}
        body = await self._provider.post(f"/v1/{call.operation}", call.key, asked)
        if body is None:  # unless something else was done under this key, which then counts
            return await self.find(call) or _invalid(call)
        return self._understood(call, body)

    def _understood(self, call: Call, body: bytes) -> GatewayAnswered:
        what = f"{call.operation} under key {call.key!r}"
        return self._provider.understand(what, body, lambda body: _answered(call, _read(body)))


def _invalid(call: Call) -> GatewayAnswered:
    return GatewayAnswered(
        payment_id=call.payment_id,
        order_id=call.order_id,
        key=call.key,
        operation=call.operation,
        outcome="refused",
        code=INVALID_REQUEST,
    )


def _answered(call: Call, answer: Answer) -> GatewayAnswered:
    """Return the answer in our words; ValueError if it is one to something else."""
    for name in ("key", "operation", "payment_id", "currency"):
        said, asked = getattr(answer, name), getattr(call, name)
        if said not in {asked, None}:
            raise ValueError(f"{name} is {said!r}, asked was {asked!r}")
    refused = answer.outcome == "refused"
    return GatewayAnswered(
        payment_id=call.payment_id,
        order_id=call.order_id,
        key=call.key,
        operation=call.operation,
        outcome=answer.outcome,
        amount=0 if refused else answer.amount,
        code=(answer.code or UNSPECIFIED) if refused else None,
        retryable=refused and answer.retryable,
        reference=answer.reference,
        expires_at=in_utc(answer.expires_at) if answer.expires_at else None,
    )
