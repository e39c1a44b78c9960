"""The command line: what may be said, and what is said about what may not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from deploy.gateway.chance import Odds
from deploy.gateway.options import duration, parse


def test_without_options_it_is_a_gateway_that_fails_now_and_then() -> None:
    given, odds, expiry = parse([])

    assert (given.bind, given.port, given.data) == ("127.0.0.1", 6070, Path(".gateway"))
    assert odds == Odds(
        seed=0, decline=0.05, silence=0.01, lost=0.01, errors=0.01, latency=0.03, patience=15
    )
    assert expiry == timedelta(days=7)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30ms", 0.03),
        ("2s", 2),
        ("1.5s", 1.5),
        ("0s", 0),
        ("5m", 300),
        ("12h", 43200),
        ("7d", 604800),
    ],
)
def test_a_duration_is_a_number_with_a_unit(text: str, seconds: float) -> None:
    assert duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--latency", "30"], "'30' is no duration: write a number and a unit, such as 30ms"),
        (["--latency", "-1s"], "expected one argument"),
        (["--latency=-1s"], "'-1s' is no duration"),
        (["--latency", "1 s"], "'1 s' is no duration"),
        (["--expiry", "9999d"], "at most 3650d"),
        (["--expiry", "٣s"], "is no duration"),
        (["--decline", "5"], "'5' is no chance: write a number from 0 (never) to 1 (always)"),
        (["--decline", "nan"], "'nan' is no chance"),
        (["--lost", "often"], "'often' is no chance"),
        (["--port", "70000"], "'70000' is no port: write a number from 0 to 65535"),
        (["--port", "http"], "'http' is no port"),
        (["--seed", "x"], "invalid int value: 'x'"),
        (["--silence", "0.5", "--lost", "0.4", "--errors", "0.2"], "more than 1 together"),
        (["--speed", "9"], "unrecognized arguments"),
    ],
)
def test_a_wrong_option_is_named_with_its_value_and_a_cure(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse(arguments)

    assert said in capsys.readouterr().err


def test_chances_that_fill_one_exactly_are_allowed() -> None:
    parse(["--silence", "0.7", "--lost", "0.2", "--errors", "0.1"])


def test_help_names_every_option_with_its_default(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        parse(["--help"])
    help_text = " ".join(capsys.readouterr().out.split())

    for option, default in {
        "--port": "6070",
        "--data": ".gateway",
        "--decline": "0.05",
        "--latency": "30ms",
        "--patience": "15s",
        "--expiry": "7d",
    }.items():
        assert option in help_text
        assert f"(default: {default})" in help_text
