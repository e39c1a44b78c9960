"""The checkout table: it says what its page says, and no answer belongs to two steps."""

from __future__ import annotations

from collections import Counter

import pytest

from models import checkout
from models.checkout import STEPS, Command, Step
from models.messages import Payload
from models.saga_state import Saga
from tests.models.saga_facts import (
    AUTHORIZE,
    CAPTURE,
    CONFIRM,
    NOT_CAPTURED,
    REFUND,
    VOID,
    cancel,
    deduct,
    release,
    reserve,
    restock,
    tell,
)
from tests.models.saga_story import DEDUCTED, PIVOT, given

STEP: dict[str, Step] = {step.name: step for step in STEPS}


def saga_after(*facts: Payload) -> Saga:
    saga = given(*facts).saga
    assert saga is not None
    return saga


TELLING = saga_after(*DEDUCTED)
FAILED = saga_after(*PIVOT, NOT_CAPTURED)


def row_of(step: Step) -> list[str]:
    def name(command: Command | None) -> str:
        return type(command(saga, 1)).__name__ if command else "-"

    saga = FAILED if step.name == "confirm" else TELLING
    refusal = step.refusal.__name__ if step.refusal else None
    return [
        f"{step.name} *" if step.per_line else step.name,
        name(step.command),
        step.success[0].__name__,
        refusal or {"confirm": "OrderCommandRefused"}.get(step.name, "never fails the order"),
        name(step.undo),
    ]


def test_the_table_on_its_page_is_the_table_in_the_code() -> None:
    page = [line for line in (checkout.__doc__ or "").splitlines() if line.startswith("|")]

    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page]

    assert rows[2:] == [row_of(step) for step in STEPS]


def test_every_answer_belongs_to_one_step_and_says_one_thing() -> None:
    answers = Counter(
        answer
        for step in STEPS
        for answer in (*step.success, step.refusal, step.undone, step.not_undone)
        if answer is not None
    )

    assert set(answers.values()) == {1}


def test_what_is_undone_says_so() -> None:
    for step in STEPS:
        assert (step.undo is None) == (step.undone is None), step.name


def test_a_step_covers_one_before_it_of_as_many_parts() -> None:
    names = [step.name for step in STEPS]
    for step in STEPS:
        if step.covers:
            assert names.index(step.covers) < names.index(step.name)
            assert STEP[step.covers].per_line == step.per_line


@pytest.mark.parametrize(
    ("step", "command"),
    [("authorize", AUTHORIZE), ("confirm", CONFIRM), ("capture", CAPTURE)],
)
def test_a_step_asks_with_what_the_saga_knows(step: str, command: Payload) -> None:
    assert STEP[step].command(TELLING, 1) == command


def test_steps_by_line_ask_for_the_reservation_of_that_line() -> None:
    for name, asks, undoes in (("reserve", reserve, release), ("deduct", deduct, restock)):
        step = STEP[name]
        assert step.undo is not None
        for line in (1, 2, 3):
            assert step.command(TELLING, line) == asks(line)
            assert step.undo(TELLING, line) == undoes(line)


@pytest.mark.parametrize(
    ("step", "command"),
    [("authorize", VOID), ("confirm", cancel("capture_refused")), ("capture", REFUND)],
)
def test_a_step_is_undone_with_what_the_saga_knows(step: str, command: Payload) -> None:
    undo = STEP[step].undo
    assert undo is not None
    assert undo(FAILED, 1) == command


def test_the_customer_is_told_under_the_address_that_came_with_the_order() -> None:
    assert STEP["notify"].command(TELLING, 1) == tell("confirmed")
