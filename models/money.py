"""Money: a whole number of minor units in one currency, and no floats anywhere.

Decides which currencies exist, how many minor digits each has, and that amounts of different
currencies never meet in one sum. Conversion between currencies is a business fact with a rate and
a date, not arithmetic, and is not here.
"""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal, get_args

import msgspec

MAX_AMOUNT: Final = 2**53  # up to here every JSON reader keeps integers exact

Amount = Annotated[int, msgspec.Meta(ge=0, le=MAX_AMOUNT)]

# ISO 4217:2015, table A.1 (current currencies and funds) as published by its maintenance agency,
# SIX Group, on 2026-01-01: every code that has a minor unit, grouped by its number of minor digits.
# Precious metals, XDR, XSU, XUA, the bond units, XTS and XXX have none: nothing is sold in them.
# A code that the standard withdraws stays here: old orders remain readable.
# The formatter is kept out, because one code a line is 170 lines.
# fmt: off
NoDigits = Literal[
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND",
    "VUV", "XAF", "XOF", "XPF",
]
TwoDigits = Literal[
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BMD",
    "BND", "BOB", "BOV", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHE", "CHF",
    "CHW", "CNY", "COP", "COU", "CRC", "CUP", "CVE", "CZK", "DKK", "DOP", "DZD", "EGP", "ERN",
    "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD", "GTQ", "GYD", "HKD", "HNL",
    "HTG", "HUF", "IDR", "ILS", "INR", "IRR", "JMD", "KES", "KGS", "KHR", "KPW", "KYD", "KZT",
    "LAK", "LBP", "LKR", "LRD", "LSL", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU",
    "MUR", "MVR", "MWK", "MXN", "MXV", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD",
    "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "QAR", "RON", "RSD", "RUB", "SAR", "SBD", "SCR",
    "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB",
    "TJS", "TMT", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "USD", "USN", "UYU", "UZS", "VED",
    "VES", "WST", "XAD", "XCD", "XCG", "YER", "ZAR", "ZMW", "ZWG",
]
ThreeDigits = Literal["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]
FourDigits = Literal["CLF", "UYW"]
# fmt: on
Currency = NoDigits | TwoDigits | ThreeDigits | FourDigits

MINOR_DIGITS: Final[dict[str, int]] = {
    code: digits
    for digits, codes in ((0, NoDigits), (2, TwoDigits), (3, ThreeDigits), (4, FourDigits))
    for code in get_args(codes)
}

_DISPLAYED: Final = re.compile(r"(-?)([0-9]{1,17})(?:\.([0-9]{1,4}))? ([A-Z]{3})")


class Money(msgspec.Struct, frozen=True, gc=False):
    """An amount in minor units (cents, won, fils) of `currency`, at most 2**53 either way."""

    amount: int
    currency: Currency

    def __post_init__(self) -> None:
        if type(self.amount) is not int:  # bool is an int to isinstance, and not an amount
            raise ValueError(
                f"an amount of money is a whole number of minor units, not {self.amount!r}"
            )
        if abs(self.amount) > MAX_AMOUNT:
            raise ValueError(f"{self.amount} minor units are beyond 2**53; split the amount")
        if self.currency not in MINOR_DIGITS:
            raise ValueError(f"{self.currency!r} is no ISO 4217 currency; use a code such as KRW")

    def _amount_of(self, other: Money) -> int:
        if self.currency != other.currency:
            raise ValueError(
                f"{self} and {other} are of different currencies; sum each currency by itself"
            )
        return other.amount

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._amount_of(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._amount_of(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __mul__(self, times: int) -> Money:
        return Money(self.amount * times, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._amount_of(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._amount_of(other)

    def __str__(self) -> str:
        digits = MINOR_DIGITS[self.currency]
        sign = "-" if self.amount < 0 else ""
        whole, minor = divmod(abs(self.amount), 10**digits)
        fraction = f".{minor:0{digits}d}" if digits else ""
        return f"{sign}{whole}{fraction} {self.currency}"

    @classmethod
    def parse(cls, text: str) -> Money:
        """Read what `str` writes: `12.34 USD`, `50000 KRW`, `1.234 KWD`."""
        match = _DISPLAYED.fullmatch(text)
        sign, whole, fraction, currency = match.groups("") if match else ("", "", "", "")
        if not match or len(fraction) != MINOR_DIGITS.get(currency):
            raise ValueError(
                f"{text[:100]!r} is no amount of money; write it like 12.34 USD or 50000 KRW"
            )
        return msgspec.convert({"amount": int(sign + whole + fraction), "currency": currency}, cls)
