"""What all commands share: the API's address, rows or JSON lines, and how they end.

They run without Faust's worker, which takes a second to wind down and knows no exit codes:
0 done, 1 refused or failed, 2 not understood, 130 interrupted.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Final, NoReturn

import click
import orjson
from faust.cli import AppCommand, option

from agents.cli import arguments
from agents.cli.client import DEFAULT_URL, Answer, Api, Body, Refused, connected
from models.errors import OrderflowError
from streams.application import Orderflow

FAILED: Final = 1
INTERRUPTED: Final = 130  # 128 and the number of SIGINT, as shells have it

COMMON: Final = (
    option(
        "--json",
        "as_json",
        is_flag=True,
        help="Print JSON lines, as into a pipe, on a terminal too.",
    ),
    option(
        "--url",
        type=arguments.address,
        default=DEFAULT_URL,
        envvar="ORDERFLOW_URL",
        show_envvar=True,
        help="Where the HTTP API is.",
    ),
)
WAIT: Final = option(
    "--wait",
    type=arguments.duration,
    default="5s",
    help="How long to wait for what follows, 30s at most; with 0s, not at all.",
)
KEY: Final = option(
    "--key",
    type=arguments.key,
    help="Idempotency key: the same request under the same key has one effect.",
)


class Spec:
    """A command to be: what it does, which its name and help are taken from, and its options."""

    def __init__(
        self, run: Callable[..., Awaitable[int | None]], example: str, *options: Any
    ) -> None:
        self.run = run
        self.options = (*options, *COMMON)
        # \b is click's: what follows is shown as it is.
        self.help = f"{inspect.getdoc(run)}\n\n\b\nfaust -A streams.app {example}"

    def add_to(self, app: Orderflow) -> None:
        """Make it a command of Faust."""
        app.command(*self.options, base=ApiCommand, __doc__=self.help)(self.run)


class ApiCommand(AppCommand):
    """A command that speaks to the HTTP API, in `api` while it runs."""

    abstract: ClassVar[bool] = True
    api: Api
    rows: bool

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        """Run, and end with an exit code."""
        options = dict(self.kwargs)
        as_json = options.pop("as_json") or self.json
        self.rows = not as_json and self.stdout.isatty()
        try:
            sys.exit(asyncio.run(self._connected(options.pop("url"), options)))
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)
        except BrokenPipeError:  # whoever read the lines has gone, like `head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(FAILED)
        except click.ClickException as error:
            error.show(self.stderr)
            sys.exit(error.exit_code)
        except OrderflowError as error:
            self.complain(error)
            sys.exit(FAILED)

    async def _connected(self, url: str, options: dict[str, Any]) -> int:
        async with connected(url) as self.api:
            return await self.run(**options) or 0

    def tell(self, record: Body, rendered: Callable[[Body], str]) -> None:
        """Print a record: as rows to a terminal, else as a line of JSON."""
        self.say(rendered(record) if self.rows else orjson.dumps(record).decode())

    def tell_answer(self, answer: Answer, rendered: Callable[[Body], str]) -> None:
        """Print what the API said of a change."""
        self.tell(answer.body, rendered)
        if self.rows and not answer.seen:
            self.note("It is accepted, and what comes of it was not waited for any longer.")

    def note(self, text: str) -> None:
        """Say something beside the records."""
        click.echo(text, file=self.stderr)

    def complain(self, error: OrderflowError) -> None:
        """Print why it failed: in words to a terminal, else the API's problem as it came."""
        if isinstance(error, Refused) and not self.rows:
            self.note(orjson.dumps(error.problem).decode())
        else:
            self.note(f"{self.ctx.info_name}: {error}")
