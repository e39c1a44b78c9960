"""Scans of the local store: a range of keys in their order, bounded, and never cut short unsaid."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.errors import StoreCorrupted
from streams.store import PartitionStore
from tests.streams.test_store import POSITION, damage, fill


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "t-0.db"


@pytest.fixture
def store(path: Path) -> Iterator[PartitionStore]:
    store = PartitionStore(path)
    yield store
    store.close()


SCANNED = dict.fromkeys([b"a", b"b/1", b"b/2", b"b/3", b"c", b"\xff\x01", b"\xff\xff\x01"], b"v")


@pytest.mark.parametrize(
    ("prefix", "after", "expected"),
    [
        (b"b/", None, [b"b/1", b"b/2", b"b/3"]),
        (b"b/", b"b/1", [b"b/2", b"b/3"]),
        (b"b/", b"b/11", [b"b/2", b"b/3"]),
        (b"b/", b"a", [b"b/1", b"b/2", b"b/3"]),
        (b"b/", b"b/3", []),
        (b"b/", b"c", []),
        (b"d", None, []),
        (b"\xff", None, [b"\xff\x01", b"\xff\xff\x01"]),
        (b"\xff\xff", None, [b"\xff\xff\x01"]),
        (b"", b"b/3", [b"c", b"\xff\x01", b"\xff\xff\x01"]),
        (b"", None, list(SCANNED)),
    ],
)
def test_a_scan_finds_what_begins_with_a_prefix_after_a_key(
    store: PartitionStore, prefix: bytes, after: bytes | None, expected: list[bytes]
) -> None:
    store.write(SCANNED, POSITION)

    assert [key for key, _ in store.scan(prefix, after=after, limit=99)] == expected


@pytest.mark.parametrize(
    ("prefix", "after", "expected"),
    [
        (b"b/", None, [b"b/3", b"b/2", b"b/1"]),
        (b"b/", b"b/3", [b"b/2", b"b/1"]),
        (b"b/", b"b/11", [b"b/1"]),
        (b"b/", b"z", [b"b/3", b"b/2", b"b/1"]),
        (b"b/", b"a", []),
        (b"\xff", None, [b"\xff\xff\x01", b"\xff\x01"]),
        (b"\xff", b"\xff\xff", [b"\xff\x01"]),
        (b"", b"b/1", [b"a"]),
    ],
)
def test_a_scan_backwards_finds_the_last_first(
    store: PartitionStore, prefix: bytes, after: bytes | None, expected: list[bytes]
) -> None:
    store.write(SCANNED, POSITION)

    found = store.scan(prefix, after=after, limit=99, backwards=True)
    assert [key for key, _ in found] == expected


def test_a_scan_reads_no_more_than_it_is_asked_for(store: PartitionStore) -> None:
    store.write({b"s/%05d" % n: b"%d" % n for n in range(1_000)}, POSITION)

    assert store.scan(b"s/", after=b"s/00500", limit=2) == [
        (b"s/00501", b"501"),
        (b"s/00502", b"502"),
    ]
    assert store.scan(b"s/", limit=0) == []


@given(
    keys=st.sets(st.binary(min_size=1, max_size=3), max_size=12),
    prefix=st.binary(max_size=2),
    after=st.none() | st.binary(max_size=3),
    way=st.tuples(st.integers(0, 12), st.booleans()),
)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_scan_is_a_slice_of_the_sorted_keys(
    store: PartitionStore,
    keys: set[bytes],
    prefix: bytes,
    after: bytes | None,
    way: tuple[int, bool],
) -> None:
    limit, backwards = way
    store.write(dict.fromkeys(store.keys()) | dict.fromkeys(keys, b"v"))
    kept = [
        key
        for key in sorted(keys, reverse=backwards)
        if key.startswith(prefix) and (after is None or (key < after if backwards else key > after))
    ]

    found = store.scan(prefix, after=after, limit=limit, backwards=backwards)
    assert [key for key, _ in found] == kept[:limit]


def test_a_scan_that_meets_a_damaged_block_does_not_end_early_and_silently(path: Path) -> None:
    fill(path)
    for tenth in range(1, 10):
        damage(path, "*.sst", tenth / 10)
    store = PartitionStore(path)

    with pytest.raises(StoreCorrupted, match="rebuilt from the changelog at the next start"):
        store.scan(b"s/", limit=20_000)
    store.close()
