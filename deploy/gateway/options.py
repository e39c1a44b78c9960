"""The command line's options: durations such as 30ms, chances from 0 to 1, and their limits."""

from __future__ import annotations

import argparse
import math
import re
from datetime import timedelta
from pathlib import Path
from typing import Final

from deploy.gateway.chance import Odds

_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LONGEST_DAYS: Final = 3650
_LAST_PORT: Final = 65_535
_DURATION: Final = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|[smhd])", re.ASCII)

DESCRIPTION: Final = """\
A payment gateway that charges nobody, over HTTP, honest about failure: every operation has an
idempotency key, one effect, and one answer for ever, kept in a ledger that survives kill -9.
It is the demo's mail provider too. What goes wrong is drawn from the seed and the key, so a run
can be repeated, and only spoils the first one or two attempts under a key."""

EPILOG: Final = """\
Payment methods with an end of their own: card-declined, card-insufficient-funds,
card-capture-refused, card-refund-refused, card-slow (charged, but silent at first).
GET / says what there is to ask, GET /ledger and GET /mails list what was done."""


def duration(text: str) -> float:
    """Return the seconds of `30ms`, `2s`, `5m`, `12h` or `7d`."""
    match = _DURATION.fullmatch(text)
    seconds = float(match[1]) * _SECONDS[match[2]] if match else math.inf
    if seconds > _LONGEST_DAYS * _SECONDS["d"]:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no duration: write a number and a unit, such as 30ms, 2s, 5m, 12h or 7d"
            f" (at most {_LONGEST_DAYS}d)"
        )
    return seconds


def chance(text: str) -> float:
    """Return a number from 0 to 1."""
    try:
        given = float(text)
    except ValueError:
        given = math.nan
    if not 0 <= given <= 1:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no chance: write a number from 0 (never) to 1 (always), such as 0.05"
        )
    return given


def port(text: str) -> int:
    """Return a TCP port; 0 takes a free one."""
    if not (text.isascii() and text.isdigit() and int(text) <= _LAST_PORT):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no port: write a number from 0 to {_LAST_PORT}"
        )
    return int(text)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = argparse.ArgumentParser(
        prog="python -m deploy.gateway",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    place = made.add_argument_group("where")
    place.add_argument("--bind", default="127.0.0.1", metavar="ADDRESS", help=_("listen there"))
    place.add_argument("--port", default="6070", type=port, help=_("0 takes a free one"))
    place.add_argument("--data", default=".gateway", type=Path, metavar="DIR", help=_("ledger in"))
    odds = made.add_argument_group("what goes wrong")
    odds.add_argument("--seed", default=0, type=int, help=_("of all chance"))
    for name, default, what in (
        ("--decline", "0.05", "authorizations that the bank declines"),
        ("--silence", "0.01", "requests without an answer; done at once, late, or never"),
        ("--lost", "0.01", "connections cut before or after the effect"),
        ("--errors", "0.01", "HTTP 500 or 503 before or after the effect"),
    ):
        odds.add_argument(name, default=default, type=chance, metavar="CHANCE", help=_(what))
    for name, default, what in (
        ("--latency", "30ms", "mean time that an operation takes"),
        ("--patience", "15s", "how long a silence lasts; longer than the client waits"),
        ("--expiry", "7d", "how long an authorization holds"),
    ):
        odds.add_argument(name, default=default, type=duration, metavar="DURATION", help=_(what))
    return made


def parse(arguments: list[str] | None = None) -> tuple[argparse.Namespace, Odds, timedelta]:
    """Return what was given, with the odds and the expiry of authorizations."""
    made = parser()
    given = made.parse_args(arguments)
    if round(given.silence + given.lost + given.errors, 9) > 1:
        made.error(
            f"--silence {given.silence}, --lost {given.lost} and --errors {given.errors} are more"
            " than 1 together: one attempt can be spoilt in one way only"
        )
    odds = Odds(**{name: getattr(given, name) for name in Odds.__struct_fields__})
    return given, odds, timedelta(seconds=given.expiry)


def _(what: str) -> str:
    return f"{what} (default: %(default)s)"
