"""Money: currencies never meet, amounts stay whole and bounded, and what is shown can be read."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, get_args

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from models.money import MAX_AMOUNT, MINOR_DIGITS, Currency, Money

PROPERTY = settings(deadline=None)  # the machine is shared: time is not what is tested

currencies: st.SearchStrategy[Any] = st.sampled_from(sorted(MINOR_DIGITS))
amounts = st.integers(-MAX_AMOUNT, MAX_AMOUNT)
moneys = st.builds(Money, amounts, currencies)
small = st.integers(-(10**12), 10**12)


@pytest.mark.parametrize(
    ("money", "shown"),
    [
        (Money(1234, "USD"), "12.34 USD"),
        (Money(50_000, "KRW"), "50000 KRW"),
        (Money(1234, "KWD"), "1.234 KWD"),
        (Money(12_345, "CLF"), "1.2345 CLF"),
        (Money(5, "EUR"), "0.05 EUR"),
        (Money(-5, "EUR"), "-0.05 EUR"),
        (Money(-250, "JPY"), "-250 JPY"),
        (Money(MAX_AMOUNT, "KRW"), "9007199254740992 KRW"),
    ],
)
def test_an_amount_is_shown_with_the_minor_digits_of_its_currency(money: Money, shown: str) -> None:
    assert str(money) == shown
    assert Money.parse(shown) == money


@PROPERTY
@given(moneys)
def test_what_is_shown_can_be_read_back(money: Money) -> None:
    assert Money.parse(str(money)) == money


@PROPERTY
@given(st.text(max_size=40) | st.from_regex(r"-?[0-9]*\.?[0-9]* ?[A-Z]{0,4}", fullmatch=True))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        money = Money.parse(text)
    except ValueError:
        return
    assert Money.parse(str(money)) == money


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12.34",
        "USD",
        "USD 12.34",
        "12.3 USD",
        "12.345 USD",
        "12 USD",
        "12. USD",
        ".34 USD",
        "50000.0 KRW",
        "1,234.00 USD",
        "1e3 KRW",
        "+1.00 USD",
        "12.34 usd",
        "12.34 ZZZ",
        "12.34 XAU",
        "12.34 USD ",
        "١٢.٣٤ USD",
        "NaN USD",
        "9007199254740993 KRW",
        "9" * 5000 + " KRW",
    ],
)
def test_text_that_is_not_exactly_an_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no amount of money|beyond 2\*\*53"):
        Money.parse(text)


@PROPERTY
@given(small, small, currencies)
def test_arithmetic_within_a_currency_is_that_of_its_amounts(
    a: int, b: int, currency: Currency
) -> None:
    left, right = Money(a, currency), Money(b, currency)

    assert left + right == Money(a + b, currency)
    assert left - right == Money(a - b, currency)
    assert -left == Money(-a, currency)
    assert left * 7 == Money(a * 7, currency)
    assert (left < right, left <= right, left > right, left >= right) == (
        a < b,
        a <= b,
        a > b,
        a >= b,
    )


@PROPERTY
@given(moneys, moneys)
@pytest.mark.parametrize("operation", [operator.add, operator.sub, operator.lt, operator.le])
def test_amounts_of_different_currencies_never_meet(
    operation: Callable[[Money, Money], object], left: Money, right: Money
) -> None:
    assume(left.currency != right.currency)

    with pytest.raises(ValueError, match="different currencies"):
        operation(left, right)


@PROPERTY
@given(currencies, st.integers(min_value=1))
def test_an_amount_beyond_two_to_the_53_is_refused(currency: Currency, excess: int) -> None:
    for amount in (MAX_AMOUNT + excess, -MAX_AMOUNT - excess):
        with pytest.raises(ValueError, match=r"beyond 2\*\*53"):
            Money(amount, currency)


def test_a_sum_that_leaves_the_bound_is_refused() -> None:
    with pytest.raises(ValueError, match=r"beyond 2\*\*53"):
        Money(MAX_AMOUNT, "KRW") + Money(1, "KRW")


@pytest.mark.parametrize("amount", [1.0, 1.5, True, "1", None, float("nan")])
def test_an_amount_that_is_no_whole_number_is_refused(amount: Any) -> None:
    with pytest.raises(ValueError, match="whole number"):
        Money(amount, "KRW")


def test_multiplying_by_a_fraction_is_refused() -> None:
    factor: Any = 0.5

    with pytest.raises(ValueError, match="whole number"):
        Money(100, "USD") * factor


@pytest.mark.parametrize("code", ["ZZZ", "XAU", "XXX", "usd", ""])
def test_a_code_without_minor_units_is_no_currency(code: Any) -> None:
    with pytest.raises(ValueError, match="ISO 4217"):
        Money(1, code)


def test_the_table_holds_the_current_iso_4217_codes_with_their_digits() -> None:
    """165 codes with a minor unit in the list of 2026-01-01: 17, 139, 7 and 2."""
    groups = get_args(Currency)
    codes = [code for group in groups for code in get_args(group)]

    assert [len(get_args(group)) for group in groups] == [17, 139, 7, 2]
    assert len(set(codes)) == len(codes) == len(MINOR_DIGITS)
    assert {code: MINOR_DIGITS[code] for code in ("KRW", "USD", "KWD", "CLF", "ISK", "MRU")} == {
        "KRW": 0,
        "USD": 2,
        "KWD": 3,
        "CLF": 4,
        "ISK": 0,
        "MRU": 2,
    }
