"""Logs: our words, without what services say of their own life or what is said elsewhere."""

from __future__ import annotations

import asyncio
import errno
import logging
import logging.config
from typing import Any

import pytest

from models.errors import WorkerMustStop
from streams.logs import OwnWords, logging_config


def passes(message: str, *args: object, level: int = logging.ERROR) -> bool:
    return OwnWords().filter(logging.LogRecord("any", level, "", 0, message, args, None))


def test_the_life_of_services_is_left_out_but_not_their_warnings() -> None:
    assert not passes("[^--Consumer]: Starting...", level=logging.INFO)
    assert passes("[^--Consumer]: Thread keepalive is not responding...", level=logging.WARNING)


@pytest.mark.parametrize("words", ["[^--App]: Crashed reason=%r", "[^Worker]: Error: %r"])
@pytest.mark.parametrize(
    "error",
    [
        WorkerMustStop("the disk is full"),
        asyncio.CancelledError(),
        OSError(errno.EADDRINUSE, "address already in use"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_that_explain_themselves_have_no_traceback(words: str, error: Any) -> None:
    assert not passes(words, error)


@pytest.mark.parametrize("words", ["[^--App]: Crashed reason=%r", "[^Worker]: Error: %r"])
@pytest.mark.parametrize("error", [KeyError("a bug"), OSError(errno.ENOSPC, "no space left")])
def test_other_errors_keep_theirs(words: str, error: Exception) -> None:
    assert passes(words, error)


def test_an_error_while_stopping_is_shown() -> None:
    assert passes("[^-App]: Error while stopping child %r: %r", "child", WorkerMustStop("why"))


def test_the_reraising_of_a_crash_is_left_out() -> None:
    assert not passes("[^Worker]: We experienced a crash! Reraising original exception...")


def test_what_is_no_template_passes() -> None:
    assert passes("Crashed reason=%r")
    assert OwnWords().filter(logging.LogRecord("any", logging.ERROR, "", 0, ValueError(), (), None))


def test_the_configuration_is_one_that_python_takes() -> None:
    configurator = logging.config.DictConfigurator(logging_config())
    handler = configurator.configure_handler

    assert callable(handler)
    assert logging_config()["loggers"]["streams"] == {"level": "INFO"}
    assert logging_config()["disable_existing_loggers"] is False
