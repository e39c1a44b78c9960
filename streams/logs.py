"""Logging: our words at INFO, the libraries' only when they say something of their own.

`faust worker` sets the root logger to DEBUG while its spinner shows (several calls a request,
20-30 % of a core), and aiokafka logs an error every few milliseconds while a broker is away:
`streams.watch` says that once. So each logger that talks too much has a level of its own.
"""

from __future__ import annotations

import asyncio
import errno
import logging
from typing import Any

from models.errors import OrderflowError

_LEVELS = {
    "aiokafka": "CRITICAL",  # what matters of it comes to us as an exception
    "faust": "WARNING",
    "mode": "ERROR",
    "asyncio": "ERROR",
    "aiohttp": "WARNING",
    "aiohttp.server": "CRITICAL",  # a traceback for each client that speaks no HTTP
    "models": "INFO",
    "streams": "INFO",
    "agents": "INFO",
}


_ENDS = ("Crashed reason=%r", "Error: %r")  # of a service, and of the start of the worker


class OwnWords(logging.Filter):
    """Leaves out what services say of their own life, and tracebacks of errors that explain."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to let it through."""
        if str(record.msg).startswith("[^") and record.levelno < logging.WARNING:
            return False  # mode's "Starting..." and "Stopping..." of every service
        if str(record.msg).endswith(_ENDS) and isinstance(record.args, tuple) and record.args:
            return not _explained(record.args[-1])  # the worker's last line says it
        return "We experienced a crash!" not in str(record.msg)


def _explained(error: object) -> bool:
    ours = isinstance(error, (OrderflowError, asyncio.CancelledError))
    return ours or (isinstance(error, OSError) and error.errno == errno.EADDRINUSE)


def logging_config() -> dict[str, Any]:
    """For `App(logging_config=…)`: one line per message, on standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"own_words": {"()": OwnWords}},
        "formatters": {
            "line": {"format": "%(asctime)s %(levelname)-7s %(name)s: %(message)s"},
        },
        "handlers": {
            "default": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["own_words"],
            },
        },
        "loggers": {name: {"level": level} for name, level in _LEVELS.items()},
        "root": {"level": "WARNING", "handlers": ["default"]},
    }
