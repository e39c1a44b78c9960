"""All commands have help with an example, say what is wrong and what cures it, and end cleanly."""

import os
import pty
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from faust.cli.base import cli

from agents.cli import COMMANDS
from agents.cli.command import Spec
from deploy.kafka.processes import eventually
from tests.agents.cli.conftest import Run
from tests.agents.cli.fake_api import FakeShop

ROOT = Path(__file__).parents[3]
FAUST = [sys.executable, "-m", "faust", "-A", "tests.agents.cli.scratch"]
PATIENCE = 30


def name_of(spec: Spec) -> str:
    """The name of a command."""
    return spec.run.__name__.replace("_", "-")


@pytest.mark.parametrize("spec", COMMANDS, ids=name_of)
def test_each_command_has_help_with_an_example_that_can_be_parsed(run: Run, spec: Spec) -> None:
    example = re.search(r"^  faust -A streams.app (.+)$", help_of(name_of(spec)), re.MULTILINE)
    assert example is not None, "the example stands on a line of its own"
    name, *given = [word.strip("'") for word in re.findall(r"'[^']*'|\S+", example[1])]
    assert name == name_of(spec)

    if name != "simulate":
        assert run(name, *given).code != 2


def help_of(name: str) -> str:
    """What --help shows."""
    command = cli.commands[name]
    return command.get_help(command.make_context(name, [], resilient_parsing=True))


def test_faust_lists_the_commands() -> None:
    done = subprocess.run([*FAUST, "--help"], cwd=ROOT, capture_output=True, text=True, check=True)

    listed = {line.split()[0] for line in done.stdout.splitlines() if line.strip()}
    assert listed >= {name_of(spec) for spec in COMMANDS} | {"worker", "agents"}


def test_a_server_that_is_not_there_is_said_with_the_cure(run: Run) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}"

        said = run("show", "ada:1", at=address)

    assert said.code == 1
    assert said.err.startswith(f"show: no answer from {address} (Connection refused); start")
    assert "`faust -A streams.views worker`" in said.err
    assert said.err.count("\n") == 1


def test_a_server_that_is_another_one_is_said_with_the_cure(run: Run, url: str) -> None:
    said = run("show", "ada:1", at=f"{url}/elsewhere", terminal=True)

    assert said.code == 1
    assert "answers 404, but not as Orderflow does" in said.err
    assert "name Orderflow's address with --url or ORDERFLOW_URL" in said.err


def test_an_address_that_is_none_is_an_error_of_usage(run: Run) -> None:
    said = run("show", "ada:1", at="localhost:6066")

    assert said.code == 2
    assert "'localhost:6066' is no address" in said.err


def test_the_address_may_come_from_the_environment(shop: FakeShop, url: str) -> None:
    done = subprocess.run(
        [*FAUST, "show", "ada:1"],
        cwd=ROOT,
        env={**os.environ, "ORDERFLOW_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert shop.requests[0][1] == "/orders/ada:1"


def test_ctrl_c_ends_a_command_at_once_with_130(shop: FakeShop, url: str) -> None:
    shop.hangs = True
    with subprocess.Popen(
        [*FAUST, "show", "ada:1", "--url", url],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert eventually(lambda: bool(shop.requests), PATIENCE)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=PATIENCE)

    assert (process.returncode, *said) == (130, "", "")


def test_whoever_stops_reading_gets_no_traceback(shop: FakeShop, url: str) -> None:
    reading, writing = os.pipe()
    with subprocess.Popen(
        [*FAUST, "orders", "ada", "--url", url],
        cwd=ROOT,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        os.close(writing)
        os.close(reading)
        _, said = process.communicate(timeout=PATIENCE)

    assert shop.requests
    assert said == ""


def test_a_terminal_gets_rows(shop: FakeShop, url: str) -> None:
    shop.stock["TEA"] = 3
    here, there = pty.openpty()
    subprocess.run([*FAUST, "stock", "TEA", "--url", url], cwd=ROOT, stdout=there, check=True)
    os.close(there)

    assert os.read(here, 1000).decode().startswith("sku        TEA\r\non hand    3\r\n")
    os.close(here)
