"""The payments' table: the ledger of each payment, and its calls to the gateway that are open."""

from __future__ import annotations

import msgspec

from models.messages import Message
from models.payment_messages import PaymentCommand
from models.payments import Payment, calls
from streams.unit import Unit
from tables import pending

NAME = "payments"

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Payment).decode


def load(unit: Unit[Message], command: PaymentCommand) -> Payment | None:
    """The payment that a command is about, if there is one."""
    value = unit.get(_key(command.payment_id))
    return None if value is None else _decode(value)


def store(
    unit: Unit[Message], cause: Message, before: Payment | None, after: Payment | None
) -> None:
    """Replace a ledger, and open or close the calls that follow from it."""
    if after is not None and after is not before:
        unit.put(_key(after.payment_id), _encode(after))
        pending.replace(unit, cause, calls(before), calls(after))


def _key(payment_id: str) -> bytes:
    return b"p/" + payment_id.encode()
