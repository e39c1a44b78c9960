"""What the local Kafka says when Java, Maven or the jars are not as they should be."""

from pathlib import Path

import pytest

from deploy.kafka import jars
from deploy.kafka.errors import LocalKafkaError


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only directory in which programs are found; it is empty."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return directory


def program(file: Path, script: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


@pytest.mark.usefixtures("path")
def test_a_missing_java_is_named_with_the_commands_that_install_it() -> None:
    with pytest.raises(LocalKafkaError, match=r"Java 17 or newer .*apt-get .*brew") as raised:
        jars.java()

    assert "on the PATH" in str(raised.value)


@pytest.mark.parametrize(("version", "major"), [("1.8.0_402", 8), ("11.0.22", 11)])
def test_an_old_java_is_named_with_its_version(path: Path, version: str, major: int) -> None:
    program(path / "java", f"echo 'openjdk version \"{version}\"' >&2")

    with pytest.raises(LocalKafkaError, match=f"{path}/java is Java {major}: "):
        jars.java()


def test_a_program_that_only_advertises_java_is_none(path: Path) -> None:
    program(path / "java", "echo 'Unable to locate a Java Runtime.' >&2; exit 1")

    with pytest.raises(LocalKafkaError, match="none is on the PATH"):
        jars.java()


def test_java_home_goes_before_the_path(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(path / "java", "exit 1")
    program(tmp_path / "jdk" / "bin" / "java", "echo 'openjdk version \"21.0.1\"' >&2")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))

    assert jars.java() == str(tmp_path / "jdk" / "bin" / "java")


@pytest.mark.usefixtures("path")
def test_a_missing_maven_is_named_with_the_commands_that_install_it(tmp_path: Path) -> None:
    with pytest.raises(LocalKafkaError, match=r"Maven .*apt-get .*brew"):
        jars.library(tmp_path)


def test_what_maven_says_is_passed_on_and_no_half_library_stays(path: Path, tmp_path: Path) -> None:
    program(path / "mvn", "echo '[ERROR] the network is away'; exit 1")

    with pytest.raises(LocalKafkaError, match="the network is away"):
        jars.library(tmp_path)

    assert list((tmp_path / "lib").iterdir()) == []


def test_the_jars_are_copied_once(path: Path, tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    program(
        path / "mvn",
        f'echo call >> {calls}; for last; do :; done; /bin/mkdir "${{last#-DoutputDirectory=}}"',
    )

    first, second = jars.library(tmp_path), jars.library(tmp_path)

    assert first == second
    assert first.is_dir()
    assert calls.read_text() == "call\n"
