"""A local broker is started once, found again, broken on purpose, and ended by its owner only."""

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.kafka import jars
from deploy.kafka.broker import LocalBroker
from deploy.kafka.errors import LocalKafkaError
from deploy.kafka.instance import Instance
from deploy.kafka.processes import Process, eventually
from streams import topics
from streams.provision import provision

PATIENCE = 30


@pytest.fixture
def fresh() -> Iterator[LocalBroker]:
    """Return a broker that was never started, in the directory whose jars all share."""
    broker = LocalBroker(f"trial-{uuid.uuid4().hex[:8]}")
    yield broker
    broker.discard()
    shutil.rmtree(broker.directory)


@pytest.fixture
def bare(tmp_path: Path) -> LocalBroker:
    """Return a broker in a place where nothing is, not even jars."""
    broker = LocalBroker("bare", root=tmp_path)
    broker.directory.mkdir()
    return broker


async def test_the_life_of_a_broker(fresh: LocalBroker) -> None:
    """One story in one test, because each start of a broker costs seconds."""
    with ThreadPoolExecutor() as threads:
        started = list(threads.map(lambda _: LocalBroker(fresh.name).start(), range(2)))
    born = fresh.instance
    assert sorted(started) == [False, True], "two starts at once start one"
    assert fresh.answers

    assert not LocalBroker(fresh.name).start(), "a later start finds it"
    assert fresh.instance == born

    fresh.freeze()
    assert not fresh.answers
    assert fresh.running
    fresh.thaw()
    assert eventually(lambda: fresh.answers, PATIENCE)

    declared = replace(topics.orders, name="kept")
    await provision(fresh.address, [declared], partitions=2, replication=1)
    fresh.kill()
    assert not fresh.running
    assert not fresh.answers

    assert fresh.start(), "a killed broker starts again"
    again = fresh.instance
    assert (again.ports, again.cluster_id) == (born.ports, born.cluster_id)
    report = await provision(fresh.address, [declared], partitions=2, replication=1)
    assert report.found == ("kept",)

    stranger = replace(again, cluster_id="another", process=None)
    stranger.save(fresh.directory)
    assert not fresh.answers, "another cluster on its port is not taken for it"
    again.save(fresh.directory)

    fresh.freeze()
    assert (
        fresh.stop()
        == f"Kafka '{fresh.name}' stopped (process {again.process and again.process.pid})"
    )
    assert fresh.stop() == f"Kafka '{fresh.name}' is not running"


def test_a_process_that_took_over_the_id_is_never_touched(bare: LocalBroker) -> None:
    ourselves = Process(os.getpid(), "long ago")
    Instance(9092, 9093, "id", ourselves).save(bare.directory)

    assert not bare.running
    assert bare.stop() == "Kafka 'bare' is not running"
    with pytest.raises(LocalKafkaError, match="is not running; start it with"):
        bare.kill()


def test_a_broker_that_was_never_started_says_how_to_start_it(bare: LocalBroker) -> None:
    with pytest.raises(LocalKafkaError, match=r"python -m deploy\.kafka start bare"):
        _ = bare.address


def test_a_java_that_dies_at_start_is_reported_with_its_last_words(bare: LocalBroker) -> None:
    library = bare.root / "lib" / jars.library(LocalBroker().root).name
    library.mkdir(parents=True)
    (library / "kafka.jar").write_bytes(b"not a jar")
    formatted = bare.directory / "data" / "meta.properties"
    formatted.parent.mkdir()
    formatted.write_text("cluster.id=id\n")

    with pytest.raises(LocalKafkaError, match=r"ended while starting(?s:.*)class kafka\.Kafka"):
        bare.start()


def test_storage_that_cannot_be_formatted_is_reported(bare: LocalBroker) -> None:
    (bare.root / "lib" / jars.library(LocalBroker().root).name).mkdir(parents=True)

    with pytest.raises(LocalKafkaError, match=r"cannot format(?s:.*)kafka\.tools\.StorageTool"):
        bare.start()


def test_the_ports_of_a_stopped_instance_are_kept_for_it(bare: LocalBroker) -> None:
    Instance(9092, 9093).save(bare.directory)
    other = LocalBroker("other", root=bare.root)
    (bare.root / "lib" / jars.library(LocalBroker().root).name).mkdir(parents=True)

    with pytest.raises(LocalKafkaError):
        other.start()

    state = json.loads((other.directory / "state.json").read_text())
    assert {state["port"], state["controller_port"]}.isdisjoint({9092, 9093})


def test_the_command_line_says_what_is_wrong_in_one_sentence(tmp_path: Path) -> None:
    environment = {"PATH": str(tmp_path)}
    command = [sys.executable, "-m", "deploy.kafka", "prepare"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr.startswith("Java 17 or newer is needed")
    assert done.stderr.count("\n") == 1
