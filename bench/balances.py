"""What the restore benchmark keeps: a balance of 120 bytes for each of 200 000 accounts.

The changelog holds every account several times over; what must be there afterwards is the last of
each, which follows from the number of records alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from bench.load import Headers, Row

ACCOUNTS = 200_000
# So many accounts are looked at after a restore, spread over all of them.
SAMPLE = 100


def account(number: int) -> str:
    """Name the account that this record is about: each in turn, in scattered order."""
    return f"account-{number * 7919 % ACCOUNTS:06d}"


def balance(number: int) -> dict[str, Any]:
    """Give what this record says."""
    return {
        "sequence": number,
        "balance": number * 7919 % 1_000_000,
        "currency": "EUR",
        "holder": f"user-{number % 10_000:05d}",
        "updated": "2026-01-01T00:00:00.000Z",
    }


def changes(records: int, headers: Headers | None = None) -> Iterator[Row]:
    """Give the records of the changelog."""
    for number in range(records):
        yield account(number).encode(), json.dumps(balance(number)).encode(), headers or []


def sample(records: int) -> dict[str, dict[str, Any]]:
    """Say what some accounts must hold after these records."""
    accounts = min(records, ACCOUNTS)
    last = range(records - accounts, records, max(1, accounts // SAMPLE))
    return {account(number): balance(number) for number in last}
