"""The last words of a worker say why it ended."""

from __future__ import annotations

import errno
from typing import Any, NoReturn

import faust
import pytest

from models.errors import RecordsExpired
from streams.worker import Worker, in_words


def test_our_errors_speak_for_themselves() -> None:
    assert in_words(RecordsExpired("orders[3] begins at 7")) == "orders[3] begins at 7"


def test_other_errors_are_named_with_their_kind() -> None:
    assert in_words(KeyError("user")) == "KeyError('user')"


def test_a_port_in_use_is_named_with_the_cure() -> None:
    error = OSError(errno.EADDRINUSE, "error while binding on ('127.0.0.1', 6066): in use")

    assert "6066" in in_words(error)
    assert "ORDERFLOW_WEB_PORT" in in_words(error)


def ending(error: BaseException | None) -> Any:
    def execute(_: faust.Worker) -> NoReturn:
        if error is None:
            raise SystemExit(0)
        try:
            raise error
        except type(error):
            raise SystemExit(1)  # noqa: B904 - as mode does

    return execute


def run(monkeypatch: pytest.MonkeyPatch, error: BaseException | None) -> int | str | None:
    monkeypatch.setattr(faust.Worker, "execute_from_commandline", ending(error))
    with pytest.raises(SystemExit) as caught:
        Worker.execute_from_commandline(Worker.__new__(Worker))
    return caught.value.code


def test_a_crash_ends_with_its_reason_on_standard_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, RecordsExpired("orders[3] begins at 7")) == 1
    assert capsys.readouterr().err == "the worker stopped: orders[3] begins at 7\n"


def test_an_end_in_peace_needs_no_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, None) == 0
    assert capsys.readouterr().err == ""


def test_the_first_of_several_crashes_is_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[BaseException] = []
    monkeypatch.setattr(faust.Worker, "_crash", lambda _, reason: told.append(reason))
    worker = Worker.__new__(Worker)
    first, second = KeyError("first"), KeyError("second")
    worker.crash_reason = None
    worker._crash(first)
    worker.crash_reason = first
    worker._crash(second)

    assert told == [first, first]
