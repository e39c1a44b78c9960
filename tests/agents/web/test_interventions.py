"""Operators take a hand in a saga: what is sent, what is seen of it, and what is refused."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from agents.web import commands as module
from agents.web.site import Site
from models.saga_messages import CompensateSaga, RetrySagaStep, SkipSagaStep
from tests.agents.web.talking import Http, kind, placed, problem, said
from tests.agents.web.world import Shop
from tests.faults.workers import eventually

WHO: dict[str, Any] = {"by": "grace", "reason": "asked the warehouse"}
STEP: dict[str, Any] = {"step": "reserve", **WHO}


@pytest.mark.parametrize(
    ("action", "body", "command"),
    [
        ("retry", STEP, RetrySagaStep(order_id="", **STEP)),
        ("skip", STEP, SkipSagaStep(order_id="", **STEP)),
        ("compensate", WHO, CompensateSaga(order_id="", **WHO)),
    ],
)
async def test_a_request_becomes_a_command_to_the_saga(
    http: Http, shop: Shop, action: str, body: dict[str, Any], command: Any
) -> None:
    order_id = await placed(http)

    answer = await http.post(f"/sagas/{order_id}/{action}", json=body)

    accepted = await said(answer, 202)
    assert answer.headers["Location"] == f"/sagas/{order_id}"
    topic, key, sent = shop.log.commands[-1]
    assert (topic, key, sent.id) == ("sagas.commands", b"mina", accepted["command_id"])
    assert (sent.subject, sent.correlationid) == (order_id, order_id)
    assert type(sent.data) is type(command)
    given: Any = sent.data
    assert (given.order_id, given.by, given.reason) == (order_id, WHO["by"], WHO["reason"])
    assert getattr(given, "step", None) == body.get("step")


async def test_it_can_wait_until_the_saga_has_followed(http: Http, shop: Shop, site: Site) -> None:
    order_id = await placed(http)
    shop.sleep()
    asking = asyncio.create_task(http.post(f"/sagas/{order_id}/skip?wait=5s", json=STEP))
    await eventually(lambda: len(site.changed) == 1, "somebody waits")

    shop.awake()

    answer = await asking
    assert answer.headers["Location"] == f"/sagas/{order_id}"
    (taken,) = (await said(answer))["interventions"]
    assert (taken["action"], taken["step"], taken["by"]) == ("skip", "reserve", "grace")
    assert len(site.changed) == 0


async def test_a_refusal_is_a_conflict_with_the_reason(http: Http, shop: Shop) -> None:
    order_id = await placed(http)
    shop.refuses = "the saga has ended"

    found = await problem(await http.post(f"/sagas/{order_id}/retry?wait=5s", json=STEP), 409)

    assert (kind(found), found["detail"]) == ("refused", "the saga has ended")
    assert f"/sagas/{order_id}" in found["cure"]


async def test_the_same_key_is_the_same_command(http: Http, shop: Shop) -> None:
    order_id = await placed(http)
    path, headers = f"/sagas/{order_id}/compensate?wait=5s", {"Idempotency-Key": "c"}

    for _ in range(2):
        await said(await http.post(path, json=WHO, headers=headers))
    other = await http.post(path, json=WHO | {"by": "ada"}, headers=headers)
    another = await http.post(f"/sagas/{order_id}/retry?wait=5s", json=STEP, headers=headers)

    assert kind(await problem(other, 422)) == "idempotency-key-reused"
    await said(another)
    ids = [command.id for _, _, command in shop.log.commands[1:]]
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize("action", ["retry", "skip", "compensate"])
@pytest.mark.parametrize(
    ("changes", "field"), [({"by": None}, "by"), ({"reason": ""}, "reason"), ({"to": "x"}, "to")]
)
async def test_who_and_why_have_to_be_said(
    http: Http, shop: Shop, action: str, changes: dict[str, Any], field: str
) -> None:
    order_id = await placed(http)
    body = {**(WHO if action == "compensate" else STEP), **changes}

    found = await problem(await http.post(f"/sagas/{order_id}/{action}", json=body), 422)

    assert (found["field"], len(shop.log.commands)) == (field, 1)


async def test_a_step_that_does_not_exist_is_refused_with_those_that_do(http: Http) -> None:
    order_id = await placed(http)

    answer = await http.post(f"/sagas/{order_id}/retry", json=STEP | {"step": "pray"})

    found = await problem(answer, 422)
    assert found["field"] == "step"
    assert "reserve" in found["cure"]


async def test_the_saga_of_an_order_that_does_not_appear_is_unknown(
    http: Http, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.01)

    found = await problem(await http.post("/sagas/mina:NOSUCH/compensate", json=WHO), 404)

    assert (found["field"], found["value"]) == ("order_id", "mina:NOSUCH")
    assert shop.log.commands == []
