"""Order ids: recognisable, routable, and the same for the same key."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from models.order_ids import order_id_at, order_id_of_key, user_of

SHAPE = re.compile(r"mina:[0-7][0-9A-HJKMNP-TV-Z]{25}")


def test_a_key_gives_the_same_id_every_time() -> None:
    """A literal, so that no release changes what a repeated request means."""
    assert order_id_of_key("mina", "k-1") == "mina:2W39XY12CW5C7FMTGXZ9F39S91"


def test_users_and_keys_are_told_apart() -> None:
    ids = {order_id_of_key(user, key) for user in ("a", "ab") for key in ("bc", "c")}

    assert len(ids) == 4


@given(key=st.text(max_size=300))
def test_an_id_looks_like_a_ulid_behind_its_user(key: str) -> None:
    assert SHAPE.fullmatch(order_id_of_key("mina", key))


@given(
    first=st.integers(0, 2**48 - 2),
    gap=st.integers(1, 10_000),
    chances=st.tuples(st.integers(0, 2**80 - 1), st.integers(0, 2**80 - 1)),
)
def test_what_is_placed_later_sorts_later(first: int, gap: int, chances: tuple[int, int]) -> None:
    earlier = order_id_at("mina", first, chances[0])
    later = order_id_at("mina", min(first + gap, 2**48 - 1), chances[1])

    assert SHAPE.fullmatch(earlier)
    assert earlier < later


def test_an_id_names_its_user() -> None:
    assert user_of(order_id_of_key("mina", "k")) == "mina"


def test_an_id_of_the_plain_envelope_names_none() -> None:
    assert user_of("1234") is None
