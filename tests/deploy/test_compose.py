"""The container files, as far as they can be checked without an engine."""

import ast
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CONTEXTS = ["orders", "payments", "stock", "sagas", "notifications"]
WORKERS = {"write": "streams.app", "views": "streams.views"} | dict.fromkeys(
    CONTEXTS, "streams.app"
)
Service = dict[str, Any]


@pytest.fixture
def services() -> dict[str, Service]:
    """Return the services of `docker-compose.yml`, anchors resolved."""
    composed: dict[str, dict[str, Service]] = yaml.safe_load(
        (ROOT / "docker-compose.yml").read_text()
    )
    return composed["services"]


@pytest.fixture
def image() -> list[list[str]]:
    """Return the instructions of the Dockerfile, each as its words, continued lines joined."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [line.split(maxsplit=1) for line in lines]


def argument(image: list[list[str]], instruction: str) -> str:
    """Return what stands after the last such instruction, the one that counts."""
    return [rest for name, rest in image if name == instruction][-1]


def test_there_are_a_broker_a_gateway_and_workers(services: dict[str, Service]) -> None:
    assert services.keys() == {"kafka", "gateway", *WORKERS}


def test_each_context_has_a_container_of_its_own_in_a_profile(services: dict[str, Service]) -> None:
    for context in CONTEXTS:
        assert services[context]["profiles"] == ["apart"]
        assert services[context]["environment"]["ORDERFLOW_CONTEXTS"] == context
    assert [name for name in services if "profiles" not in services[name]] == [
        "kafka",
        "write",
        "views",
        "gateway",
    ]


def test_images_are_pinned(services: dict[str, Service], image: list[list[str]]) -> None:
    images = [service["image"] for service in services.values()] + [argument(image, "FROM")]

    for name in images:
        assert re.search(r":\d+\.\d+", name), f"{name} names no version"


def test_the_containers_run_the_kafka_that_the_jars_are(services: dict[str, Service]) -> None:
    pom = (ROOT / "deploy" / "kafka" / "pom.xml").read_text()
    jars = re.search("<kafka.version>(.+)</kafka.version>", pom)

    assert jars
    assert services["kafka"]["image"] == f"apache/kafka:{jars[1]}"


def test_nobody_is_root(services: dict[str, Service], image: list[list[str]]) -> None:
    users = [service["user"] for service in services.values()] + [argument(image, "USER")]

    assert not {"root", "0"} & set(users)


@pytest.mark.parametrize("worker", WORKERS)
def test_a_worker_cannot_write_but_to_its_local_stores(
    services: dict[str, Service], image: list[list[str]], worker: str
) -> None:
    service = services[worker]

    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["volumes"] == [argument(image, "VOLUME")]
    assert f"ORDERFLOW_DATADIR={argument(image, 'VOLUME')}" in argument(image, "ENV")


def test_ports_are_published_on_loopback_only(services: dict[str, Service]) -> None:
    published = [port for service in services.values() for port in service.get("ports", [])]

    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


@pytest.mark.parametrize("worker", WORKERS)
def test_a_worker_waits_for_a_kafka_that_answers(services: dict[str, Service], worker: str) -> None:
    service = services[worker]

    assert service["depends_on"] == {"kafka": {"condition": "service_healthy"}}
    assert service["environment"]["ORDERFLOW_BROKER"] == "kafka://kafka:9092"
    assert "INSIDE://kafka:9092" in services["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    assert services["kafka"]["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize(("worker", "app"), WORKERS.items())
def test_a_worker_is_started_as_by_hand(
    services: dict[str, Service], worker: str, app: str
) -> None:
    assert services[worker]["command"] == ["faust", "-A", app, "worker"]


def test_the_health_check_asks_for_readiness_in_python(image: list[list[str]]) -> None:
    _, _, command = argument(image, "HEALTHCHECK").partition("CMD ")
    python, option, program = ast.literal_eval(command)

    assert (python, option) == ("python", "-c")
    assert "http://127.0.0.1:6066/health/ready" in program
    compile(program, "HEALTHCHECK", "exec")


def test_the_image_gets_every_package_and_nothing_else(image: list[list[str]]) -> None:
    copied = {word for name, rest in image if name == "COPY" for word in shlex.split(rest)[:-1]}
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    admitted = {line.removeprefix("!") for line in ignored if line.startswith("!")}

    tools = {"deploy/__init__.py", "deploy/gateway"}
    packages = {"agents", "models", "streams", "tables"}
    assert copied == admitted == {"LICENSE", "pyproject.toml"} | packages | tools
    assert "*" in ignored


def test_the_broker_keeps_the_rules_of_the_local_one(services: dict[str, Service]) -> None:
    environment = services["kafka"]["environment"]

    assert environment["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    assert environment["KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR"] == "1"
    assert environment["KAFKA_LOG_DIRS"] in services["kafka"]["volumes"][0]
