"""The demo starts what it needs, plays, accounts for every order, and leaves nothing running."""

from __future__ import annotations

import io
import json
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agents.cli.client import connected
from agents.cli.simulation.plan import STYLES
from deploy.demo.children import Child, Children
from deploy.demo.errors import DemoError
from deploy.demo.place import Ports, only_demo
from deploy.demo.play import FIRST, Script, play
from deploy.demo.stage import Stage
from deploy.kafka.broker import LocalBroker
from deploy.kafka.processes import Process, eventually
from tests.agents.cli.conftest import Terminal
from tests.agents.cli.fake_api import FakeShop, serving
from tests.faults.workers import free_port

ROOT = Path(__file__).parents[2]
PATIENCE = 240  # seconds for a whole demo on a busy machine; on an idle one it takes 15


@dataclass
class Demo:
    """Demos of one directory and one Kafka, on ports of their own."""

    directory: Path
    kafka: str

    def start(self, *options: str) -> subprocess.Popen[str]:
        """Start one."""
        ports = zip(("--port", "--write-port", "--gateway-port"), self._ports(), strict=True)
        command = [sys.executable, "-m", "deploy.demo", *options]
        command += [word for pair in ports for word in pair]
        command += ["--directory", str(self.directory), "--kafka", self.kafka]
        return subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def children(self) -> dict[str, Process]:
        """The processes of the running demo."""
        file = self.directory / "children.json"
        found: list[dict[str, Any]] = json.loads(file.read_text()) if file.exists() else []
        return {child["name"]: Process(**child["process"]) for child in found}

    @staticmethod
    def _ports() -> list[str]:
        return [str(free_port()) for _ in range(3)]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """A stage for demos."""
    made = Demo(tmp_path / "demo", f"demo-{uuid.uuid4().hex[:8]}")
    yield made
    Children(made.directory).end_leftovers(print)
    broker = LocalBroker(made.kafka)
    broker.discard()
    shutil.rmtree(broker.directory)


def test_a_demo_plays_and_the_next_one_goes_on_with_the_same_data(demo: Demo) -> None:
    """One story in one test, because each start of the whole system costs seconds."""
    with demo.start("--orders", "30") as first:
        assert first.stdout is not None
        assert first.stdout.readline().startswith("page          http://127.0.0.1:")
        assert eventually(lambda: "gateway" in demo.children(), PATIENCE)
        with demo.start() as second:
            _, refusal = second.communicate(timeout=PATIENCE)
        assert second.returncode == 1
        assert refusal.startswith(f"demo: a demo is running already in {demo.directory}; look at")
        processes = demo.children()
        out, err = first.communicate(timeout=PATIENCE)

    assert (first.returncode, err) == (0, ""), out
    assert "after 30 orders" in out
    assert "every accepted order is known and has ended, and the totals agree" in out
    assert not any(process.alive for process in processes.values())
    assert demo.children() == {}

    with demo.start("--orders", "30", "--rate", "5/s") as later:
        assert eventually(lambda: "views worker" in demo.children(), PATIENCE)
        processes = demo.children()
        assert later.stdout is not None
        assert any("all is ready: look" in line for line in later.stdout)
        for killed in ("write worker", "gateway"):
            processes[killed].signal(signal.SIGKILL)
        out, err = later.communicate(timeout=PATIENCE)

    assert (later.returncode, err) == (0, ""), out + err
    for killed in ("write worker", "gateway"):
        assert f"process {processes[killed].pid} has gone; starting it again" in out
    assert "every accepted order is known and has ended, and the totals agree" in out
    log = (demo.directory / "gateway.log").read_text()
    assert "(0 operations" not in log.splitlines()[-1], "it goes on with the data of before"
    assert not any(process.alive for process in processes.values())


def test_ctrl_c_in_the_middle_of_the_start_leaves_nothing_running(demo: Demo) -> None:
    with demo.start() as started:
        assert eventually(lambda: "Kafka" in demo.children(), PATIENCE)
        processes = demo.children()
        started.send_signal(signal.SIGINT)
        started.send_signal(signal.SIGINT)  # somebody is impatient
        out, err = started.communicate(timeout=PATIENCE)

    assert (started.returncode, err) == (0, "")
    assert out.count("SIGINT: ending what was started") == 1
    assert not any(process.alive for process in processes.values())
    assert demo.children() == {}


def sleeping(children: Children, name: str, rank: int) -> Child:
    """A child that does nothing."""
    return children.start(name, rank, ["sleep", "60"], {})


def test_children_are_ended_with_those_that_need_them_first(tmp_path: Path) -> None:
    children, said = Children(tmp_path), list[str]()
    started = [sleeping(children, name, rank) for name, rank in (("a", 0), ("b", 2), ("c", 1))]
    started[1].process.signal(signal.SIGSTOP)

    children.end(said.append)

    assert [line.split()[0] for line in said] == ["b", "c", "a"]
    assert not any(child.process.alive for child in started)


