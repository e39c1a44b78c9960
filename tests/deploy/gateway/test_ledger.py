"""The ledger: one effect per key, written whole or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.gateway.ledger import FILE, PAGE, KeyReused, Ledger, LedgerError

TIME = "2026-03-02T10:00:00Z"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path)
    yield opened
    opened.close()


def test_an_effect_is_done_once_and_answered_alike_for_ever(ledger: Ledger) -> None:
    effects: list[str] = []

    def effect() -> bytes:
        effects.append("done")
        return b"answer"

    assert ledger.once("operations", "k", b"asked", TIME, effect) == (b"answer", False)
    assert ledger.once("operations", "k", b"asked", TIME, effect) == (b"answer", True)
    assert effects == ["done"]


def test_a_key_is_not_used_for_something_else(ledger: Ledger) -> None:
    ledger.once("operations", "k", b"asked", TIME, lambda: b"answer")

    with pytest.raises(KeyReused, match="asked"):
        ledger.once("operations", "k", b"asked otherwise", TIME, lambda: b"other")


def test_mails_and_operations_have_keys_of_their_own(ledger: Ledger) -> None:
    ledger.once("operations", "k", b"asked", TIME, lambda: b"answer")

    assert ledger.find("mails", "k") is None
    assert ledger.once("mails", "k", b"told", TIME, lambda: b"sent") == (b"sent", False)


def test_an_effect_that_fails_leaves_nothing_behind(ledger: Ledger) -> None:
    def effect() -> bytes:
        ledger.put_account("p", b"changed")
        raise RuntimeError("boom")

    with pytest.raises(RuntimeError):
        ledger.once("operations", "k", b"asked", TIME, effect)

    assert ledger.account("p") is None
    assert ledger.find("operations", "k") is None
    assert ledger.once("operations", "k", b"asked", TIME, lambda: b"answer")[1] is False


def test_another_opening_finds_everything(tmp_path: Path, ledger: Ledger) -> None:
    ledger.once("operations", "k", b"asked", TIME, lambda: b"answer")
    ledger.put_account("p", b"account")
    ledger.attempt("operations", "k")
    again = Ledger(tmp_path)

    found = again.find("operations", "k")
    assert found is not None
    assert found.answer == b"answer"
    assert again.account("p") == b"account"
    assert again.attempt("operations", "k") == 2
    again.close()


def test_effects_are_listed_in_their_order_however_many(ledger: Ledger) -> None:
    keys = [f"k{number}" for number in range(PAGE + 5)]
    for key in keys:
        ledger.once("operations", key, b"asked", TIME, lambda: b"answer")
        ledger.once("mails", key, b"told", TIME, lambda: b"sent")

    pages = list(ledger.pages("operations"))

    assert [effect.key for page in pages for effect in page] == keys
    assert {effect.answer for page in pages for effect in page} == {b"answer"}
    assert ledger.count("operations") == len(keys)


def test_what_is_no_ledger_is_said_with_a_cure(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database at all, but somebody's notes")

    with pytest.raises(LedgerError, match=r"not a database.*give another directory with --data"):
        Ledger(tmp_path)


def test_a_ledger_of_another_format_is_left_alone(tmp_path: Path) -> None:
    foreign = sqlite3.connect(tmp_path / FILE)
    foreign.execute("PRAGMA user_version = 99")
    foreign.close()

    with pytest.raises(LedgerError, match="its format is 99, known is 1"):
        Ledger(tmp_path)


def test_a_directory_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")

    with pytest.raises(LedgerError, match="taken"):
        Ledger(tmp_path / "taken")
