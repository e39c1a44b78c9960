"""A fake shop, and how its commands are run."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from typing import NamedTuple

import pytest
from faust.cli.base import call_command

from tests.agents.cli.fake_api import FakeShop, serving
from tests.agents.cli.scratch import app


class Said(NamedTuple):
    """What a command has printed, and how it ended."""

    code: int | str | None
    out: str
    err: str


class Terminal(io.StringIO):
    """A stream that somebody looks at."""

    def isatty(self) -> bool:
        """Yes."""
        return True


Run = Callable[..., Said]


@pytest.fixture
def shop() -> FakeShop:
    """A shop with nothing in it."""
    return FakeShop()


@pytest.fixture
def url(shop: FakeShop) -> Iterator[str]:
    """Its address."""
    with serving(shop) as address:
        yield address


@pytest.fixture
def run(url: str) -> Run:
    """Run a command against the shop: into a pipe, or on a terminal."""

    def run_command(name: str, *given: str, terminal: bool = False, at: str = url) -> Said:
        out, err = (Terminal(), Terminal()) if terminal else (io.StringIO(), io.StringIO())
        with redirect_stderr(err):  # where click itself says what is wrong
            code, *_ = call_command(name, [*given, "--url", at], stdout=out, stderr=err, app=app)
        return Said(code, out.getvalue(), err.getvalue())

    return run_command
