"""The worker process: ends by the error that began its end, said in a sentence."""

from __future__ import annotations

import errno
from typing import NoReturn

import click
import faust

from models.errors import OrderflowError


class Worker(faust.Worker):
    """Faust's worker, which ends in silence, or by the last error: another agent's cancellation."""

    def _crash(self, reason: BaseException) -> None:
        super()._crash(reason if self.crash_reason is None else self.crash_reason)

    def execute_from_commandline(self) -> NoReturn:
        """Run until the end; the last line on standard error says why it came."""
        try:
            super().execute_from_commandline()
        except SystemExit as end:
            if end.__context__ is not None:
                click.echo(f"the worker stopped: {in_words(end.__context__)}", err=True)
            raise


def in_words(error: BaseException) -> str:
    """What an operator has to know of an error; ours explain themselves."""
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"{error.strerror}; set ORDERFLOW_WEB_PORT to a port of its own"
    return str(error) if isinstance(error, OrderflowError) else repr(error)
