"""Operators on the command line: who, why, which step; and what came of it."""

import json

import pytest

from tests.agents.cli.conftest import Run
from tests.agents.cli.fake_api import FakeShop

WHY = ("--by", "grace", "--reason", "asked the warehouse")
SAID = {"by": "grace", "reason": "asked the warehouse"}


@pytest.mark.parametrize(
    ("name", "options", "body"),
    [
        ("retry", ("--step", "reserve"), {"step": "reserve"}),
        ("skip", ("--step", "capture"), {"step": "capture"}),
        ("compensate", (), {}),
    ],
)
def test_what_an_operator_wants_is_sent_with_name_and_reason(
    run: Run, shop: FakeShop, name: str, options: tuple[str, ...], body: dict[str, str]
) -> None:
    said = run(f"saga-{name}", "ada:1", *options, *WHY, "--key", "k")

    assert shop.requests == [("POST", f"/sagas/ada:1/{name}?wait=5000ms", "k", {**body, **SAID})]
    assert said.code == 0
    assert json.loads(said.out)["state"] == "stuck"


def test_on_a_terminal_it_is_shown_how_the_saga_stands(run: Run) -> None:
    said = run("saga-compensate", "ada:1", *WHY, terminal=True)

    assert said.out.splitlines() == [
        "order id  ada:1",
        "style     choreography",
        "state     stuck",
        "stuck     reserve",
    ]


def test_it_does_not_wait_if_told_so(run: Run) -> None:
    said = run("saga-compensate", "ada:1", *WHY, "--wait", "0s", terminal=True)

    assert said.code == 0
    assert "ACCEPTED" in said.out
    assert "not waited for" in said.err


def test_a_refusal_is_told_with_its_cure(run: Run) -> None:
    said = run("saga-skip", "ada:1", "--step", "notify", *WHY, terminal=True)

    assert said.code == 1
    assert said.err == "saga-skip: nothing is waited for\n  cure   look at its state\n"


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        (("saga-retry", "ada:1", *WHY), "--step"),
        (("saga-skip", "ada:1", "--step", "reserve", "--by", "grace"), "--reason"),
        (("saga-compensate", "ada:1", "--reason", "why not"), "--by"),
        (("saga-retry", "ada:1", "--step", "pray", *WHY), "'pray' is not one of"),
    ],
)
def test_nobody_intervenes_without_step_name_and_reason(
    run: Run, shop: FakeShop, given: tuple[str, ...], missing: str
) -> None:
    said = run(*given)

    assert said.code == 2
    assert missing in said.err
    assert shop.requests == []
