"""How long one step takes from input to output, at a steady rate of arrival.

The load is open: records leave by the clock, however slow the answer, and a latency counts from
the moment a record was due, so that a stall is paid by every record that waited for it. Sent and
read here, by librdkafka, beside the participant's own process; the participants are those of
`bench.step`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from threading import Thread
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition

from bench.broker import broker
from bench.figures import Results, percentile, show, spread
from bench.load import partition_of, payments
from bench.running import Input, participants, started

PACKAGE = "bench.step"
# Sent first and not counted: when all have been answered the participant is up, on each partition.
GREETINGS = 100
SECONDS_TO_START = 60
# Not counted either: the first seconds of a rate, in which caches and batch sizes settle.
SETTLING = 2
# How long after the last record is sent the answers are waited for.
PATIENCE = 10


class Probe:
    """Sends inputs by the clock, and notes when each output can be read."""

    def __init__(self, given: Input, output: str) -> None:
        self._given = given
        broker_of = {"bootstrap.servers": given.bootstrap, "socket.nagle.disable": True}
        self._producer = Producer({**broker_of, "linger.ms": 0})
        self._consumer = Consumer({**broker_of, "group.id": "bench-probe"})
        self._consumer.assign([TopicPartition(output, p, 0) for p in range(given.partitions)])
        self.read_at: dict[int, float] = {}

    def send(self, first: int, count: int, due: float, interval: float) -> None:
        """Send each input when it is due."""
        for key, value, headers in payments(range(first, first + count)):
            if (early := due - time.perf_counter()) > 0:
                time.sleep(early)
            partition = partition_of(key, self._given.partitions)
            self._producer.produce(self._given.topic, value, key, partition, headers=headers)
            self._producer.poll(0)
            due += interval
        self._producer.flush()

    def read(self, count: int, deadline: float) -> bool:
        """Read until `count` outputs have been seen; false if the deadline came first."""
        while len(self.read_at) < count:
            if time.perf_counter() > deadline:
                return False
            message = self._consumer.poll(0.1)
            if message is not None and message.error() is None:
                now = time.perf_counter()
                self.read_at[int(json.loads(message.value())["causationid"][-26:])] = now
        return True

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close()


def measure(participant: str, given: Input, rate: int) -> dict[str, Any]:
    """Run one participant at one rate; latencies in milliseconds."""
    count = given.records - GREETINGS
    with started(PACKAGE, participant, given) as run:
        probe = Probe(given, run.task.output)
        probe.send(0, GREETINGS, time.perf_counter(), 0)
        if not probe.read(GREETINGS, time.perf_counter() + SECONDS_TO_START):
            run.process.kill()
            run.figures(1)  # raises, with what it said
        start = time.perf_counter() + 0.1
        sender = Thread(target=probe.send, args=(GREETINGS, count, start, 1 / rate))
        sender.start()
        probe.read(given.records, start + count / rate + PATIENCE)
        sender.join()
        probe.close()
    gave_up = time.perf_counter()
    due = {GREETINGS + n: start + n / rate for n in range(rate * SETTLING, count)}
    # What was not answered has waited until now at least.
    waits = [1000 * (probe.read_at.get(n, gave_up) - since) for n, since in due.items()]
    return {
        "participant": participant,
        "rate": rate,
        "unanswered": len(due.keys() - probe.read_at.keys()),
        **{f"p{percent}": percentile(waits, percent) for percent in (50, 90, 99)},
    }


def report(results: Results, rates: list[int]) -> None:
    """Print what was measured; a participant that cannot keep up leaves inputs unanswered."""
    for rate in rates:
        rows = results.select(rate=rate)
        show(
            f"Latency of one step at {rate} records/s, in ms. Median (min to max) of the rounds.",
            ("participant", "p50", "p90", "p99", "unanswered"),
            (
                (
                    name,
                    *(spread(rows.column(p, name)) for p in ("p50", "p90", "p99")),
                    spread(rows.column("unanswered", name), ".0f"),
                )
                for name in rows.participants
            ),
        )


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m bench.latency", description=__doc__)
    parser.add_argument("--rates", type=int, nargs="+", default=[50, 1000, 4000])
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--partitions", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--participants", nargs="+", default=participants(PACKAGE))
    asked = parser.parse_args()
    results = Results("latency")
    with broker() as bootstrap:
        for rate in asked.rates:
            for turn in range(asked.rounds):
                for name in asked.participants:
                    records = GREETINGS + rate * (SETTLING + asked.seconds)
                    given = Input.empty(bootstrap, records, asked.partitions)
                    row = measure(name, given, rate)
                    results.add({"round": turn, **row})
                    sys.stderr.write(f"{rate}/s round {turn + 1} {name}: p50 {row['p50']:.1f} ms\n")
    report(results, asked.rates)


if __name__ == "__main__":
    main()
