"""Reading a changelog into a store: what is trusted, what is thrown away, where it goes on."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest

from models.errors import WorkerMustStop
from streams import changelog
from streams.changelog import AnotherChangelog, ChangelogReading, Restored
from streams.commit import MARKER_KEY, POSITION_KEY, Marker, encode_marker
from streams.store import FORMAT, Position
from tests.streams.world import Disk, Topic

NAME = "t.changelog"
NOW = time.time()


class Log(Topic):
    """A changelog to which commits are appended."""

    def __init__(self) -> None:
        super().__init__(NAME)

    def commit(self, sequence: int, writer: str, **states: str | None) -> int:
        """Append a commit; returns the offset of its marker."""
        marker = encode_marker(Marker(sequence, writer, 0, {"in": sequence}, {}, ()))
        batch: list[Any] = [(0, MARKER_KEY, marker, ())]
        batch += [(0, k.encode(), v and v.encode(), ()) for k, v in states.items()]
        return self.append(batch)

    def read(self, disk: Disk, begin: int = 0, limit: int = 1 << 30) -> Restored:
        """Read it to its end into a disk, as a restore does."""
        while True:
            reading = ChangelogReading(disk, NAME, begin, self.end)  # type: ignore[arg-type]
            try:
                while not reading.done:
                    reading.feed(self.since(reading.next, limit))
            except AnotherChangelog:
                continue
            return reading.finish()


def states(disk: Disk) -> dict[bytes, bytes]:
    return {key: value for key, value in disk.data.items() if key != POSITION_KEY}


def at(offset: int, end: int, sequence: int, **other: Any) -> Position:
    position = Position(FORMAT, NAME, offset, end, sequence, "a", NOW)
    return msgspec.structs.replace(position, **other)


def stale(position: Position | None) -> Disk:
    """A disk with a state that no changelog holds."""
    disk = Disk()
    disk.write({b"stale": b"?"}, position)
    return disk


@pytest.fixture
def log() -> Log:
    log = Log()
    log.commit(1, "a", x="1", y="1")
    log.commit(2, "a", x="2", y=None)
    return log


def test_an_empty_changelog_leaves_an_empty_store_and_a_ledger_at_its_end() -> None:
    disk = Disk()
    restored = Log().read(disk)

    assert restored.marker is None
    assert restored.ledger.sequence == 0
    assert disk.data == {}


def test_states_ledger_and_position_are_those_of_the_last_commit(log: Log) -> None:
    disk = Disk()
    restored = log.read(disk)

    assert states(disk) == {b"x": b"2"}
    assert restored.marker is not None
    assert restored.ledger.sequence == restored.marker.sequence == 2
    assert restored.ledger.applied == {"in": 2}
    assert restored.ledger.end == log.end
    position = disk.position()
    assert position is not None
    assert (position.marker_offset, position.end, position.sequence) == (3, 6, 2)


def test_a_store_is_read_on_from_its_last_commit_which_is_read_once_more(log: Log) -> None:
    disk = Disk()
    log.read(disk)
    log.commit(3, "b", z="3")
    reading = ChangelogReading(disk, NAME, 0, log.end)  # type: ignore[arg-type]

    assert reading.next == 3
    reading.feed(log.since(reading.next))
    restored = reading.finish()
    assert states(disk) == {b"x": b"2", b"z": b"3"}
    assert restored.ledger.sequence == 3


def test_nothing_new_still_gives_the_last_commit_since_its_outbox_may_be_unpublished(
    log: Log,
) -> None:
    disk = Disk()
    first = log.read(disk)

    assert log.read(disk).marker == first.marker


@pytest.mark.parametrize(
    ("position", "why"),
    [
        (None, "does not say where it stands"),
        (at(3, 6, 2, changelog="other.changelog"), "belongs to other.changelog"),
        (at(3, 7, 2), "ahead of its changelog"),
        (at(3, 6, 2, checked=NOW - 13 * 3600), "last checked 13 h ago"),
        (at(3, 6, 2, checked=NOW + 13 * 3600), "last checked -13 h ago"),
        (at(3, 6, 1), "another commit"),
        (at(3, 6, 2, writer="b"), "another commit"),
        (at(1, 3, 1), "another commit"),
    ],
)
def test_a_store_that_cannot_be_trusted_is_rebuilt_and_the_log_says_why(
    log: Log, position: Position | None, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    disk = stale(position)
    log.read(disk)

    assert states(disk) == {b"x": b"2"}
    assert "thrown away and rebuilt" in caplog.text
    assert why in caplog.text


def test_a_store_older_than_the_beginning_of_the_log_is_rebuilt(log: Log) -> None:
    disk = stale(at(0, 3, 1))
    log.records = log.records[3:]
    log.read(disk, begin=3)

    assert states(disk) == {b"x": b"2"}


def test_a_marker_that_compaction_removed_is_no_reason_for_doubt(log: Log) -> None:
    disk = Disk()
    log.read(disk)
    at_ = log.commit(3, "a", z="3")
    log.compact(at_ + 1)

    assert log.read(disk).ledger.sequence == 3
    assert states(disk) == {b"x": b"2", b"z": b"3"}


def test_a_rejected_commit_changes_nothing_and_its_keys_are_to_be_written_again(log: Log) -> None:
    log.commit(2, "zombie", x="z", w="z")
    disk = Disk()
    restored = log.read(disk)

    assert states(disk) == {b"x": b"2"}
    assert restored.tainted == {MARKER_KEY, b"x", b"w"}
    assert restored.ledger.sequence == 2


def test_what_is_tainted_is_found_again_by_a_restore_that_was_cut_short(log: Log) -> None:
    """A store that stood behind the rejected commit would never look at it again.

    Compaction would then keep the rejected value of `w`, which no accepted commit writes later.
    """
    disk = Disk()
    log.read(disk)
    log.commit(2, "zombie", w="z")
    log.commit(3, "a", v="3")

    assert log.read(disk).tainted == {b"w"}
    assert log.read(disk).tainted == {b"w"}, "the first was killed before its repair"


def test_a_store_without_position_is_no_loss_after_a_restore_that_was_cut_short(log: Log) -> None:
    log.commit(2, "zombie", w="z")
    log.commit(3, "a", v="3")
    disk = Disk()

    assert log.read(disk).tainted == {b"w"}
    assert log.read(disk).tainted == {b"w"}
    assert states(disk) == {b"x": b"2", b"v": b"3"}


def test_states_without_any_commit_are_refused() -> None:
    log = Log()
    log.append([(0, b"x", b"1", ())])

    with pytest.raises(WorkerMustStop, match="no accepted commit"):
        log.read(Disk())


def test_a_long_changelog_is_written_in_chunks_and_read_again_from_the_old_position_if_cut_short(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changelog, "_CHUNK", 2)
    disk = Disk()
    log.read(disk)
    before = disk.position()
    log.commit(3, "a", p="1", q="1")
    log.commit(4, "a", p="2", r="1")
    reading = ChangelogReading(disk, NAME, 0, log.end)  # type: ignore[arg-type]
    for _ in range(2):
        reading.feed(log.since(reading.next, 3))

    assert disk.get(b"p") == b"1"
    assert disk.position() == before
    assert log.read(disk).ledger.sequence == 4
    assert states(disk) == {b"x": b"2", b"p": b"2", b"q": b"1", b"r": b"1"}


def test_pieces_of_any_size_give_the_same(log: Log) -> None:
    log.commit(2, "zombie", x="z")
    log.commit(3, "a", x="3")
    small, whole = Disk(), Disk()

    assert log.read(small, limit=1) == log.read(whole)
    assert states(small) == states(whole)
