"""Keys of records in a table: a kind, then parts, so that a scan of a prefix finds what it should.

Each part ends in a zero byte, which occurs nowhere else, so that no part is the beginning of
another one: a scan for user `mina` never meets `minako`. Keys sort as their parts do.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

_END: Final = "\x00"
_ESCAPE: Final = "\x01"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST: Final = 2**63  # above every microsecond of the years 1 to 9999, and so is its double
_HEX_DIGITS: Final = 16


def compose(kind: str, *parts: str) -> bytes:
    """Return the key of a record of this kind, or the prefix of all that have more parts."""
    text = _END.join((*parts, ""))
    if _ESCAPE in text or text.count(_END) > len(parts):
        text = _END.join((*map(_escaped, parts), ""))
    return f"{kind}/{text}".encode()


def decompose(key: bytes) -> tuple[str, ...]:
    """Return the kind and the parts of a composed key.

    Raises:
        ValueError: it is not composed.
    """
    kind, slash, rest = key.decode().partition("/")
    if not slash or (rest and not rest.endswith(_END)):
        raise ValueError(f"{key!r} is no key of a table; use one that `compose` made")
    return kind, *[_plain(part) for part in rest.split(_END)[:-1]]


def number(value: int) -> str:
    """Return a part that sorts as the number does."""
    return f"{value:0{_HEX_DIGITS}x}"


def newest_first(time: datetime) -> str:
    """Return a part that sorts the later time first."""
    return number(_LAST - (time - _EPOCH) // timedelta(microseconds=1))


def _escaped(part: str) -> str:
    return part.replace(_ESCAPE, "\x01\x02").replace(_END, "\x01\x01")


def _plain(part: str) -> str:
    return part.replace("\x01\x01", _END).replace("\x01\x02", _ESCAPE)
