"""The local store: written whole or not at all, and never trusted further than it can be read."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from models.errors import StoreCorrupted
from streams.commit import POSITION_KEY
from streams.store import FORMAT, PartitionStore, Position

KILLED = 9
POSITION = Position(FORMAT, "t.changelog", 3, 6, 2, "w", 1_000.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tables" / "t-0.db"


@pytest.fixture
def store(path: Path) -> Iterator[PartitionStore]:
    store = PartitionStore(path)
    yield store
    store.close()


def fill(path: Path) -> None:
    """Leave a closed store of some megabytes."""
    store = PartitionStore(path)
    store.write({b"s/%05d" % n: os.urandom(200) for n in range(20_000)}, POSITION)
    store.close()


def damage(path: Path, pattern: str, at: float) -> None:
    """Overwrite 64 bytes of some files of a store."""
    files = list(path.glob(pattern))
    assert files
    for file in files:
        with file.open("r+b") as bytes_:
            bytes_.seek(max(0, int(file.stat().st_size * at) - 64))
            bytes_.write(b"\xff" * 64)


def test_a_new_store_is_empty_and_stands_nowhere(store: PartitionStore) -> None:
    assert store.empty
    assert store.position() is None
    assert store.get(b"s/a") is None


def test_states_and_position_survive_a_close(path: Path) -> None:
    store = PartitionStore(path)
    store.write({b"s/a": b"1", b"s/b": b"2"}, POSITION)
    store.write({b"s/a": None})
    store.close()
    again = PartitionStore(path)

    assert again.position() == POSITION
    assert list(again.keys()) == [b"s/b"]
    assert not again.empty
    again.close()


def test_keys_come_in_their_order_without_the_position(store: PartitionStore) -> None:
    store.write(dict.fromkeys([b"s/b", b"due/2", b"due/1", b"\x00", b"~"], b"v"), POSITION)

    assert list(store.keys()) == [b"\x00", b"due/1", b"due/2", b"s/b", b"~"]


def test_a_wiped_store_is_as_new_and_can_be_used(store: PartitionStore) -> None:
    store.write({b"s/a": b"1"}, POSITION)
    store.wipe()

    assert store.empty
    store.write({b"s/b": b"2"})
    assert store.get(b"s/b") == b"2"


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"nonsense",
        msgspec.msgpack.encode(["1"]),
        msgspec.msgpack.encode(msgspec.structs.replace(POSITION, format=FORMAT + 1)),
    ],
    ids=["empty", "nonsense", "other-fields", "other-format"],
)
def test_a_position_of_another_version_is_none(store: PartitionStore, value: bytes) -> None:
    store.write({b"s/a": b"1", POSITION_KEY: value})

    assert store.position() is None
    assert not store.empty


def test_being_equal_to_the_changelog_is_noted_from_time_to_time(store: PartitionStore) -> None:
    store.write({}, POSITION)

    store.confirm(POSITION.checked + 10)
    assert store.position() == POSITION
    store.confirm(POSITION.checked + 1_000)
    assert store.position() == msgspec.structs.replace(POSITION, checked=2_000.0)


def test_a_store_that_stands_nowhere_is_not_confirmed(store: PartitionStore) -> None:
    store.confirm(1.0)

    assert store.empty


@pytest.mark.parametrize("pattern", ["MANIFEST*", "CURRENT"])
def test_a_store_that_cannot_be_opened_is_made_anew(path: Path, pattern: str) -> None:
    fill(path)
    damage(path, pattern, 0.5)
    store = PartitionStore(path)

    assert store.empty
    store.close()


def test_a_damaged_block_is_not_taken_for_a_lock(path: Path) -> None:
    """RocksDB says `block checksum mismatch` when the end of a table file is damaged."""
    fill(path)
    damage(path, "*.sst", 0.999)
    store = PartitionStore(path)

    assert store.empty
    store.close()


def test_a_block_that_cannot_be_read_is_said_and_the_next_open_begins_anew(path: Path) -> None:
    fill(path)
    for tenth in range(1, 10):
        damage(path, "*.sst", tenth / 10)
    store = PartitionStore(path)

    with pytest.raises(StoreCorrupted, match="rebuilt from the changelog at the next start"):
        [store.get(b"s/%05d" % n) for n in range(20_000)]
    store.close()
    again = PartitionStore(path)
    assert again.empty
    again.close()


IN_ANOTHER_PROCESS = """
import os, sys
from pathlib import Path
from streams.store import FORMAT, PartitionStore, Position
store = PartitionStore(Path(sys.argv[1]))
for n in range(1, 6001):
    value = b"%08d" % n * 100
    store.write({b"s/%d" % (n % 50): value, b"last": value},
                Position(FORMAT, "t.changelog", n, n + 1, n, "w", 0.0))
print("written", flush=True)
if sys.argv[2] == "killed":
    os._exit(9)
sys.stdin.readline()
store.close()
"""


def another_process(path: Path, fate: str) -> subprocess.Popen[str]:
    """A process that has written 6 000 commits to a store, and holds it or is gone."""
    process = subprocess.Popen(
        [sys.executable, "-c", IN_ANOTHER_PROCESS, str(path), fate],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "written\n"
    return process


def test_after_a_kill_states_and_position_are_of_one_commit(path: Path) -> None:
    with another_process(path, "killed") as process:
        assert process.wait() == KILLED
    store = PartitionStore(path)
    position = store.position()

    assert position is not None, "4.8 MB were written, and the memtable holds 4 MiB"
    assert 0 < position.sequence < 6_000, "what was not flushed is gone"
    assert store.get(b"last") == b"%08d" % position.sequence * 100
    for n in range(position.sequence - 49, position.sequence + 1):
        assert store.get(b"s/%d" % (n % 50)) == b"%08d" % n * 100
    store.close()


def test_a_store_in_use_by_another_process_is_left_alone_and_the_cure_is_said(path: Path) -> None:
    with another_process(path, "held") as process:
        with pytest.raises(StoreCorrupted, match=r"in use by another process.*ORDERFLOW_DATADIR"):
            PartitionStore(path)
        process.communicate("\n")
        assert process.returncode == 0
    store = PartitionStore(path)

    assert store.get(b"last") == b"%08d" % 6_000 * 100
    store.close()


def test_a_directory_that_cannot_be_made_is_said_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(StoreCorrupted, match="ORDERFLOW_DATADIR"):
        PartitionStore(tmp_path / "file" / "t-0.db")


FULL_DISK = """
import os, resource, signal, sys
from pathlib import Path
from models.errors import StoreCorrupted
from streams.store import PartitionStore
store = PartitionStore(Path(sys.argv[1]))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
try:
    for n in range(200):
        store.write({b"s/%d" % n: os.urandom(50_000)})
except StoreCorrupted as error:
    print(error)
store.close()
"""


def test_a_disk_that_takes_no_more_is_said_and_the_store_is_rebuilt(path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )

    assert "make room first" in ended.stdout
    store = PartitionStore(path)
    assert store.empty
    store.close()
