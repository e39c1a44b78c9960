"""`simulate` ends by what it has found."""

import json
import signal
import subprocess

from deploy.kafka.processes import eventually
from tests.agents.cli.conftest import Run
from tests.agents.cli.fake_api import FakeShop
from tests.agents.cli.test_command import FAUST, PATIENCE, ROOT

FEW = ("--rate", "500/s", "--count", "40", "--patience", "200ms")


def test_into_a_pipe_the_summary_is_a_line_of_json(run: Run) -> None:
    said = run("simulate", *FEW)

    assert said.code == 0
    assert json.loads(said.out)["accepted"] == 40
    assert said.err.splitlines()[0].startswith("40/40 sent, 0 under way, ")
    assert said.err.endswith("every accepted order is known and has ended, and the totals agree\n")


def test_on_a_terminal_it_is_a_table(run: Run) -> None:
    said = run("simulate", *FEW, terminal=True)

    assert said.out.startswith("sent ")
    assert "\r\x1b[K40/40 sent, 0 under way" in said.err


def test_the_styles_of_checkout_take_turns_if_told_so(run: Run, shop: FakeShop) -> None:
    both = json.loads(run("simulate", *FEW, "--saga", "both").out)
    one = json.loads(run("simulate", *FEW, "--saga", "choreography", "--restock").out)

    assert {style: made["placed"] for style, made in both["styles"].items()} == {
        "orchestration": 20,
        "choreography": 20,
    }
    assert {style: made["placed"] for style, made in one["styles"].items()} == {"choreography": 40}
    assert both["placed"] == one["placed"] == 40
    assert len(shop.orders) == 80


def test_a_mismatch_is_listed_and_the_exit_code_is_1(run: Run, shop: FakeShop) -> None:
    shop.miscounts = 1

    said = run("simulate", *FEW)

    assert said.code == 1
    assert "1 mismatches:\n  placed: the orders make 40, the totals say 41\n" in said.err
    assert json.loads(said.out)["mismatches"]


def test_it_does_not_stock_up_again_unless_told_so(run: Run, shop: FakeShop) -> None:
    run("simulate", *FEW)
    before = shop.stock.total()
    run("simulate", *FEW)
    assert shop.stock.total() < before

    run("simulate", *FEW, "--restock")
    assert shop.stock.total() > before


def test_without_waiting_the_orders_are_only_sent(run: Run) -> None:
    said = run("simulate", *FEW, "--no-wait")

    assert said.code == 0
    assert json.loads(said.out)["sent"] == 40


def test_ctrl_c_says_what_it_means_and_ends_with_130(shop: FakeShop, url: str) -> None:
    def placed() -> bool:
        return bool(shop.orders)

    with subprocess.Popen(
        [*FAUST, "simulate", "--rate", "5/s", "--url", url],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert eventually(placed, PATIENCE)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)

    assert (process.returncode, out) == (130, "")
    assert err.endswith("interrupted; what was accepted goes on\n")
