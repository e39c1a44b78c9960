"""How values are written on the command line: amounts, durations, rates, keys, addresses.

What cannot be read is an error of usage that names the value and the cure. What a value means for
an order is decided by the API.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import click
from yarl import URL

from models.money import MINOR_DIGITS, Money

_NUMBER: Final = r"([0-9]{1,9}(?:\.[0-9]{1,6})?)"
_DURATION: Final = re.compile(_NUMBER + "(ms|s|min)")
_RATE: Final = re.compile(_NUMBER + "/(s|min)")
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "min": 60.0}
_LINE: Final = re.compile(r"([^:]+):([0-9]{1,9}):([^:]+)")
_KEY: Final = re.compile(r"[!-~]{1,255}")


class Line(NamedTuple):
    """A line of an order as it was typed; its price has a currency only with the whole order."""

    sku: str
    quantity: int
    price: str

    def unit_price(self, currency: str) -> int:
        """The price in minor units."""
        try:
            return Money.parse(f"{self.price} {currency}").amount
        except ValueError as error:
            digits = MINOR_DIGITS.get(currency)
            cure = f"; {currency} has {digits} digits after the point" if digits is not None else ""
            raise click.BadParameter(f"{error}{cure}", param_hint="--line") from error


def line(text: str) -> Line:
    """Read `SKU:QUANTITY:PRICE`."""
    match = _LINE.fullmatch(text)
    if match is None:
        raise click.BadParameter(
            f"{text!r} is no line; write it SKU:QUANTITY:PRICE, like TEA-1:2:12.34"
        )
    return Line(match[1], int(match[2]), match[3])


def duration(text: str) -> float:
    """Read seconds, written like 500ms, 5s or 2min."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise click.BadParameter(f"{text!r} is no duration; write it like 500ms, 5s or 2min")
    return float(match[1]) * _SECONDS[match[2]]


def rate(text: str) -> float:
    """Read so many a second, written like 20/s or 90/min."""
    match = _RATE.fullmatch(text)
    if match is None or not float(match[1]):
        raise click.BadParameter(f"{text!r} is no rate; write it like 20/s or 90/min, above 0")
    return float(match[1]) / _SECONDS[match[2]]


def key(text: str) -> str:
    """Read an idempotency key."""
    if not _KEY.fullmatch(text):
        raise click.BadParameter(
            f"{text[:50]!r} is no key; use 1 to 255 printable ASCII characters without spaces"
        )
    return text


def address(text: str) -> str:
    """Read where the API is."""
    try:
        url = URL(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is no address ({error})") from error
    if url.scheme not in {"http", "https"} or not url.host or url.query_string or url.fragment:
        raise click.BadParameter(f"{text!r} is no address; write it like http://127.0.0.1:6066")
    return text
