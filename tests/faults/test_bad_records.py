"""Records that are no messages, and records on which a handler raises."""

from __future__ import annotations

from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from tests.faults.audit import audit
from tests.faults.scene import Scene, deposit
from tests.faults.workers import eventually

POISON = [
    b"",
    b"\xff\xfe not json",
    b"[" * 5000,
    b'{"specversion":"1.0"}',
    deposit("bad", "a1", "i1", 1).replace(b'"amount": 1', b'"amount": "much"'),
    deposit("new", "a1", "i1", 1).replace(b'"dataversion": 1', b'"dataversion": 99'),
    None,
]


async def test_poison_goes_to_the_dead_letters_with_its_bytes_and_the_partition_moves_on(
    broker: str, tmp_path: Path, unique: str
) -> None:
    async with Scene(broker, tmp_path, unique) as scene:
        worker = scene.worker()
        await worker.until_ready()
        async with AIOKafkaProducer(bootstrap_servers=broker) as producer:
            for number, value in enumerate(POISON):
                headers = [("trace", b"%d" % number)]
                await producer.send_and_wait(
                    f"{unique}deposits", value, key=b"a%d" % number, headers=headers
                )
            forged = [("origin", b"no origin")]
            await producer.send_and_wait(
                f"{unique}deposits", deposit("forged", "a1", "i1", 1), key=b"a1", headers=forged
            )
        await scene.after(200)
        letters = await eventually(lambda: _dead_letters(broker, unique), "all are dead letters")
        found = {
            dict(headers)["trace"]: value
            for _, value, headers in letters
            if "trace" in dict(headers)
        }
        assert found == {b"%d" % number: value for number, value in enumerate(POISON)}
        for _, _, headers in letters:
            why = {name: value.decode() for name, value in headers}
            assert why["dead-letter-topic"] == f"{unique}deposits"
            assert why["dead-letter-offset"].isdigit()
            assert why["dead-letter-field"]
            assert why["dead-letter-reason"]


async def _dead_letters(
    broker: str, unique: str
) -> list[tuple[bytes, bytes, tuple[tuple[str, bytes], ...]]] | None:
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, auto_offset_reset="earliest")
    async with consumer:
        consumer.assign([TopicPartition(f"{unique}deposits.dlq", p) for p in range(4)])
        records = [r for rs in (await consumer.getmany(timeout_ms=500)).values() for r in rs]
    letters = [(record.key, record.value, record.headers) for record in records]
    return letters if len(letters) == len(POISON) + 1 else None


async def test_a_raising_handler_stops_the_worker_names_the_record_and_changes_nothing(
    broker: str, tmp_path: Path, unique: str
) -> None:
    async with Scene(broker, tmp_path, unique) as scene:
        worker = scene.worker()
        await worker.until_ready()
        await scene.after(200)
        async with AIOKafkaProducer(bootstrap_servers=broker) as producer:
            at = await producer.send_and_wait(
                f"{unique}deposits", deposit("bomb", "a1", "i1", 1, explode=True), key=b"a1"
            )
        assert await worker.exit_code() == 1
        assert "the worker stopped: the handler raised on" in worker.text().splitlines()[-1]
        record = f"{unique}deposits[{at.partition}] offset {at.offset}"
        assert f"the handler raised on {record}: RuntimeError: boom" in worker.text()
        before = await audit(broker, unique)
        assert "bomb" not in before.bookings

        worker.start()
        assert await worker.exit_code() == 1, "it stops before the same record again"
        assert worker.text().count(f"the handler raised on {record}") >= 2

        worker.start(RELAY_MENDED="1")
        await scene.after(200)
        scene.sent += 1  # the bomb, which is a deposit like the others once the bug is mended
        await scene.verdict()
