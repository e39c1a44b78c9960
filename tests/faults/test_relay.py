"""Two agents under faults: nothing lost, nothing twice, no two outputs of one id that differ."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.faults.exits import EXIT_CODE, POINTS
from tests.faults.scene import Scene
from tests.faults.workers import eventually


async def test_kill_9_loses_and_repeats_nothing(broker: str, tmp_path: Path, unique: str) -> None:
    async with Scene(broker, tmp_path, unique) as scene:
        one, other = scene.worker(), scene.worker()
        await one.until_ready()
        for victim in (one, other, one):
            await scene.after(400)
            victim.kill()
            await scene.after(200)
            victim.start()
            await victim.until_ready()
        await scene.after(200)
        await scene.verdict()


@pytest.mark.parametrize("point", POINTS)
async def test_an_exit_at_any_point_of_a_commit_is_survived(
    broker: str, tmp_path: Path, unique: str, point: str
) -> None:
    async with Scene(broker, tmp_path, unique) as scene:
        worker = scene.worker(RELAY_EXIT_AT=f"{point}:{4 if point == 'after-progress' else 20}")
        assert await worker.exit_code() == EXIT_CODE
        worker.start()
        assert await worker.exit_code() == EXIT_CODE
        worker.start(RELAY_EXIT_AT="")
        await scene.after(200)
        await scene.verdict()


async def test_a_worker_frozen_beyond_its_session_changes_nothing_when_it_wakes(
    broker: str, tmp_path: Path, unique: str
) -> None:
    async with Scene(broker, tmp_path, unique) as scene:
        sleeper, other = scene.worker(), scene.worker()
        await sleeper.until_ready()
        await other.until_ready()
        await scene.after(400)
        sleeper.signal(signal.SIGSTOP)
        await eventually(lambda: _works_on_all(other.text()), "the other takes over")
        await scene.after(800)
        sleeper.signal(signal.SIGCONT)
        await scene.after(800)
        await scene.verdict()


def _works_on_all(log: str) -> bool:
    return log.rstrip().rfind("working on 8 lanes") > log.rfind("working on 4 lanes")


async def test_a_wiped_disk_is_rebuilt_from_the_changelog(
    broker: str, tmp_path: Path, unique: str
) -> None:
    async with Scene(broker, tmp_path, unique) as scene:
        worker = scene.worker()
        await worker.until_ready()
        await scene.after(800)
        worker.kill()
        worker.wipe()
        worker.start()
        await worker.until_ready()
        await scene.after(400)
        await scene.verdict()


async def test_a_corrupted_local_store_is_rebuilt_from_the_changelog(
    broker: str, tmp_path: Path, unique: str
) -> None:
    async with Scene(broker, tmp_path, unique) as scene:
        worker = scene.worker()
        await worker.until_ready()
        await scene.after(800)
        worker.kill()
        damaged = [
            path
            for path in worker.directory.rglob("*")
            if path.suffix in {".log", ".sst"} or path.name.startswith("MANIFEST")
        ]
        assert damaged
        for path in damaged:
            half = path.stat().st_size // 2
            with path.open("r+b") as file:
                file.seek(half)
                file.write(b"\xff" * 64)
        worker.start()
        await worker.until_ready()
        await scene.after(400)
        await scene.verdict()


async def test_a_rolling_restart_loses_and_repeats_nothing(
    broker: str, tmp_path: Path, unique: str
) -> None:
    async with Scene(broker, tmp_path, unique) as scene:
        workers = [scene.worker(), scene.worker()]
        for worker in workers:
            await worker.until_ready()
        for worker in [*workers, *workers]:
            await scene.after(200)
            worker.terminate()
            assert await worker.exit_code() == 0
            worker.start()
            await worker.until_ready()
        found = await scene.verdict()
        assert found.repeats == {}, "a worker that ends in peace leaves nothing to publish again"


async def test_a_storm_of_rebalances_loses_and_repeats_nothing(
    broker: str, tmp_path: Path, unique: str
) -> None:
    async with Scene(broker, tmp_path, unique) as scene:
        steady = scene.worker()
        await steady.until_ready()
        for round_ in range(4):
            guest = scene.worker()
            if round_ % 2:
                await guest.until_ready()
            await scene.after(150)
            guest.kill() if round_ % 3 else guest.terminate()
        await scene.after(200)
        await scene.verdict()


async def test_agents_move_between_apps_and_groups_and_keep_their_place(
    broker: str, tmp_path: Path, unique: str
) -> None:
    async with Scene(broker, tmp_path, unique) as scene:
        one, other = scene.worker(), scene.worker(RELAY_AGENTS="items")
        await one.until_ready()
        await scene.after(300)
        one.kill()  # together by mistake: until here both worked on `items`, fenced by the other
        one.start(RELAY_AGENTS="accounts")
        await one.until_ready()
        await scene.after(300)
        one.kill()
        other.kill()
        one.start()
        await one.until_ready()
        await scene.after(300)
        await scene.verdict()
