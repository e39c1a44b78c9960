"""The watch seeks back what was lost, and lets alone what waits for a reason."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from models.errors import WorkerMustStop
from streams.batches import Intake
from streams.commit import Marker
from streams.lane import State
from streams.ledger import Ledger
from streams.metrics import LAG
from streams.watch import Watch
from tests.streams.fakes import FakeApp

IN = TP("in", 0)


class FakeRuntime:
    """Lanes, and what the watch has them do."""

    def __init__(self, *lanes: Any) -> None:
        self.lanes = {(lane.table, lane.partition): lane for lane in lanes}
        self.held: set[TP] = set()
        self.sought: list[TP] = []
        self.restored: list[str] = []

    def holds(self, tp: TP) -> bool:
        return tp in self.held

    async def seek_back(self, tp: TP) -> None:
        self.sought.append(tp)

    def restore_again(self, lane: Any) -> None:
        self.restored.append(lane.writer)


def lane(table: str = "t", expected: int = 5, **more: Any) -> Any:
    return SimpleNamespace(**{
        "table": table, "partition": 0, "topics": ("in",), "writer": f"{table}/0", "idle": True,
        "changelog": f"{table}.changelog", "state": State.OPEN, "intake": Intake({"in": expected}),
        "ledger": Ledger(end=10, applied={"in": expected}), "confirm": lambda: None,
        "published": Marker(1, "w", 0, {"in": expected}, {}, ()), **more,
    })  # fmt: skip


@pytest.fixture
def app(tmp_path: Path) -> Any:
    return FakeApp(tmp_path)


@pytest.fixture
def watch(app: Any) -> Watch:
    watch = Watch(app)
    app.runtime = FakeRuntime(lane())
    return watch


async def look(watch: Watch, app: Any, position: int, end: int, times: int = 1) -> list[TP]:
    """Look several times at a source that stands at a position; returns what was sought back."""
    app.group_consumer.found[IN] = (position, end)
    for _ in range(times):
        await watch._look_at_sources(list(app.runtime.lanes.values()))
    sought: list[TP] = app.runtime.sought
    return sought


async def test_what_was_fetched_and_lost_is_sought_back_after_some_looks(
    watch: Watch, app: Any
) -> None:
    assert await look(watch, app, position=8, end=8, times=2) == []
    assert await look(watch, app, position=8, end=8) == [IN]


async def test_a_fetch_that_does_not_move_is_begun_anew(watch: Watch, app: Any) -> None:
    assert await look(watch, app, position=5, end=9, times=3) == []
    assert await look(watch, app, position=5, end=9) == [IN]


async def test_a_lane_that_is_working_or_has_nothing_to_do_is_let_alone(
    watch: Watch, app: Any
) -> None:
    assert await look(watch, app, position=5, end=5, times=9) == []
    app.runtime = FakeRuntime(lane(idle=False))
    assert await look(watch, app, position=8, end=9, times=9) == []


async def test_a_lane_that_waits_for_one_that_reads_the_past_is_let_alone(
    watch: Watch, app: Any
) -> None:
    """A new table replays a topic from its start; the old one has it all, and is idle."""
    app.runtime = FakeRuntime(lane("old", 90), lane("new", 5, idle=False))
    for position in range(10, 60):
        await look(watch, app, position, end=100)

    assert app.runtime.sought == []


async def test_a_partition_that_pauses_for_a_slower_lane_is_not_resumed(
    watch: Watch, app: Any
) -> None:
    app.runtime = FakeRuntime(lane("fast"), lane("slow", idle=False))
    app.runtime.held.add(IN)

    assert await look(watch, app, position=5, end=9, times=9) == []


async def test_lag_is_what_the_log_holds_beyond_what_was_applied(watch: Watch, app: Any) -> None:
    await look(watch, app, position=8, end=12)
    assert watch.lag == {("t/0", IN): 7}
    assert LAG.labels("t", "in", "0")._value.get() == 7


async def test_figures_of_partitions_that_went_elsewhere_are_forgotten(
    watch: Watch, app: Any
) -> None:
    await look(watch, app, position=8, end=12)
    watch.forget()

    assert watch.lag == {}
    assert [sample for metric in LAG.collect() for sample in metric.samples] == []


async def test_a_source_with_lag_that_does_not_move_is_named(
    watch: Watch, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await look(watch, app, position=5, end=12)
    assert watch.stalled() == []
    now = time.monotonic()
    monkeypatch.setattr("streams.watch.time", SimpleNamespace(monotonic=lambda: now + 40))
    (said,) = watch.stalled()
    assert said.startswith("t/0: 7 records wait in in[0], nothing moved for 4")

    app.runtime.lanes["t", 0].ledger.applied["in"] = 6
    await look(watch, app, position=6, end=12)
    assert watch.stalled() == []


async def test_a_lane_that_stands_still_is_named_though_another_reads_the_same_source(
    watch: Watch, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving = lane("moving", 1)
    app.runtime = FakeRuntime(lane("still"), moving)
    now = time.monotonic()
    for second in range(40):
        monkeypatch.setattr(
            "streams.watch.time", SimpleNamespace(monotonic=lambda at=now + second: at)
        )
        moving.ledger.applied["in"] += 1
        await look(watch, app, position=50, end=100)

    assert [said.partition(":")[0] for said in watch.stalled()] == ["still/0"]


# Changelogs.


async def test_a_commit_of_another_writer_is_found_even_while_the_lane_is_idle(
    watch: Watch, app: Any
) -> None:
    app.group_consumer.last = {("t.changelog", 0): 11}
    await watch._look_at_changelogs(list(app.runtime.lanes.values()))

    assert app.runtime.restored == ["t/0"]


async def test_a_quiet_lane_that_equals_its_changelog_is_confirmed(watch: Watch, app: Any) -> None:
    confirmed = []
    app.runtime = FakeRuntime(lane(confirm=lambda: confirmed.append(True)))
    app.group_consumer.last = {("t.changelog", 0): 10}
    await watch._look_at_changelogs(list(app.runtime.lanes.values()))

    assert (confirmed, app.runtime.restored) == ([True], [])


async def test_a_lane_that_has_committed_meanwhile_proves_nothing(watch: Watch, app: Any) -> None:
    busy = lane()
    app.runtime = FakeRuntime(busy)

    async def ends(tps: Any) -> dict[Any, int]:
        busy.ledger.end = 13
        return dict.fromkeys(tps, 13)

    app.group_consumer.ends = ends
    await watch._look_at_changelogs([busy])

    assert app.runtime.restored == []


# Progress.


async def test_progress_is_shown_once_and_again_after_it_was_not_taken(
    watch: Watch, app: Any
) -> None:
    app.group_consumer.assigned = {IN}
    app.group_consumer.answers = False
    await watch.show_progress()
    app.group_consumer.answers = True
    await watch.show_progress()
    await watch.show_progress()

    assert app.group_consumer.shown == [{IN: (5, "t=1")}] * 2


async def test_progress_of_partitions_that_are_not_ours_is_not_shown(
    watch: Watch, app: Any
) -> None:
    await watch.show_progress()

    assert app.group_consumer.shown == []


async def test_a_broker_that_does_not_answer_is_said_once_and_so_is_its_return(
    watch: Watch, app: Any, caplog: pytest.LogCaptureFixture
) -> None:
    app.group_consumer.answers = False
    await watch._look_at_broker()
    await watch._look_at_broker()
    assert watch.away_since is not None

    app.group_consumer.answers = True
    await watch._look_at_broker()
    await watch._look_at_broker()
    assert watch.away_since is None
    assert [message.partition(" ")[0] for message in caplog.messages] == ["Kafka", "Kafka"]
    assert "does not answer" in caplog.messages[0]
    assert "answers again" in caplog.messages[1]


async def test_a_lane_that_was_given_up_meanwhile_is_let_alone(watch: Watch, app: Any) -> None:
    confirmed: list[bool] = []
    lost = lane(confirm=lambda: confirmed.append(True))
    app.runtime = FakeRuntime(lost)

    async def ends(tps: Any) -> dict[Any, int]:
        lost.state = State.CLOSED
        return dict.fromkeys(tps, 10)

    app.group_consumer.ends = ends
    await watch._look_at_changelogs(list(app.runtime.lanes.values()))

    assert (confirmed, app.runtime.restored) == ([], [])


# The client.


async def test_a_client_that_lost_a_task_stops_the_worker(
    watch: Watch, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = WorkerMustStop("the group task has ended")

    async def ping() -> None:
        raise lost

    monkeypatch.setattr(app.group_consumer, "ping", ping, raising=False)
    await watch._look_at_broker()

    assert app.crashes == [lost]
    assert watch.away_since is None
