"""Order ids: the user, a colon, and 26 digits as in a ULID: `ada:01KAM3Z9X4T2V7N8QWERTY5678`.

The user in front tells every reader which partition to ask. Who places an order says how it is
recognised when it comes again: by a key of its own, or not at all.
"""

from __future__ import annotations

from typing import Final

from models.messages import derive_id

_DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
_RANDOM_BITS: Final = 80


def order_id_of_key(user_id: str, key: str) -> str:
    """The id of the order that a user places under an idempotency key: always the same."""
    return f"{user_id}:{_written(int(derive_id(user_id, f'/api:{key}'), 16))}"


def order_id_at(user_id: str, milliseconds: int, chance: int) -> str:
    """An id for an order placed at a time, with 80 bits of `chance`: later ones sort later."""
    return f"{user_id}:{_written(milliseconds << _RANDOM_BITS | chance)}"


def user_of(order_id: str) -> str | None:
    """The user in an order id; None if it names none, as ids of the plain envelope may not."""
    return order_id.rpartition(":")[0] or None


def _written(number: int) -> str:
    return "".join(_DIGITS[number >> shift & 31] for shift in range(125, -1, -5))
