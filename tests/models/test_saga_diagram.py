"""The page of the checkout saga: it says what the table says, in Mermaid, and is current."""

from __future__ import annotations

from pathlib import Path

from models.checkout import STEPS
from models.saga_diagram import flowchart, name_of, page
from tests.models import mermaid

PAGE = Path(__file__).parents[2] / "docs" / "checkout-saga.md"
CHART = mermaid.flowchart(flowchart())


def test_the_page_in_the_docs_is_current() -> None:
    assert PAGE.read_text() == page(), "faust -A streams.app saga-diagram > docs/checkout-saga.md"


def test_every_step_is_drawn_with_its_command_and_leads_to_the_next() -> None:
    forward = [name for name in CHART.nodes if name in {step.name for step in STEPS}]
    assert forward == [step.name for step in STEPS]
    for step, following in zip(STEPS, [*forward[1:], "completed"], strict=True):
        assert CHART.nodes[step.name].endswith(f"<br/>{name_of(step.command)}")
        assert ("each line" in CHART.nodes[step.name]) == step.per_line
        said = ", ".join(each.__name__ for each in step.success)
        assert (step.name, following, said) in CHART.edges


def test_every_refusal_leads_back_but_for_that_of_the_notice() -> None:
    refusals = {start: said for start, end, said in CHART.edges if end == "back"}

    assert refusals == {
        "authorize": "PaymentFailed",
        "reserve": "StockReservationFailed",
        "confirm": "OrderCommandRefused",
        "capture": "PaymentCaptureFailed",
        "deduct": "StockDeductionRefused",
    }


def test_every_compensation_is_drawn_with_its_answers() -> None:
    for step in STEPS:
        edges = {(start, end): said for start, end, said in CHART.edges}
        undoing = f"undo_{step.name}"
        assert (("back", undoing) in edges) == (step.undo is not None)
        if step.undo and step.undone:
            assert CHART.nodes[undoing] == name_of(step.undo)
            assert edges[undoing, "settled"] == step.undone.__name__
        stuck = edges.get((undoing, "stuck"))
        assert stuck == (step.not_undone.__name__ if step.not_undone else None)


def test_every_step_has_a_row_in_the_table() -> None:
    rows = [line for line in page().splitlines() if line.startswith("| ")]

    assert len({row.count("|") for row in rows}) == 1
    assert [row.split()[1] for row in rows[2:]] == [step.name for step in STEPS]
