"""Rows for people: aligned columns, money, times, a little colour. Knows nothing of orders.

Text that came from elsewhere cannot move the cursor or change the terminal: what is not printable
is shown as a replacement character.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import zip_longest
from typing import Final

from models.money import Money

GAP: Final = "  "
_COLOURS: Final = {"red": 31, "green": 32, "yellow": 33, "blue": 34, "grey": 90, "bold": 1}


def plain(value: object) -> str:
    """Text that a terminal only shows."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(value))


def paint(text: str, colour: str, *, coloured: bool) -> str:
    """The text in a colour, if there are any."""
    return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if coloured and text else text


def money(amount: int, currency: str) -> str:
    """An amount in minor units, as people write it; in full even where Money has an end."""
    try:
        return str(Money(amount, currency))  # type: ignore[arg-type]  # Money checks the code
    except ValueError:
        return f"{amount} minor units of {plain(currency)}"


def moment(instant: str) -> str:
    """A time of the API in the local zone, to the millisecond."""
    local = datetime.fromisoformat(instant).astimezone()
    return f"{local:%Y-%m-%d %H:%M:%S}.{local.microsecond // 1000:03d}"


def width(text: str) -> int:
    """Columns that the text takes: two for each wide character, none for combining ones."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def pad(text: str, columns: int) -> str:
    """The text with spaces after it, to so many columns."""
    return text + " " * (columns - width(text))


def table(rows: Iterable[Sequence[object]], *, right: Iterable[int] = ()) -> str:
    """Rows in aligned columns; numbers of columns in `right` are set to the right."""
    cells = [[plain(cell) for cell in row] for row in rows]
    widths = [max(map(width, column)) for column in zip_longest(*cells, fillvalue="")]
    to_the_right = set(right)

    def aligned(row: Sequence[str]) -> str:
        padded = (
            " " * (widths[n] - width(cell)) + cell if n in to_the_right else pad(cell, widths[n])
            for n, cell in enumerate(row)
        )
        return GAP.join(padded).rstrip()

    return "\n".join(map(aligned, cells))


def fields(values: Mapping[str, object]) -> str:
    """One field a line; those that are None are left out."""
    return table([name, value] for name, value in values.items() if value is not None)
