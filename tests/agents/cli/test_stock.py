"""Stock on the command line."""

import json

from tests.agents.cli.conftest import Run
from tests.agents.cli.fake_api import FakeShop


def test_goods_are_received_once_for_a_key(run: Run, shop: FakeShop) -> None:
    run("receive", "TEA", "10", "--key", "k")
    run("receive", "TEA", "10", "--key", "k")

    assert shop.stock["TEA"] == 10
    assert shop.requests[0] == ("POST", "/stock/TEA/receive?wait=5000ms", "k", {"quantity": 10})


def test_a_count_is_corrected_downwards_too(run: Run, shop: FakeShop) -> None:
    run("receive", "TEA", "10")

    said = run("adjust", "TEA", "--change", "-3", "--reason", "broken")

    assert json.loads(said.out)["on_hand"] == 7
    assert shop.requests[-1][3] == {"change": -3, "reason": "broken"}


def test_a_correction_that_is_refused_says_why(run: Run) -> None:
    said = run("adjust", "TEA", "--change", "-3", "--reason", "broken", terminal=True)

    assert said.code == 1
    assert said.err == "adjust: there would be less than none\n  cure   count again\n"


def test_a_quantity_is_a_number(run: Run) -> None:
    said = run("receive", "TEA", "many")

    assert said.code == 2
    assert "'many' is not a valid integer" in said.err


def test_stock_is_shown_with_its_reservations(run: Run) -> None:
    run("receive", "TEA", "10")

    rows = run("stock", "TEA", terminal=True).out.splitlines()

    assert rows[:4] == ["sku        TEA", "on hand    10", "reserved   2", "available  8"]
    assert rows[6].startswith("a:1/1               2  20")
    assert rows[7] == "there are more"
