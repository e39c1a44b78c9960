"""The board over HTTP: sagas by state and style, page by page; and an order drawn."""

from __future__ import annotations

from typing import Any

import pytest

from models.messages import Payload
from models.order_messages import OrderLine, Style
from models.saga_messages import (
    SagaAskedAgain,
    SagaCompleted,
    SagaIntervened,
    SagaStarted,
    SagaStepStarted,
    SagaStuck,
)
from tests.agents.stage import NOON, message
from tests.agents.web.talking import Http, placed, problem, said
from tests.agents.web.world import Shop
from tests.models import mermaid

LINE = OrderLine(sku="KB-1", quantity=2, unit_price=4950)


def started(order_id: str, style: Style = "orchestration") -> SagaStarted:
    return SagaStarted(
        order_id=order_id, home="mina", style=style, customer=None, lines=(LINE,), total=9900,
        currency="USD", method="card",
    )  # fmt: skip


def happened(shop: Shop, *events: Any, cause: str | None = None) -> None:
    """Events of a saga were projected, numbered from 1."""
    for sequence, event in enumerate(events, 1):
        home = event.order_id.partition(":")[0]
        shop.happens(
            message(
                event,
                id=f"{event.order_id[:50]}-{sequence}",
                subject=event.order_id,
                home=home,
                sequence=sequence,
                source="/sagas",
                causationid=cause,
            )
        )


def asked(order_id: str) -> Payload:
    return SagaStepStarted(order_id=order_id, step="reserve", deadline=NOON)


async def ids(http: Http, **query: Any) -> list[str]:
    """The order ids on one page."""
    page = await said(await http.get("/sagas", params=query))
    return [saga["order_id"] for saga in page["sagas"]]


async def test_a_board_without_sagas_is_empty_and_says_of_how_many_partitions(http: Http) -> None:
    assert await said(await http.get("/sagas")) == {
        "sagas": [],
        "next": None,
        "partitions": {"counted": 4, "all": 4},
        "freshness": {"as_of": None, "behind": 0},
    }


async def test_sagas_are_listed_by_state_and_style(http: Http, shop: Shop) -> None:
    silence = SagaAskedAgain(
        order_id="b:1", waiting_for=("ReserveStock",), attempt=2, deadline=NOON
    )
    happened(shop, started("a:1"), asked("a:1"))
    happened(shop, started("b:1", "choreography"), asked("b:1"), silence)
    happened(shop, started("c:1"), SagaStuck(order_id="c:1", step="reserve", reason="silence"))
    happened(shop, started("d:1"), SagaCompleted(order_id="d:1", outcome="confirmed"))

    assert sorted(await ids(http)) == ["a:1", "b:1", "c:1"]
    assert sorted(await ids(http, state="running")) == ["a:1", "b:1"]
    assert await ids(http, state="running", style="orchestration") == ["a:1"]
    assert await ids(http, state="waiting") == ["b:1"]
    assert await ids(http, state="stuck") == ["c:1"]
    assert await ids(http, state="compensating") == []
    assert await ids(http, state="completed") == ["d:1"]


async def test_a_row_says_what_is_waited_for_and_until_when(http: Http, shop: Shop) -> None:
    happened(shop, started("a:1"), asked("a:1"))

    (row,) = (await said(await http.get("/sagas")))["sagas"]

    assert (row["state"], row["style"], row["waiting_for"]) == (
        "running",
        "orchestration",
        "reserve",
    )
    assert row["deadline"] == row["waiting_since"] == row["state_since"] == "2026-11-23T12:00:00Z"
    assert "steps" not in row


async def test_the_board_goes_on_with_its_cursor(http: Http, shop: Shop) -> None:
    for number in range(25):
        happened(shop, started(f"user-{number}:1"))

    first = await said(await http.get("/sagas"))
    then = await said(await http.get("/sagas", params={"cursor": first["next"]}))

    assert (len(first["sagas"]), len(then["sagas"]), then["next"]) == (20, 5, None)
    assert len({saga["order_id"] for saga in first["sagas"] + then["sagas"]}) == 25


async def test_the_longest_order_ids_have_cursors_that_are_taken(http: Http, shop: Shop) -> None:
    for number in range(2):
        happened(shop, started(f"{number}:" + "\N{MAHJONG TILE RED DRAGON}" * 253))

    first = await said(await http.get("/sagas?limit=1"))
    then = await said(await http.get("/sagas", params={"cursor": first["next"], "limit": 1}))

    assert first["sagas"] != then["sagas"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("state=lost", "state"),
        ("style=both", "style"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("cursor=nonsense", "cursor"),
        ("cursor=", "cursor"),
        ("page=2", "page"),
    ],
)
async def test_a_bad_parameter_is_named_with_the_cure(http: Http, query: str, field: str) -> None:
    found = await problem(await http.get(f"/sagas?{query}"), 400)

    assert found["field"] == field
    assert found["cure"]


async def test_a_cursor_goes_with_the_state_that_it_is_of(http: Http, shop: Shop) -> None:
    for number in range(2):
        happened(shop, started(f"a:{number}"))
    page = await said(await http.get("/sagas?limit=1"))

    answer = await http.get("/sagas", params={"cursor": page["next"], "state": "running"})

    assert "with the same filter" in (await problem(answer, 400))["detail"]


async def test_a_timeline_says_who_asked_what_until_when_and_who_intervened(
    http: Http, shop: Shop
) -> None:
    by = SagaIntervened(
        order_id="a:1", action="retry", step="reserve", by="grace", reason="they are back"
    )
    happened(shop, started("a:1"), asked("a:1"), by, cause="c-1")

    saga = await said(await http.get("/sagas/a:1"))

    (step,) = saga["steps"]
    assert (step["asked_by"], step["attempts"], step["deadline"]) == (
        "c-1",
        2,
        "2026-11-23T12:00:00Z",
    )
    assert [(part["line"], part["status"]) for part in step["lines"]] == [(1, "waiting")]
    assert saga["interventions"] == [
        {
            "id": "a:1-3",
            "at": "2026-11-23T12:00:00Z",
            "action": "retry",
            "step": "reserve",
            "by": "grace",
            "reason": "they are back",
        }
    ]


# Diagrams.


async def test_an_order_is_drawn_as_text_that_says_how_fresh_it_is(http: Http, shop: Shop) -> None:
    order_id = await placed(http)
    happened(shop, started(order_id), asked(order_id))

    answer = await http.get(f"/orders/{order_id}/diagram")

    assert (answer.status, answer.content_type, answer.charset) == (200, "text/plain", "utf-8")
    text = await answer.text()
    assert text.endswith("    %% as of 2026-11-23T12:00:00+00:00, 0 records behind\n")
    drawn = mermaid.sequence(text)
    assert drawn.title == f"Order {order_id}"
    assert ("customer", "orders", "OrderCreated 99.00 USD") in drawn.arrows
    assert ("sagas", "stock", "ReserveStock for each line") in drawn.arrows


@pytest.mark.parametrize("order_id", ["mina:1", "17", "x" * 255])
async def test_an_unknown_order_is_not_drawn(http: Http, order_id: str) -> None:
    found = await problem(await http.get(f"/orders/{order_id}/diagram"), 404)

    assert (found["field"], found["cure"] != "") == ("order_id", True)


async def test_an_order_id_cannot_break_the_diagram(http: Http, shop: Shop) -> None:
    order_id = "mina:;end<b>"
    happened(shop, started(order_id))

    drawn = await (await http.get(f"/orders/{order_id}/diagram")).text()

    assert mermaid.sequence(drawn).title == f"Order {order_id}"
