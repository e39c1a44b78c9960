"""What is typed is read exactly, or refused with the value and the cure."""

import click
import pytest

from agents.cli import arguments


@pytest.mark.parametrize(
    ("text", "seconds"), [("500ms", 0.5), ("5s", 5), ("2min", 120), ("1.5s", 1.5), ("0s", 0)]
)
def test_a_duration_has_a_unit(text: str, seconds: float) -> None:
    assert arguments.duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "5 s", "-5s", "s", "5sec", "\u0665s", "1e3s"])
def test_a_duration_without_a_unit_is_refused_with_the_cure(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is no duration; write it like 500ms, 5s or 2min"):
        arguments.duration(text)


@pytest.mark.parametrize(("text", "a_second"), [("20/s", 20), ("90/min", 1.5), ("0.5/s", 0.5)])
def test_a_rate_is_so_many_in_a_time(text: str, a_second: float) -> None:
    assert arguments.rate(text) == a_second


@pytest.mark.parametrize("text", ["20", "0/s", "-1/s", "20/h", "20 /s", "0.0/min"])
def test_a_rate_of_nothing_or_of_another_time_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is no rate; write it like 20/s or 90/min"):
        arguments.rate(text)


def test_a_line_has_a_sku_a_quantity_and_a_price() -> None:
    line = arguments.line("TEA-1:2:12.34")

    assert (line.sku, line.quantity, line.price) == ("TEA-1", 2, "12.34")
    assert line.unit_price("USD") == 1234


@pytest.mark.parametrize(
    "text", ["", "TEA", "TEA:2", "TEA:x:1.00", "TEA:-1:1.00", ":1:1.00", "a:1:"]
)
def test_a_line_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="write it SKU:QUANTITY:PRICE"):
        arguments.line(text)


@pytest.mark.parametrize(
    ("price", "currency", "amount"),
    [("12.34", "USD", 1234), ("50000", "KRW", 50000), ("1.234", "KWD", 1234)],
)
def test_a_price_has_the_digits_of_its_currency(price: str, currency: str, amount: int) -> None:
    assert arguments.line(f"TEA:1:{price}").unit_price(currency) == amount


@pytest.mark.parametrize(
    ("price", "currency", "cure"),
    [
        ("12.345", "USD", "USD has 2 digits after the point"),
        ("12", "USD", "USD has 2 digits after the point"),
        ("1.5", "KRW", "KRW has 0 digits after the point"),
        ("1.00", "XYZ", "write it like 12.34 USD or 50000 KRW"),
        ("1,00", "EUR", "EUR has 2 digits after the point"),
    ],
)
def test_a_price_with_other_digits_is_refused_with_the_cure(
    price: str, currency: str, cure: str
) -> None:
    with pytest.raises(click.BadParameter, match=cure):
        arguments.line(f"TEA:1:{price}").unit_price(currency)


def test_a_key_fits_into_a_header() -> None:
    assert arguments.key("a-1/b") == "a-1/b"
    for wrong in ("", "a b", "a\n", "schlüssel", "x" * 256):
        with pytest.raises(click.BadParameter, match="printable ASCII characters without spaces"):
            arguments.key(wrong)


def test_an_address_is_a_url_without_query() -> None:
    assert arguments.address("http://127.0.0.1:6066/") == "http://127.0.0.1:6066/"
    for wrong in ("", "127.0.0.1:6066", "ftp://a", "http://", "http://a?b=c", "http://a:port"):
        with pytest.raises(click.BadParameter, match="is no address"):
            arguments.address(wrong)
