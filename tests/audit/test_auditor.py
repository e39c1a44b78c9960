"""The auditor is silent about what is right, whenever it looks."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from tests.audit.catalogue import STORIES, told
from tests.audit.findings import Audit
from tests.audit.good_log import Log
from tests.audit.murmur2 import murmur2
from tests.audit.records import Record
from tests.audit.verdict import audit, render


def everything(partitions: int = 12) -> Log:
    return told(*STORIES.values(), partitions=partitions)


def judge(log: Log) -> Audit:
    return audit(log.topics, log.gateway, log.mails, finished=True, partitions=log.partitions)


@pytest.mark.parametrize("story", STORIES)
def test_nothing_is_wrong_with_a_good_story(story: str) -> None:
    assert judge(told(STORIES[story])).findings == []


@pytest.mark.parametrize("partitions", [1, 3, 12])
def test_nothing_is_wrong_with_all_stories_in_one_log(partitions: int) -> None:
    assert judge(everything(partitions)).findings == []


def test_the_numbers_are_those_of_the_stories() -> None:
    found = judge(everything())

    assert found.orders == {
        "DELIVERED": 2, "CONFIRMED": 4, "REJECTED": 6, "EXPIRED": 2, "CANCELLED": 10, "stuck": 1,
    }  # fmt: skip
    assert found.rejected == {
        "card_declined": 2, "invalid_request": 1, "out_of_stock": 2, "the goods are broken": 1,
    }  # fmt: skip
    assert found.money["KRW"]["kept"] == 2 * 5000
    assert found.money["USD"]["kept"] == 7 * 900
    assert found.money["USD"]["refunded"] == 6 * 900
    assert found.money["EUR"]["kept"] == 1800
    assert found.stock["RARE-3"]["on_hand"] == 6
    assert found.stock["TEA-1"] == {
        "on_hand": 116, "reserved": 0,
        "received": 135, "adjusted": -9, "restocked": 12, "deducted": 22,
    }  # fmt: skip
    assert found.sagas == {
        "confirmed": 6, "rejected": 6, "cancelled": 10, "expired": 2, "stuck": 1,
    }  # fmt: skip
    assert found.repeats.total() == 4


def test_a_log_that_grows_is_right_at_every_moment() -> None:
    log = everything()
    for length in range(0, len(log.written), 7):
        counts = dict.fromkeys(log.topics, 0)
        for topic, _ in log.written[:length]:
            counts[topic] += 1
        seen = {topic: log.topics[topic][:count] for topic, count in counts.items()}

        assert audit(seen, log.gateway, log.mails, finished=False).findings == []


@pytest.mark.parametrize("seed", range(100))
def test_partitions_that_were_read_at_different_moments_are_right_while_work_is_under_way(
    seed: int,
) -> None:
    log, chance = everything(), random.Random(seed)
    seen = {topic: _cut(records, chance) for topic, records in log.topics.items()}

    assert audit(seen, log.gateway, log.mails, finished=False).findings == []


def _cut(records: Sequence[Record], chance: random.Random) -> list[Record]:
    ends = {record.partition: chance.random() for record in records}
    counts = {p: sum(record.partition == p for record in records) for p in ends}
    return [each for each in records if each.offset < counts[each.partition] * ends[each.partition]]


@pytest.mark.parametrize("step", [1, -1])
def test_partitions_may_be_read_one_after_the_other_in_any_order(step: int) -> None:
    log = everything(3)
    log.topics = {
        topic: [each for p in range(3)[::step] for each in records if each.partition == p]
        for topic, records in log.topics.items()
    }

    assert judge(log).findings == []


def test_an_unfinished_log_is_no_log_at_rest() -> None:
    log = everything()
    seen = {topic: records[: len(records) // 2] for topic, records in log.topics.items()}

    found = audit(seen, log.gateway, log.mails, finished=True)

    assert any(each.startswith("ends:") for each in found.findings)


@pytest.mark.parametrize(
    ("topic", "kind"),
    [("payments.commands", b'"GatewayAnswered"'), ("notifications.commands", b'"MailAnswered"')],
)
def test_an_answer_of_which_two_workers_tell_is_heard_once(topic: str, kind: bytes) -> None:
    """A worker that was frozen tells what its successor has found out meanwhile."""
    log = everything()
    records = log.topics[topic]
    first = next(each for each in records if each.value and kind in each.value)
    assert first.value is not None
    again = first.value.replace(b'"id": "', b'"id": "again-').replace(b'"id":"', b'"id":"again-')
    end = 1 + max(each.offset for each in records if each.partition == first.partition)
    records.append(first._replace(value=again, offset=end))

    assert judge(log).findings == []


def test_an_empty_log_is_right() -> None:
    assert judge(Log()).findings == []


def test_a_missing_offset_is_found() -> None:
    log = everything()
    first = log.topics["stock"][0].partition
    log.topics["stock"] = [
        each._replace(offset=each.offset + (each.partition == first))
        for each in log.topics["stock"]
    ]

    assert any(each.startswith("offsets:") for each in judge(log).findings)


@pytest.mark.parametrize(
    ("key", "signed"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_murmur2_is_that_of_kafkas_java_client(key: bytes, signed: int) -> None:
    """The values are those of the tests of Kafka's own clients."""
    assert murmur2(key) == signed & 0xFFFFFFFF


def test_the_verdict_reads_as_text() -> None:
    log = everything()
    assert render(judge(log)).endswith("nothing found wrong")

    log.gateway.append(log.gateway[0])
    text = render(judge(log))

    assert "25 accepted: CANCELLED 10, CONFIRMED 4" in text
    assert "1 findings:\n  M7: the gateway did two things under the key " in text
