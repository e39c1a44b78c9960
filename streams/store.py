"""The local store of one table partition: RocksDB, a cache of the changelog that is never trusted.

It is written after the changelog has acknowledged, one write batch per commit, with the
position that it then stands for. Whatever is unreadable, of another format or ahead of its
changelog is thrown away and rebuilt.
It has no write-ahead log, since the changelog is one: after a kill the store stands where RocksDB
last flushed, position included, and reads on from there.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from rocksdict import (
    BlockBasedOptions,
    Cache,
    Options,
    Rdict,
    ReadOptions,
    WriteBatch,
    WriteOptions,
)

from models.errors import StoreCorrupted
from streams.commit import POSITION_KEY

FORMAT = 1
_UNTRUSTED = "UNTRUSTED"  # a file beside the database: do not open it, rebuild it

_CACHE_BYTES = 32 << 20  # shared by all partitions of a process; Faust's default is 2 GiB for each
_WRITE_BUFFER_BYTES = 4 << 20  # stays in the CPU's cache, and bounds what a restart reads again
_CONFIRM_SECONDS = 600
_BLOOM_BITS = 10  # per key: one look in a hundred for a missing key reads in vain
_cache = Cache(_CACHE_BYTES)


class Position(msgspec.Struct, frozen=True, array_like=True):
    """Which point of which changelog a store stands for.

    `marker_offset` is where the last commit applied begins and `end` where it ends;
    `sequence` and `writer` are that commit's; `checked` is the time, in seconds since the
    epoch, at which the store was last known to equal its changelog.
    """

    format: int
    changelog: str
    marker_offset: int
    end: int
    sequence: int
    writer: str
    checked: float


class PartitionStore:
    """States of one table partition, by key, and the position they stand for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._use(_open(path))

    def get(self, key: bytes) -> bytes | None:
        """The committed state under `key`.

        Raises:
            StoreCorrupted: RocksDB cannot read it. The store is marked, to be rebuilt.
        """
        try:
            value: bytes | None = self._get(key)
        except Exception as error:
            raise self._corrupted(error) from error
        return value

    def position(self) -> Position | None:
        """Where the store stands, or None when it holds nothing that this code can trust."""
        value = self.get(POSITION_KEY)
        if value is None:
            return None
        try:
            position = msgspec.msgpack.decode(value, type=Position)
        except msgspec.DecodeError:
            return None
        return position if position.format == FORMAT else None

    def write(
        self, changes: Mapping[bytes, bytes | None], position: Position | None = None
    ) -> None:
        """Apply changes and position together, or neither."""
        batch = WriteBatch(raw_mode=True)
        put, delete = batch.put, batch.delete
        for key, value in changes.items():
            if value is None:
                delete(key)
            else:
                put(key, value)
        if position is not None:
            put(POSITION_KEY, msgspec.msgpack.encode(position))
        try:
            self._db.write(batch)
        except Exception as error:
            raise self._corrupted(error) from error

    def confirm(self, now: float) -> None:
        """Note that the store was found to equal its changelog at `now`."""
        position = self.position()
        if position is not None and now - position.checked > _CONFIRM_SECONDS:
            self.write({}, msgspec.structs.replace(position, checked=now))

    @property
    def empty(self) -> bool:
        """Whether it holds nothing at all."""
        return next(self._keys(), None) is None

    def keys(self) -> Iterator[bytes]:
        """Keys of all states, in their order."""
        return (key for key in map(bytes, self._keys()) if key != POSITION_KEY)

    def scan(
        self, prefix: bytes, *, after: bytes | None = None, limit: int, backwards: bool = False
    ) -> list[tuple[bytes, bytes]]:
        """At most `limit` states whose keys begin with `prefix`, in the order of their keys.

        `after` is a key to go on from, whether there is such a state or not; it is not among them.

        Raises:
            StoreCorrupted: RocksDB cannot read it. The store is marked, to be rebuilt.
        """
        found: list[tuple[bytes, bytes]] = []
        try:
            for key, value in self._walk(prefix, after, backwards=backwards):
                if len(found) >= limit or not key.startswith(prefix):
                    break
                if key != POSITION_KEY:
                    found.append((key, value))
        except Exception as error:
            raise self._corrupted(error) from error
        return found

    def wipe(self) -> None:
        """Throw everything away and begin empty."""
        self._db.close()
        shutil.rmtree(self.path, ignore_errors=True)
        self._use(_open(self.path))

    def close(self) -> None:
        """Flush, and release the files, so that another process or a later open may have them.

        What a full disk does not take any more is read from the changelog by the next open.
        """
        with contextlib.suppress(Exception):
            self._db.flush()
        with contextlib.suppress(Exception):
            self._db.close()

    def _use(self, db: Rdict) -> None:
        unlogged = WriteOptions()
        unlogged.disable_wal = True  # type: ignore[method-assign, assignment] # its stub takes a property for a method
        db.set_write_options(unlogged)
        self._db = db
        self._get = db.get

    def _keys(self) -> Iterator[Any]:
        return iter(self._db.keys())

    def _walk(
        self, prefix: bytes, after: bytes | None, *, backwards: bool
    ) -> Iterator[tuple[bytes, bytes]]:
        """States from the first of a scan on, up to where those with `prefix` end, or beyond."""
        kept = prefix.rstrip(b"\xff")
        end = kept[:-1] + bytes([kept[-1] + 1]) if kept else None  # the least key behind them all
        if backwards and after is not None:
            end = after if end is None else min(end, after)
        bounds = ReadOptions()  # no lower one: rocksdict 0.3.29 sets the upper one instead
        if end is not None:
            bounds.set_iterate_upper_bound(end)
        place = self._db.iter(bounds)
        if backwards:
            place.seek_to_last()
        else:
            place.seek(prefix if after is None else max(prefix, after + b"\x00"))
        step = place.prev if backwards else place.next
        while place.valid():
            yield place.key(), place.value()
            step()
        place.status()  # raises if it ended early, which `Rdict.items` would not say

    def _corrupted(self, error: Exception) -> StoreCorrupted:
        with contextlib.suppress(OSError):
            (self.path / _UNTRUSTED).touch()
        return StoreCorrupted(
            f"RocksDB failed in {self.path}: {error}; the store is rebuilt from the changelog at "
            "the next start. If it says that no space is left, make room first"
        )


def _open(path: Path) -> Rdict:
    if (path / _UNTRUSTED).exists():
        shutil.rmtree(path, ignore_errors=True)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return Rdict(str(path), _options())
    except Exception as error:
        if f"{path / 'LOCK'}: " in str(error):  # "block checksum mismatch" has a lock in it, too
            raise StoreCorrupted(
                f"{path} is in use by another process ({error}); give each worker a data "
                "directory of its own: ORDERFLOW_DATADIR"
            ) from error
        shutil.rmtree(path, ignore_errors=True)
    try:
        return Rdict(str(path), _options())
    except Exception as error:
        raise StoreCorrupted(
            f"{path} can neither be opened nor made anew ({error}); make room, or set "
            "ORDERFLOW_DATADIR to a directory that this user may write"
        ) from error


def _options() -> Options:
    options = Options(raw_mode=True)
    options.create_if_missing(True)  # noqa: FBT003 - rocksdict takes no names
    options.set_write_buffer_size(_WRITE_BUFFER_BYTES)
    options.set_max_write_buffer_number(2)
    options.set_keep_log_file_num(2)
    table = BlockBasedOptions()
    table.set_block_cache(_cache)
    table.set_bloom_filter(_BLOOM_BITS, block_based=False)
    options.set_block_based_table_factory(table)
    return options
