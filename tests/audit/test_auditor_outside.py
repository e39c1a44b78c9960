"""What comes from outside: bad bytes and dead letters, ids used twice, refusals, old events."""

from __future__ import annotations

import json

import pytest

from tests.audit.catalogue import STORIES, told
from tests.audit.findings import Audit
from tests.audit.good_log import Log
from tests.audit.records import Record
from tests.audit.verdict import audit


def everything() -> Log:
    return told(*STORIES.values())


def judge(log: Log, *, finished: bool = True, dead_letters: int = 0) -> Audit:
    return audit(
        log.topics,
        log.gateway,
        log.mails,
        finished=finished,
        partitions=log.partitions,
        dead_letters=dead_letters,
    )


def test_bytes_that_are_no_message_are_found() -> None:
    log = everything()
    for value in (None, b"", b"\xff", b"[]", b"{}", b'{"specversion":"1.0"}', b"[" * 100_000):
        ours = {**log.topics, "orders": [Record("orders", 0, 0, b"k", value)]}

        found = audit(ours, (), (), finished=False)

        assert any("holds no message" in each for each in found.findings)


def dead_letter(record: Record, value: bytes | None = None) -> Record:
    headers = (
        ("dead-letter-topic", record.topic.encode()),
        ("dead-letter-partition", str(record.partition).encode()),
        ("dead-letter-offset", str(record.offset).encode()),
        ("dead-letter-reason", b"no JSON"),
    )
    return record._replace(
        topic=f"{record.topic}.dlq", offset=0, headers=headers, value=value or record.value
    )


def with_poison() -> tuple[Log, Record]:
    log = everything()
    commands = log.topics["orders.commands"]
    poison = Record("orders.commands", 0, sum(each.partition == 0 for each in commands), b"x", b"{")
    commands.append(poison)
    return log, poison


def test_a_bad_record_without_a_dead_letter_is_found() -> None:
    log, _ = with_poison()

    assert any("holds no message" in each for each in judge(log).findings)


def test_dead_letters_are_counted_and_listed() -> None:
    log, poison = with_poison()
    log.topics["orders.commands.dlq"] = [dead_letter(poison), dead_letter(poison)]

    assert judge(log, dead_letters=1).findings == []
    found = judge(log)
    assert found.dead_letters == [f"{poison.place}: no JSON"]
    assert found.findings == [f"dead letters: 1, expected 0: {poison.place}: no JSON"]


def test_a_dead_letter_with_other_bytes_than_its_record_is_found() -> None:
    log, poison = with_poison()
    log.topics["orders.commands.dlq"] = [dead_letter(poison, value=b"}")]

    assert any("is not the record" in each for each in judge(log, dead_letters=1).findings)


def test_an_id_from_outside_with_another_body_must_be_refused() -> None:
    log = everything()
    order = next(
        each for each in log.topics["orders.commands"] if b"CreateOrder" in (each.value or b"")
    )
    again = json.loads(order.value or b"")
    again["data"]["lines"][0]["quantity"] += 1
    log.publish("orders.commands", again)

    assert any("was not refused" in each for each in judge(log).findings)

    data = {"order_id": again["subject"], "command": "CreateOrder", "state": "DELIVERED"}
    reason = {"reason": "its id was used before"}
    log.follow("orders", again, "OrderCommandRefused", again["subject"], {**data, **reason})
    assert judge(log).findings == []


def test_an_order_that_was_refused_has_its_end() -> None:
    log = Log()
    line = {"sku": "TEA-1", "quantity": 1, "unit_price": 2**53 + 1}
    data = {"order_id": "mina:9", "user_id": "mina", "lines": [line], "currency": "USD"}
    cause = log.root("orders.commands", "CreateOrder", "mina:9", {**data, "method": "card"})
    refusal = {"order_id": "mina:9", "command": "CreateOrder", "state": "NONE", "reason": "much"}
    log.follow("orders", cause, "OrderCommandRefused", "mina:9", refusal)

    found = judge(log)

    assert found.findings == []
    assert found.orders == {"refused": 1}


def test_an_accepted_order_of_which_nothing_is_known_is_found() -> None:
    log = everything()
    data = {"order_id": "mina:9", "user_id": "mina", "lines": [], "currency": "USD"}
    log.root("orders.commands", "CreateOrder", "mina:9", {**data, "method": "card"})

    found = judge(log)

    assert "ends: order mina:9 was accepted, and nothing came of it" in found.findings
    assert found.orders["lost"] == 1


def test_bad_bytes_that_just_came_may_still_become_a_dead_letter() -> None:
    log, _ = with_poison()

    assert judge(log, finished=False).findings == []


ITEMS = [{"name": "Keyboard", "qty": 1, "price": 30000}, {"name": "Mouse", "qty": 2, "price": 9000}]
PLAIN = {
    "event_type": "OrderCreated",
    "event_id": "e-1",
    "timestamp": "2026-03-02T10:00:00",
    "data": {"order_id": "mina:1", "user_id": "mina", "total_amount": 45000, "items": ITEMS},
}
ROW = {**PLAIN, "aggregate_id": "mina:1", "version": 1, "data": {"user_id": "mina", "total": 45000}}
FIRST = {
    "specversion": "1.0", "id": "e-1", "source": "/legacy", "type": "OrderCreated",
    "subject": "mina:1", "time": "2026-03-02T10:00:00Z", "dataversion": 1, "sequence": 1,
    "correlationid": "mina:1", "partitionkey": "mina", "data": PLAIN["data"],
}  # fmt: skip


@pytest.mark.parametrize("event", [PLAIN, ROW, FIRST])
def test_an_event_of_an_old_version_is_read(event: dict[str, object]) -> None:
    log = Log(1)
    log.topics["orders"] = [Record("orders", 0, 0, b"mina", json.dumps(event).encode())]

    found = judge(log, finished=False)

    assert found.findings == []
    assert found.money["KRW"]["ordered"] == 45000
