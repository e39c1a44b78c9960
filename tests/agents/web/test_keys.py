"""Idempotency keys: what is remembered, and what a history says of a command."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from agents.web.idempotency import RecentKeys, outcome
from models.messages import Payload
from models.order_messages import CreateOrder
from models.projections import HistoryEntry, entry_of
from models.stock_messages import AdjustStock, StockAdjusted, StockCommandRefused
from tests.agents.stage import message
from tests.tables.order_events import CUSTOMER, LINES, created
from tests.tables.told import ADA

ADJUST = AdjustStock(sku="s", change=2, reason="counted")
ADJUSTED = StockAdjusted(sku="s", change=2, reason="counted")
OTHERWISE = StockAdjusted(sku="s", change=3, reason="counted")
REFUSED = StockCommandRefused(sku="s", command="AdjustStock", available=0, reason="too few")


def entries(*events: Payload) -> list[HistoryEntry]:
    """What a history would hold."""
    return [entry_of(message(event, subject="s", home="s"), 1) for event in events]


def test_nothing_is_known_of_what_caused_nothing() -> None:
    assert outcome([], ADJUST) == (False, False, None)


def test_what_a_command_says_is_what_was_done() -> None:
    assert outcome(entries(ADJUSTED), ADJUST) == (True, False, None)


def test_a_refusal_has_its_reason() -> None:
    assert outcome(entries(REFUSED), ADJUST) == (False, False, "too few")


def test_another_body_under_the_id_is_not_what_was_done() -> None:
    assert outcome(entries(OTHERWISE), ADJUST) == (False, True, None)


def test_what_was_done_stays_done_when_another_body_is_refused() -> None:
    assert outcome(entries(ADJUSTED, REFUSED), ADJUST).done


def test_what_was_done_before_a_field_existed_is_what_the_field_says_by_default() -> None:
    (entry,) = entries(created())
    old = replace(
        entry, data=msgspec.Raw(bytes(entry.data).replace(b',"saga":"orchestration"', b""))
    )
    assert b"saga" not in bytes(old.data)
    command = CreateOrder(
        order_id=ADA,
        user_id="ada",
        customer=CUSTOMER,
        lines=LINES,
        currency="USD",
        method="card",
    )

    assert outcome([old], command).done
    assert outcome([old], replace(command, saga="choreography")).reused


def test_a_key_is_new_or_the_same_or_reused() -> None:
    keys = RecentKeys()

    assert keys.claim("a", "1")
    assert keys.claim("a", "1")
    assert not keys.claim("a", "2")
    assert keys.claim("b", "2")


def test_the_keys_used_longest_ago_are_forgotten() -> None:
    keys = RecentKeys(most=2)
    for command_id in ("a", "b", "a", "c"):
        keys.claim(command_id, "1")

    assert not keys.claim("a", "2")
    assert keys.claim("b", "2")
