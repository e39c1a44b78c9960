"""Rows line up, money is money, and what came from elsewhere cannot command the terminal."""

from agents.cli import rendering


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert rendering.table([("a", 1, "x"), ("long", 100, "y")], right=[1]) == (
        "a       1  x\nlong  100  y"
    )


def test_rows_may_be_shorter_than_others() -> None:
    assert rendering.table([("a",), ("b", "c")]) == "a\nb  c"


def test_a_wide_character_takes_two_columns_and_a_combining_one_none() -> None:
    assert rendering.width("가나") == 4
    assert rendering.width("e\N{COMBINING ACUTE ACCENT}") == 1
    assert rendering.table([("가", "|"), ("ab", "|")]) == "가  |\nab  |"


def test_what_is_not_printable_is_shown_as_a_replacement() -> None:
    assert (
        rendering.plain("a\x1b[31mb\n")
        == "a\N{REPLACEMENT CHARACTER}[31mb\N{REPLACEMENT CHARACTER}"
    )
    assert "\x1b" not in rendering.fields({"reason": "\x1b]0;title\x07"})


def test_money_is_written_with_the_digits_of_its_currency() -> None:
    assert rendering.money(1234, "USD") == "12.34 USD"
    assert rendering.money(1234, "KRW") == "1234 KRW"
    assert rendering.money(1234, "KWD") == "1.234 KWD"


def test_a_sum_that_is_beyond_money_or_of_no_currency_is_still_shown() -> None:
    assert rendering.money(2**60, "USD") == f"{2**60} minor units of USD"
    assert rendering.money(5, "???") == "5 minor units of ???"


def test_fields_that_nobody_knows_are_left_out() -> None:
    assert rendering.fields({"a": 1, "b": None, "cc": ""}) == "a   1\ncc"


def test_there_is_no_colour_where_there_are_no_colours() -> None:
    assert rendering.paint("x", "red", coloured=False) == "x"
    assert rendering.paint("", "red", coloured=True) == ""
    assert rendering.paint("x", "red", coloured=True) == "\x1b[31mx\x1b[0m"
