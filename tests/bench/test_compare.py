"""What `make compare` makes of the code, of an order's messages, and of a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.compare import coupling, lines, page, tables
from bench.compare.story import Story, path

PAGE = Path(__file__).parents[2] / "docs" / "sagas.md"

AGENT = '''"""Carries it.

At some length.
"""

from models import order_policy as policy
from models import orders as model

POLICY = Policy(
    follow=policy.follow,
)


def handle(unit):
    """Take a command."""
    # by the model

    return model.decide(unit)
'''


def message(name: str, cause: str | None = None, topic: str = "orders") -> dict[str, Any]:
    return {"id": name, "type": name, "causationid": cause, "topic": topic}


@pytest.fixture
def confirmed() -> Story:
    return Story(
        [
            message("OrderConfirmed", "ConfirmOrder"),
            message("CreateOrder", topic="orders.commands"),
            message("OrderCreated", "CreateOrder"),
            message("ConfirmOrder", "OrderCreated", topic="orders.commands"),
            message("SagaStarted", "OrderCreated", topic="sagas"),
            message("SagaCompleted", "OrderConfirmed", topic="sagas"),
        ]
    )


def test_the_decisive_chain_leads_from_the_command_to_what_the_order_says(confirmed: Story) -> None:
    assert path(confirmed.decisive()) == (
        "CreateOrder ⇒ OrderCreated ⇒ ConfirmOrder ⇒ OrderConfirmed"
    )


def test_the_longest_chain_ends_with_the_last_that_was_caused(confirmed: Story) -> None:
    assert confirmed.longest()[-1]["type"] == "SagaCompleted"
    assert len(confirmed.longest()) == 5


def test_messages_are_counted_with_commands_and_with_all_who_read_them(confirmed: Story) -> None:
    assert (len(confirmed), confirmed.orders) == (6, 2)
    assert confirmed.deliveries({"orders": 3, "orders.commands": 1}) == 8
    assert confirmed.over


def test_an_order_that_was_confirmed_and_then_cancelled_is_told_as_cancelled() -> None:
    story = Story([message("OrderConfirmed"), message("OrderCancelled", "OrderConfirmed")])
    assert story.decisive()[-1]["type"] == "OrderCancelled"
    assert not story.over


def test_lines_of_code_are_those_without_blanks_comments_and_docstrings() -> None:
    assert len(lines.code(AGENT)) == 7


def test_of_an_agent_those_lines_count_that_are_there_because_of_its_policy() -> None:
    assert lines.of_policy(AGENT) == 4


def test_a_part_of_a_page_is_replaced_and_what_is_by_hand_stays() -> None:
    before = "By hand.\n\n<!-- make compare: full -->\nold\n<!-- end -->\n\nBy hand, too.\n"
    after = page.replaced(before, {"full": "new"})
    assert after == (
        "By hand.\n\n<!-- make compare: full -->\n\nnew\n\n<!-- end -->\n\nBy hand, too.\n"
    )
    assert page.replaced(after, {"full": "new"}) == after
    assert page.replaced(after, {}) == after


def test_a_part_without_a_place_is_an_error_that_names_the_cure() -> None:
    with pytest.raises(page.NoSuchPart, match="add the lines `<!-- make compare: full -->`"):
        page.replaced("nothing", {"full": "new"})


def test_each_module_of_both_styles_is_counted_and_none_twice() -> None:
    files = [file for part in (*lines.ORCHESTRATION, *lines.CHOREOGRAPHY) for file in part.files]
    assert len(files) == len(set(files))
    assert all(part.lines > 0 for part in (*lines.ORCHESTRATION, *lines.CHOREOGRAPHY))


def test_who_coordinates_knows_all_contexts_and_who_does_not_knows_no_commands() -> None:
    assert all(each.events and each.commands for each in coupling.of_coordinator())
    for context in coupling.CONTEXTS:
        known = coupling.of_policy(context)
        assert known
        assert not any(each.commands for each in known)


def test_the_page_says_who_knows_whom_as_the_code_is_today() -> None:
    current = tables.knowledge() in PAGE.read_text()
    assert current, "run `make compare ARGS=--code-only`"


def test_the_page_has_a_place_for_all_that_is_measured() -> None:
    page.replaced(
        PAGE.read_text(), dict.fromkeys((*tables.FROM_CODE, *tables.FROM_ORDERS, "run"), "")
    )
