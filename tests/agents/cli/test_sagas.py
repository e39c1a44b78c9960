"""Sagas on the command line: the board, one timeline, and what is drawn."""

import json
from typing import Any

from models.saga_diagram import page
from tests.agents.cli.conftest import Run
from tests.agents.cli.fake_api import TIME, FakeShop


def saga(number: int, **changed: Any) -> dict[str, Any]:
    """A saga as the API shows it."""
    return {
        "order_id": f"ada:{number}",
        "style": "choreography",
        "state": "running",
        "state_since": TIME,
        "waiting_for": "reserve",
        "waiting_since": TIME,
        "deadline": TIME,
        "attempt": 0,
        "goal": None,
        "reason": None,
        "stuck": None,
        "outcome": None,
    } | changed


def test_sagas_are_asked_for_page_by_page_and_are_lines_of_json_in_a_pipe(
    run: Run, shop: FakeShop
) -> None:
    shop.sagas = [saga(number) for number in range(5)]

    said = run("sagas", "--limit", "3", "--style", "choreography")

    assert [json.loads(line)["order_id"] for line in said.out.splitlines()] == [
        "ada:0",
        "ada:1",
        "ada:2",
    ]
    assert [path for _, path, _, _ in shop.requests] == [
        "/sagas?style=choreography&limit=3",
        "/sagas?style=choreography&cursor=2&limit=1",
    ]


def test_sagas_are_rows_on_a_terminal(run: Run, shop: FakeShop) -> None:
    stuck = {"state": "stuck", "stuck": "capture", "attempt": 7, "reason": "refund_refused"}
    shop.sagas = [saga(1), saga(2, **stuck)]

    rows = run("sagas", "--state", "stuck", terminal=True).out.splitlines()

    assert rows[0].split("  ")[0] == "order"
    assert len(rows) == 2
    assert rows[1].startswith("ada:2  choreography  stuck")
    assert rows[1].endswith("7  refund_refused")
    assert " capture " in rows[1]
    assert run("sagas", "--state", "completed", terminal=True).out == "no sagas completed\n"


def test_a_state_that_there_is_not_is_an_error_of_usage(run: Run, shop: FakeShop) -> None:
    said = run("sagas", "--state", "lost")

    assert said.code == 2
    assert "'stuck'" in said.err
    assert shop.requests == []


def test_a_worker_that_has_not_all_partitions_says_so(run: Run, shop: FakeShop) -> None:
    shop.partitions = {"counted": 3, "all": 4}

    assert "these are of 3 of 4 partitions" in run("sagas").err


def test_a_saga_is_shown_with_its_timeline(run: Run, shop: FakeShop) -> None:
    lines = [
        {"line": 1, "status": "succeeded", "attempts": 1, "answered_at": TIME},
        {"line": 2, "status": "waiting", "attempts": 3},
    ]
    step = {
        "step": "reserve", "status": "waiting", "started_at": TIME, "attempts": 3, "lines": lines,
        "deadline": TIME,
    }  # fmt: skip
    by = {"at": TIME, "action": "compensate", "step": None, "by": "grace", "reason": "gone"}
    shop.sagas = [saga(1, steps=[step], interventions=[by])]

    rows = run("saga", "ada:1", terminal=True).out

    assert rows.startswith("order      ada:1\n")
    assert [line.split()[:3] for line in rows.splitlines() if line.startswith("reserve")] == [
        ["reserve", "waiting", TIME[:10]]
    ]
    assert any(line.split()[:3] == ["1", "succeeded", "1"] for line in rows.splitlines())
    assert "compensate        grace  gone" in rows
    assert json.loads(run("saga", "ada:1").out)["steps"] == [step]


def test_an_order_is_drawn_as_text_into_a_pipe_and_on_a_terminal(run: Run, shop: FakeShop) -> None:
    shop.orders["ada:1"] = {}

    assert run("order-diagram", "ada:1").out == "sequenceDiagram\n"
    assert run("order-diagram", "ada:1", terminal=True).out == "sequenceDiagram\n"
    assert shop.requests[0][1] == "/orders/ada:1/diagram"


def test_what_is_drawn_cannot_change_the_terminal(run: Run, shop: FakeShop) -> None:
    shop.orders["ada:1"] = {}
    shop.drawn = "A->>B: \x1b[2Jx\n"

    assert run("order-diagram", "ada:1").out == "A->>B: \N{REPLACEMENT CHARACTER}[2Jx\n"


def test_an_order_that_there_is_not_is_a_refusal(run: Run) -> None:
    said = run("order-diagram", "ada:2")

    assert said.code == 1
    assert json.loads(said.err)["cure"] == "look at the id"


def test_a_server_that_cannot_draw_now_is_said(run: Run, shop: FakeShop) -> None:
    shop.away = 1

    assert "answers 503: Kafka does not answer" in run("order-diagram", "ada:1").err


def test_the_checkout_saga_is_drawn_without_a_server(run: Run, shop: FakeShop) -> None:
    assert run("saga-diagram").out == page()
    assert shop.requests == []
