"""The gateway's ledger: every effect with its idempotency key, in SQLite.

Decides that a key has one effect: it is looked up, and the effect, the account and the answer
are written, in one transaction, before anybody is answered. What the effect is, is decided
elsewhere.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple

from models.errors import OrderflowError

FILE: Final = "ledger.sqlite3"
PAGE: Final = 1000  # rows read at a time, so that a listing never holds up the payments
_FORMAT: Final = 1
_BUSY_SECONDS: Final = 10.0

Book = Literal["operations", "mails"]

# WAL with synchronous=NORMAL: a commit is handed to the system before the answer leaves, so it
# survives the death of the process at any moment (kill -9). It is not synced to the disk each
# time, which costs milliseconds and would hold up every request; a power cut may take the last
# commits with it, and never damages the file.
_OPEN: Final = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS effects (
    number INTEGER PRIMARY KEY,
    book TEXT NOT NULL,
    key TEXT NOT NULL,
    asked BLOB NOT NULL,
    answer BLOB NOT NULL,
    time TEXT NOT NULL,
    UNIQUE (book, key)
);
CREATE TABLE IF NOT EXISTS accounts (
    payment_id TEXT PRIMARY KEY,
    account BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS attempts (
    book TEXT NOT NULL,
    key TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (book, key)
) WITHOUT ROWID;
"""


class LedgerError(OrderflowError):
    """The ledger cannot be opened; the message says how to get one."""


class KeyReused(OrderflowError):
    """The key was used before, for something else."""


class Effect(NamedTuple):
    """A row: what was asked under a key, what was answered, and when."""

    number: int
    key: str
    asked: bytes
    answer: bytes
    time: str


class Ledger:
    """Effects and accounts. Two processes may share one; each transaction stands by itself."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / FILE
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._sql = _opened(self.path)
        except (OSError, sqlite3.Error) as error:
            raise LedgerError(
                f"{self.path} cannot be opened as the gateway's ledger ({error}); give another"
                " directory with --data, or remove this one to begin with an empty ledger"
            ) from error

    def close(self) -> None:
        """Let the file go."""
        self._sql.close()

    def once(
        self, book: Book, key: str, asked: bytes, time: str, effect: Callable[[], bytes]
    ) -> tuple[bytes, bool]:
        """Return the answer under a key, and whether it was given before.

        `effect` is called for a new key, within the transaction: its writes and its answer are
        kept together, or not at all.

        Raises:
            KeyReused: the key was used for something else.
        """
        with self._sql:  # commits, or rolls back what raised
            # IMMEDIATE takes the writer's lock before the key is looked up, not after.
            self._sql.execute("BEGIN IMMEDIATE")
            found = self.find(book, key)
            if found is not None:
                if found.asked != asked:
                    raise KeyReused(found.asked.decode())
                return found.answer, True
            answer = effect()
            self._sql.execute(
                "INSERT INTO effects (book, key, asked, answer, time) VALUES (?, ?, ?, ?, ?)",
                (book, key, asked, answer, time),
            )
            return answer, False

    def find(self, book: Book, key: str) -> Effect | None:
        """What was done under a key."""
        row = self._sql.execute(
            "SELECT number, key, asked, answer, time FROM effects WHERE book = ? AND key = ?",
            (book, key),
        ).fetchone()
        return None if row is None else Effect(*row)

    def account(self, payment_id: str) -> bytes | None:
        """The account of a payment."""
        row = self._sql.execute(
            "SELECT account FROM accounts WHERE payment_id = ?", (payment_id,)
        ).fetchone()
        return None if row is None else bytes(row[0])

    def put_account(self, payment_id: str, account: bytes) -> None:
        """Replace the account of a payment."""
        self._sql.execute("INSERT OR REPLACE INTO accounts VALUES (?, ?)", (payment_id, account))

    def attempt(self, book: Book, key: str) -> int:
        """Count one more attempt under a key, and return how many there were."""
        with self._sql:
            self._sql.execute("BEGIN IMMEDIATE")
            sql = "SELECT count FROM attempts WHERE book = ? AND key = ?"
            (count,) = self._sql.execute(sql, (book, key)).fetchone() or (0,)
            self._sql.execute(
                "INSERT OR REPLACE INTO attempts VALUES (?, ?, ?)", (book, key, count + 1)
            )
        return int(count) + 1

    def pages(self, book: Book) -> Iterator[list[Effect]]:
        """All effects in the order they were done, some at a time."""
        last = 0
        while rows := self._sql.execute(
            "SELECT number, key, asked, answer, time FROM effects"
            " WHERE book = ? AND number > ? ORDER BY number LIMIT ?",
            (book, last, PAGE),
        ).fetchall():
            yield [Effect(*row) for row in rows]
            last = rows[-1][0]

    def count(self, book: Book) -> int:
        """How many effects there are."""
        sql = "SELECT count(*) FROM effects WHERE book = ?"
        return int(self._sql.execute(sql, (book,)).fetchone()[0])


def _opened(path: Path) -> sqlite3.Connection:
    sql = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    try:
        (found,) = sql.execute("PRAGMA user_version").fetchone()
        if found not in {0, _FORMAT}:
            raise sqlite3.DatabaseError(f"its format is {found}, known is {_FORMAT}")
        sql.executescript(_OPEN)
        sql.execute(f"PRAGMA user_version = {_FORMAT:d}")
    except sqlite3.Error:
        sql.close()
        raise
    return sql