def test_what_a_killed_demo_has_left_is_ended_by_the_next_one(tmp_path: Path) -> None:
    left = sleeping(Children(tmp_path), "worker", 2)
    said: list[str] = []

    Children(tmp_path).end_leftovers(said.append)
    Children(tmp_path).end_leftovers(said.append)

    assert not left.process.alive
    assert said == [
        "an earlier demo was killed; ending what it has left",
        f"worker ended (process {left.process.pid})",
    ]


def test_a_process_that_took_over_an_id_is_left_alone(tmp_path: Path) -> None:
    children = Children(tmp_path)
    ours = sleeping(children, "worker", 2)
    stranger = Child("worker", 2, Process(ours.process.pid, "long ago"), ours.log)
    (tmp_path / "other").mkdir()
    others = Children(tmp_path / "other")
    others.adopt(stranger)

    others.end(lambda _: None)

    assert ours.process.alive
    children.end(lambda _: None)


def test_a_child_gets_its_settings_and_its_last_words_are_kept(tmp_path: Path) -> None:
    children = Children(tmp_path)
    child = children.start(
        "worker",
        2,
        ["sh", "-c", 'echo "port $ORDERFLOW_WEB_PORT"; exit 3'],
        {"ORDERFLOW_WEB_PORT": "1"},
    )

    assert eventually(lambda: children.fallen() == child, 10)
    assert child.last_words() == "port 1"
    children.end(lambda _: None)


def test_a_port_in_use_is_named_with_the_cure() -> None:
    with serving(FakeShop()) as url:
        taken = int(url.rpartition(":")[2])
        with pytest.raises(DemoError) as refused:
            Ports(page=free_port(), write_side=free_port(), gateway=taken).check()

    assert str(refused.value) == (
        f"port {taken} of 127.0.0.1 is in use, and the demo wants it for the payment gateway; end "
        "what listens there, or choose another port: "
        f"make demo ARGS='--gateway-port {taken + 100}'"
    )


def test_there_is_one_demo_at_a_time_and_git_is_told_to_look_away(tmp_path: Path) -> None:
    with only_demo(tmp_path), pytest.raises(DemoError, match="a demo is running already"):
        only_demo(tmp_path).__enter__()

    with only_demo(tmp_path):
        assert (tmp_path / ".gitignore").read_text() == "*\n"


def script(orders: int | None) -> Script:
    """A fast one."""
    return Script(orders=orders, rate=500, gentle_rate=500, seed=1, users=10)


@pytest.mark.parametrize(
    ("orders", "sent", "number"),
    [(None, 0, FIRST), (None, 900, FIRST), (30, 0, 30), (130, 100, 30), (100, 100, 0)],
)
def test_orders_come_a_hundred_at_a_time(orders: int | None, sent: int, number: int) -> None:
    assert script(orders).next(sent) == number


async def test_after_the_first_hundred_orders_there_is_a_table() -> None:
    screen = io.StringIO()
    with serving(FakeShop()) as url:
        async with connected(url) as api:
            well = await play(script(130), api, Stage(screen))

    lines = screen.getvalue().splitlines()
    assert well
    assert sum(" lines  " in line or " line   " in line for line in lines) == 130
    assert "after 100 orders" in lines
    assert "130 orders so far, each known and ended" in lines
    (heading,) = (line.split() for line in lines if line.split()[-1:] == ["all"])
    assert heading == [*STYLES, "all"]
    assert ["placed", "50", "50", "100"] in [line.split() for line in lines]
    assert all(sum(line.endswith(style) for line in lines) == 65 for style in STYLES)
    for row in ("placed", "rejected", "  out_of_stock", "captured EUR", "stock reserved"):
        assert any(line.startswith(row) for line in lines)


async def test_a_mismatch_is_shown_and_the_play_has_not_gone_well() -> None:
    screen, shop = io.StringIO(), FakeShop()
    shop.wrong_total = 1
    with serving(shop) as url:
        async with connected(url) as api:
            well = await play(script(5), api, Stage(screen))

    assert not well
    assert "5 mismatches:" in screen.getvalue()


async def test_on_a_terminal_there_are_colours_unless_unwanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    colourful, sober = Terminal(), Terminal()
    with serving(FakeShop()) as url:
        async with connected(url) as api:
            monkeypatch.delenv("NO_COLOR", raising=False)
            await play(script(5), api, Stage(colourful))
            monkeypatch.setenv("NO_COLOR", "1")
            await play(script(5), api, Stage(sober))

    assert "\x1b[32mconfirmed" in colourful.getvalue()
    assert "\x1b[32m" not in sober.getvalue()


def test_a_terminal_that_has_gone_does_not_keep_the_demo_from_ending() -> None:
    class Gone(Terminal):
        """Nobody is there."""

        def write(self, _: str) -> int:
            raise BrokenPipeError

    Stage(Gone()).say("ended")
