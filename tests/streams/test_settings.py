"""Settings come from the environment; what is wrong is named with its value and the cure."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from streams.settings import CONTEXTS, PREFIX, Settings, composed


def test_the_defaults_run_on_a_laptop() -> None:
    settings = Settings.from_environment({})

    assert settings == Settings()
    assert settings.bootstrap == ["127.0.0.1:9092"]
    assert settings.web_bind == "127.0.0.1"
    assert settings.differences() == {}


def test_every_setting_has_a_name_in_the_environment() -> None:
    given = {
        "broker": "kafka://a:1, b:2",
        "partitions": "6",
        "replication": "3",
        "datadir": "elsewhere",
        "web_bind": "localhost",
        "web_port": "8080",
        "web_hosts": "shop.example",
        "skip_expired": "1",
        "contexts": "payments,stock",
        "gateway": "http://pay.example",
        "gateway_patience": "9",
        "patience": "0.5",
        "saga": "choreography",
    }
    assert given.keys() == {field.name for field in fields(Settings)}
    settings = Settings.from_environment({PREFIX + name.upper(): v for name, v in given.items()})

    assert settings == Settings(
        broker="kafka://a:1, b:2",
        partitions=6,
        replication=3,
        datadir=Path("elsewhere"),
        web_bind="localhost",
        web_port=8080,
        web_hosts="shop.example",
        skip_expired=True,
        contexts="payments,stock",
        gateway="http://pay.example",
        gateway_patience=9,
        patience=0.5,
        saga="choreography",
    )
    assert settings.bootstrap == ["a:1", "b:2"]
    assert settings.differences().keys() == given.keys()


def test_all_contexts_run_together_unless_some_are_chosen() -> None:
    assert Settings().chosen == set(CONTEXTS)
    assert Settings(contexts=" stock , orders").chosen == {"stock", "orders"}


@pytest.mark.parametrize("contexts", ["payment", "orders,,stock", "orders;stock"])
def test_a_context_that_does_not_exist_is_named_with_those_that_do(contexts: str) -> None:
    with pytest.raises(ValueError, match="choose among orders, payments"):
        _ = Settings(contexts=contexts).chosen


def test_orders_are_orchestrated_unless_the_other_style_is_chosen() -> None:
    assert Settings().style == "orchestration"
    assert Settings(saga="choreography").style == "choreography"


@pytest.mark.parametrize("saga", ["both", "Choreography", "orchestration,choreography"])
def test_a_style_that_does_not_exist_is_named_with_those_that_do(saga: str) -> None:
    with pytest.raises(ValueError, match="choose orchestration or choreography") as caught:
        _ = Settings(saga=saga).style

    assert f"ORDERFLOW_SAGA={saga!r}" in str(caught.value)


def test_what_is_not_given_has_the_default_of_the_app() -> None:
    assert Settings.from_environment({}, web_port=6067).web_port == 6067
    assert Settings.from_environment({"ORDERFLOW_WEB_PORT": "1"}, web_port=6067).web_port == 1


def test_a_bad_setting_ends_the_process_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERFLOW_PARTITIONS", "many")

    with pytest.raises(SystemExit, match="orderflow: ORDERFLOW_PARTITIONS='many' is not"):
        composed(lambda settings: settings)


def test_other_names_are_none_of_ours() -> None:
    assert Settings.from_environment({"PARTITIONS": "3", "ORDERFLOW_X": "1"}) == Settings()


@pytest.mark.parametrize("broker", ["kafka", "a:1", "kafka://a:1", "[::1]:9092", "a:1, b:2"])
def test_a_broker_may_be_written_in_many_ways(broker: str) -> None:
    assert Settings.from_environment({"ORDERFLOW_BROKER": broker}).broker == broker


@pytest.mark.parametrize("value", ["1", "true", "YES", "On"])
def test_yes_in_many_words(value: str) -> None:
    assert Settings.from_environment({"ORDERFLOW_SKIP_EXPIRED": value}).skip_expired


@pytest.mark.parametrize("value", ["", "0", "False", "no", "off"])
def test_no_in_many_words(value: str) -> None:
    assert not Settings.from_environment({"ORDERFLOW_SKIP_EXPIRED": value}).skip_expired


@pytest.mark.parametrize(
    ("name", "value", "cure"),
    [
        ("PARTITIONS", "0", "positive whole number"),
        ("PARTITIONS", "-3", "positive whole number"),
        ("PARTITIONS", "6.0", "positive whole number"),
        ("REPLICATION", "", "positive whole number"),
        ("WEB_PORT", "٣", "positive whole number"),
        ("SKIP_EXPIRED", "perhaps", "use 1 or 0"),
        ("BROKER", "", "leave it out"),
        ("BROKER", "localhost:port", "host:port"),
        ("BROKER", "a:1,,b:2", "host:port"),
        ("BROKER", "a:9092/topic", "host:port"),
        ("WEB_PORT", "70000", "at most 65535"),
        ("DATADIR", " ", "leave it out"),
        ("PATIENCE", "soon", "number from 0.001 to 1000"),
        ("PATIENCE", "0", "number from"),
        ("PATIENCE", "nan", "number from"),
        ("PATIENCE", "-1", "number from"),
    ],
)
def test_what_is_wrong_is_named_with_its_value_and_the_cure(
    name: str, value: str, cure: str
) -> None:
    with pytest.raises(ValueError, match=cure) as caught:
        Settings.from_environment({PREFIX + name: value})

    assert f"{PREFIX}{name}={value!r}" in str(caught.value)
