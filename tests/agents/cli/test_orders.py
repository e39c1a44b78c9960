"""Orders on the command line: what is sent, what is shown, and how it ends."""

import json
from pathlib import Path

import pytest

from tests.agents.cli.conftest import Run
from tests.agents.cli.fake_api import FakeShop

TEA = ("--user", "ada", "--currency", "USD", "--line", "TEA:2:7.90")


def placed(run: Run, *more: str) -> str:
    """Place an order, and return its id."""
    return str(json.loads(run("place", *TEA, *more).out)["order_id"])


@pytest.fixture(autouse=True)
def _something_to_sell(shop: FakeShop) -> None:
    shop.stock["TEA"] = 100


def test_an_order_is_sent_in_minor_units(run: Run, shop: FakeShop) -> None:
    said = run("place", *TEA, "--line", "MUG:1:0.05", "--name", "Ada", "--email", "a@example.com")

    assert shop.requests[0][3] == {
        "user_id": "ada",
        "currency": "USD",
        "payment_method": "card",
        "customer": {"name": "Ada", "email": "a@example.com"},
        "lines": [
            {"sku": "TEA", "quantity": 2, "unit_price": 790},
            {"sku": "MUG", "quantity": 1, "unit_price": 5},
        ],
    }
    assert said.code == 1, "it was rejected, because there are no mugs"


def test_it_waits_for_what_becomes_of_the_order(run: Run, shop: FakeShop) -> None:
    said = run("place", *TEA)

    assert said.code == 0
    assert json.loads(said.out)["status"] == "CONFIRMED"
    assert shop.requests[0][1] == "/orders?wait=5000ms"


def test_an_order_may_name_the_style_of_its_checkout(run: Run, shop: FakeShop) -> None:
    by_rules = json.loads(run("place", *TEA, "--saga", "choreography").out)
    rows = run("show", by_rules["order_id"], terminal=True).out

    assert shop.requests[0][3]["saga"] == by_rules["style"] == "choreography"
    assert "style    choreography" in rows


def test_a_style_that_does_not_exist_is_an_error_of_usage(run: Run, shop: FakeShop) -> None:
    said = run("place", *TEA, "--saga", "dance")

    assert said.code == 2
    assert "'orchestration', 'choreography'" in said.err
    assert shop.requests == []


def test_it_does_not_wait_if_told_so_and_says_that_it_did_not(run: Run, shop: FakeShop) -> None:
    said = run("place", *TEA, "--wait", "0s", terminal=True)

    assert shop.requests[0][1] == "/orders"
    assert said.code == 0
    assert "ACCEPTED" in said.out
    assert "not waited for" in said.err


def test_the_same_key_is_the_same_order(run: Run, shop: FakeShop) -> None:
    assert placed(run, "--key", "k1") == placed(run, "--key", "k1") != placed(run, "--key", "k2")
    assert [key for _, _, key, _ in shop.requests] == ["k1", "k1", "k2"]


def test_without_a_key_it_makes_one_and_tells_it_when_there_is_no_answer(
    run: Run, shop: FakeShop
) -> None:
    shop.away = 1

    said = run("place", *TEA)

    assert said.code == 1
    assert f"repeat it with --key {shop.requests[0][2]}" in said.err


def test_a_price_with_too_many_digits_is_an_error_of_usage(run: Run, shop: FakeShop) -> None:
    said = run("place", "--user", "a", "--currency", "USD", "--line", "TEA:1:12.345")

    assert said.code == 2
    assert "'12.345 USD' is no amount of money" in said.err
    assert "USD has 2 digits after the point" in said.err
    assert shop.requests == []


def test_half_a_customer_is_an_error_of_usage(run: Run) -> None:
    said = run("place", *TEA, "--name", "Ada")

    assert said.code == 2
    assert "give --name and --email" in said.err


def test_a_refusal_names_field_value_and_cure(run: Run) -> None:
    wrong = ("place", "--user", "a", "--currency", "USD", "--line", "TEA:0:1.00")

    on_terminal, in_pipe = run(*wrong, terminal=True), run(*wrong)

    assert on_terminal.code == in_pipe.code == 1
    assert on_terminal.err == (
        "place: lines[0].quantity: found 0\n"
        "  field  lines[0].quantity\n"
        "  value  0\n"
        "  cure   give a number from 1 to 1000000\n"
    )
    assert json.loads(in_pipe.err)["cure"] == "give a number from 1 to 1000000"


def test_an_order_goes_its_way(run: Run, shop: FakeShop) -> None:
    order_id = placed(run)

    assert json.loads(run("ship", order_id, "--tracking", "T1").out)["status"] == "SHIPPED"
    assert json.loads(run("deliver", order_id).out)["status"] == "DELIVERED"
    refused = run("cancel", order_id, "--reason", "late")

    assert refused.code == 1
    assert json.loads(refused.err)["detail"] == "cannot cancel: it is DELIVERED"
    assert shop.requests[-1][3] == {"reason": "late"}


def test_an_order_id_cannot_leave_its_place_in_the_path(run: Run, shop: FakeShop) -> None:
    run("show", "../totals?x=%2e#y")

    assert shop.requests[0][:2] == ("GET", "/orders/..%2Ftotals%3Fx%3D%252e%23y")


def test_an_order_is_shown_with_all_of_its_timeline(run: Run) -> None:
    order_id = placed(run, "--name", "Ada", "--email", "a@example.com")

    record = json.loads(run("show", order_id).out)
    rows = run("show", order_id, terminal=True).out

    assert record["status"] == "CONFIRMED"
    assert [event["type"] for event in record["events"]] == ["OrderCreated", "PaymentFailed"]
    for words in ("Ada <a@example.com>", "15.80 USD", "7.90 USD", "/orders  OrderCreated"):
        assert words in rows
    assert rows.endswith("PaymentFailed  card_declined\n")


def test_the_orders_of_a_user_are_asked_for_page_by_page(run: Run, shop: FakeShop) -> None:
    ids = [placed(run) for _ in range(5)]
    shop.requests.clear()

    listed = [json.loads(line) for line in run("orders", "ada", "--limit", "4").out.splitlines()]

    assert [order["order_id"] for order in listed] == ids[:0:-1]
    assert [path for _, path, _, _ in shop.requests] == [
        "/users/ada/orders?limit=4",
        "/users/ada/orders?cursor=2&limit=2",
    ]


def test_the_orders_of_a_user_are_rows_on_a_terminal(run: Run) -> None:
    order_id = placed(run)

    rows = run("orders", "ada", "--status", "confirmed", terminal=True).out.splitlines()

    assert rows[0].split() == ["order", "placed", "status", "total", "because"]
    assert rows[1].split()[0] == order_id
    assert rows[1].endswith("CONFIRMED  15.80 USD")
    assert run("orders", "ada", "--status", "expired", terminal=True).out == "no orders of ada\n"
    assert run("orders", "nobody").out == ""


def test_json_is_had_on_a_terminal_too(run: Run) -> None:
    order_id = placed(run)

    assert json.loads(run("show", order_id, "--json", terminal=True).out)["order_id"] == order_id


def test_nothing_is_left_behind(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    run("place", *TEA)

    assert list(tmp_path.iterdir()) == []
