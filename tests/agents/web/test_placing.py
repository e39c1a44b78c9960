"""POST /orders: what is accepted, what is the same again, and what comes of it."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from agents.web import site as site_module
from agents.web.site import Site
from models.order_messages import ConfirmOrder, CreateOrder, RejectOrder
from streams.lane import State
from tests.agents.web.talking import JSON, LINE, ORDER, Http, kind, placed, problem, said
from tests.agents.web.world import Shop
from tests.faults.workers import eventually

KEY = {"Idempotency-Key": "k-1"}


async def waiters(site: Site, number: int = 1) -> None:
    """Let others go on until so many wait."""
    await eventually(lambda: len(site.changed) == number, "somebody waits", patience=10)


async def test_an_order_is_accepted_once_kafka_has_it(http: Http, shop: Shop) -> None:
    answer = await http.post("/orders", json=ORDER)

    accepted = await said(answer, 202)
    order_id = accepted["order_id"]
    assert re.fullmatch(r"mina:[0-9A-HJKMNP-TV-Z]{26}", order_id)
    assert accepted["status"] == "ACCEPTED"
    assert answer.headers["Location"] == f"/orders/{order_id}"
    ((topic, key, command),) = shop.log.commands
    assert (topic, key) == ("orders.commands", b"mina")
    assert isinstance(command.data, CreateOrder)
    assert (command.source, command.subject, command.correlationid) == ("/api", order_id, order_id)
    assert (command.partitionkey, command.id) == ("mina", accepted["command_id"])
    assert command.time.utcoffset() is not None


async def test_an_order_has_the_style_that_it_names_or_the_one_of_the_settings(
    http: Http, shop: Shop, site: Site
) -> None:
    named = await placed(http, "a", saga="choreography")
    unnamed = await placed(http, "b")

    views = [await said(await http.get(f"/orders/{order_id}")) for order_id in (named, unnamed)]
    assert [view["style"] for view in views] == ["choreography", "orchestration"]
    sent: list[Any] = [command.data for _, _, command in shop.log.commands]
    assert [order.saga for order in sent] == ["choreography", site.style]
    totals = await said(await http.get("/totals"))
    assert {style: made["placed"] for style, made in totals["styles"].items()} == {
        "choreography": 1,
        "orchestration": 1,
    }


async def test_a_style_that_does_not_exist_is_refused(http: Http, shop: Shop) -> None:
    found = await problem(await http.post("/orders", json=ORDER | {"saga": "both"}), 422)

    assert found["field"] == "saga"
    assert "choreography" in found["cure"]
    assert shop.log.commands == []


async def test_two_orders_without_a_key_are_two(http: Http) -> None:
    first, second = [await said(await http.post("/orders", json=ORDER), 202) for _ in range(2)]

    assert first["order_id"] < second["order_id"]


async def test_the_same_key_and_body_is_answered_the_same_and_counts_once(http: Http) -> None:
    first, second = [await http.post("/orders", json=ORDER, headers=KEY) for _ in range(2)]

    assert await said(first, 202) == await said(second, 202)
    assert first.headers["Location"] == second.headers["Location"]
    totals = await said(await http.get("/totals"))
    assert totals["placed"] == 1


async def test_the_same_key_of_another_user_is_another_order(http: Http) -> None:
    assert await placed(http) != await placed(http, user_id="noor")


async def test_the_same_key_with_another_body_is_refused(http: Http, shop: Shop) -> None:
    await http.post("/orders", json=ORDER, headers=KEY)

    other = ORDER | {"lines": [LINE | {"quantity": 3}]}
    found = await problem(await http.post("/orders", json=other, headers=KEY), 422)

    assert kind(found) == "idempotency-key-reused"
    assert (found["field"], found["value"]) == ("Idempotency-Key", "k-1")
    assert len(shop.log.commands) == 1


async def test_a_worker_that_has_forgotten_the_key_finds_it_in_the_history(
    http: Http, shop: Shop, site: Site
) -> None:
    await http.post("/orders", json=ORDER, headers=KEY)
    site.keys._fingerprints.clear()

    other = ORDER | {"currency": "EUR"}
    await problem(await http.post("/orders", json=other, headers=KEY), 422)
    await said(await http.post("/orders", json=ORDER, headers=KEY), 202)

    sent: list[Any] = [command.data for _, _, command in shop.log.commands]
    assert [order.currency for order in sent] == ["USD", "USD"]


async def test_what_neither_knows_the_order_itself_refuses(
    http: Http, shop: Shop, site: Site
) -> None:
    shop.sleep()
    await http.post("/orders", json=ORDER, headers=KEY)
    site.keys._fingerprints.clear()
    other = ORDER | {"currency": "EUR"}
    asking = asyncio.create_task(http.post("/orders?wait=5s", json=other, headers=KEY))
    await waiters(site)

    shop.awake()

    found = await problem(await asking, 409)
    assert "another body" in found["detail"]


@pytest.mark.parametrize("key", ["", "two words", "x" * 256, "schlüssel"])
async def test_a_key_is_1_to_255_visible_ascii_characters(http: Http, key: str) -> None:
    answer = await http.post("/orders", json=ORDER, headers={"Idempotency-Key": key})

    found = await problem(answer, 400)
    assert found["field"] == "Idempotency-Key"


async def test_two_keys_are_none(http: Http) -> None:
    headers = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]

    await problem(await http.post("/orders", json=ORDER, headers=headers), 400)


# Waiting.


async def test_it_can_wait_until_the_order_is_final(http: Http, shop: Shop, site: Site) -> None:
    asking = asyncio.create_task(http.post("/orders?wait=5s", json=ORDER, headers=KEY))
    await waiters(site)
    order_id = shop.log.commands[0][2].subject

    shop.asked(ConfirmOrder(order_id=order_id, authorized=9900, reserved=1), "mina")

    answer = await asking
    assert answer.headers["Location"] == f"/orders/{order_id}"
    assert (await said(answer))["status"] == "CONFIRMED"
    assert len(site.changed) == 0


async def test_a_rejection_is_final_too(http: Http, shop: Shop, site: Site) -> None:
    asking = asyncio.create_task(http.post("/orders?wait=5s", json=ORDER))
    await waiters(site)
    order_id = shop.log.commands[0][2].subject

    shop.asked(RejectOrder(order_id=order_id, reason="card_declined"), "mina")

    order = await said(await asking)
    assert (order["status"], order["reason"]) == ("REJECTED", "card_declined")


async def test_when_the_time_is_over_it_is_accepted_all_the_same(http: Http) -> None:
    await said(await http.post("/orders?wait=20ms", json=ORDER), 202)


async def test_an_order_that_is_final_already_is_not_waited_for(http: Http, shop: Shop) -> None:
    order_id = await placed(http, "k-1")
    shop.asked(RejectOrder(order_id=order_id, reason="card_declined"), "mina")

    order = await said(await http.post("/orders?wait=30s", json=ORDER, headers=KEY))

    assert order["status"] == "REJECTED"


async def test_a_partition_on_its_way_is_waited_for(http: Http, shop: Shop, site: Site) -> None:
    lane = shop.lane_of("order_views", "mina")
    lane.state = State.CLOSED
    asking = asyncio.create_task(http.post("/orders?wait=5s", json=ORDER))
    await waiters(site)
    order_id = shop.log.commands[0][2].subject
    shop.asked(RejectOrder(order_id=order_id, reason="card_declined"), "mina")

    lane.state = State.OPEN
    for follower in shop.followers["order_views"]:
        follower.opened(lane)

    assert (await said(await asking))["status"] == "REJECTED"


@pytest.mark.parametrize("wait", ["5", "s", "1.5s", "-1s", "31s", "30001ms", "1h", "5s\n", ""])
async def test_a_bad_wait_is_refused_with_the_cure(http: Http, shop: Shop, wait: str) -> None:
    answer = await http.post("/orders", params={"wait": wait}, json=ORDER)

    found = await problem(answer, 400)
    assert found["field"] == "wait"
    assert "wait=5s" in found["cure"]
    assert shop.log.commands == []


# Kafka away.


async def test_while_kafka_is_known_to_be_away_nothing_is_accepted(http: Http, shop: Shop) -> None:
    shop.watch.away_since = 1.0

    answer = await http.post("/orders", json=ORDER)

    found = await problem(answer, 503)
    assert "nothing was accepted" in found["detail"]
    assert int(answer.headers["Retry-After"]) > 0
    assert shop.log.commands == []


async def test_before_kafka_was_ever_reached_nothing_is_accepted(http: Http, shop: Shop) -> None:
    shop.gate.passed = False

    await problem(await http.post("/orders", json=ORDER), 503)


@pytest.mark.parametrize("fault", ["broken", "deaf"])
async def test_without_an_acknowledgement_it_may_still_be_accepted(
    http: Http, shop: Shop, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(site_module, "SEND_SECONDS", 0.05)
    setattr(shop.log, fault, True)

    with_key = await problem(await http.post("/orders", json=ORDER, headers=KEY), 503)
    without = await problem(await http.post("/orders", json=ORDER), 503)

    assert "may still be accepted" in with_key["detail"]
    assert "same Idempotency-Key" in with_key["cure"]
    assert without["order_id"] in without["cure"]


async def test_a_key_may_be_repeated_after_such_an_answer(http: Http, shop: Shop) -> None:
    shop.log.broken = True
    await problem(await http.post("/orders", json=ORDER, headers=KEY), 503)
    shop.log.broken = False

    await said(await http.post("/orders", json=ORDER, headers=KEY), 202)


async def test_a_bug_tells_nothing_of_itself(
    http: Http, shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    del shop.log.commands

    answer = await http.post("/orders", json=ORDER)

    text = await answer.text()
    found = await problem(answer, 500)
    assert found["incident"] in caplog.text
    assert "AttributeError" in caplog.text
    assert "AttributeError" not in text
    assert "Traceback" not in text


async def test_the_content_type_says_that_it_is_a_cloud_event(http: Http, shop: Shop) -> None:
    await http.post("/orders", json=ORDER, headers=JSON)

    assert shop.log.headers == [(("content-type", b"application/cloudevents+json; charset=UTF-8"),)]


async def test_a_hostile_name_is_data_like_any_other(http: Http) -> None:
    name = "<script>alert(1)</script>"
    customer: dict[str, Any] = {"name": name, "email": "x@example.org"}

    order = await said(await http.get(f"/orders/{await placed(http, customer=customer)}"))

    assert order["customer"]["name"] == name
