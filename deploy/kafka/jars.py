"""The tools a local Kafka needs (Java, Maven) and its jars, copied once for all instances.

Nothing is installed: a tool that is missing or too old is named, with the command that brings it.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from deploy.kafka.errors import LocalKafkaError
from deploy.kafka.locks import exclusive

POM = Path(__file__).with_name("pom.xml")
OLDEST_JAVA = 17  # what Kafka 4 brokers are compiled for
SECONDS_TO_DOWNLOAD = 600  # 54 MB take 8 s on a fast line; ten minutes allow for 1 Mbit/s
GET_JAVA = "`apt-get install openjdk-17-jre-headless` (Debian) or `brew install openjdk@17` (macOS)"
GET_MAVEN = "`apt-get install maven` (Debian) or `brew install maven` (macOS)"


def java() -> str:
    """Path of a Java that runs Kafka; `JAVA_HOME` goes before the PATH, as in Kafka's scripts."""
    home = os.environ.get("JAVA_HOME")
    found = str(Path(home, "bin", "java")) if home else shutil.which("java")
    version = _java_version(found) if found else None
    if version is None:
        place = f"in JAVA_HOME={home}" if home else "on the PATH"
        raise LocalKafkaError(
            f"Java {OLDEST_JAVA} or newer is needed and none is {place}: {GET_JAVA}"
        )
    if version < OLDEST_JAVA:
        raise LocalKafkaError(
            f"Java {OLDEST_JAVA} or newer is needed and {found} is Java {version}: {GET_JAVA}"
        )
    return str(found)


def _java_version(executable: str) -> int | None:
    # macOS ships a /usr/bin/java that runs, prints an advertisement and is no Java.
    try:
        answer = subprocess.run(
            [executable, "-version"], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    major = re.search(r'version "(?:1\.)?(\d+)', answer.stderr)
    return int(major[1]) if major else None


def library(root: Path) -> Path:
    """Directory with the jars that `pom.xml` names, copied by Maven if they are not there yet.

    Named after the pom, so that an upgrade never changes the jars under a running broker.
    """
    directory = root / "lib" / hashlib.sha256(POM.read_bytes()).hexdigest()[:12]
    with exclusive(root / "lib.lock"):
        if not directory.exists():
            _copy(directory)
    return directory


def _copy(directory: Path) -> None:
    directory.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory.parent, prefix="copying-") as scratch:
        jars = Path(scratch, "jars")
        _maven("dependency:copy-dependencies", f"-DoutputDirectory={jars}")
        jars.rename(directory)  # whole or not at all: a copy cut short is never taken for a library


def _maven(*goals: str) -> None:
    executable = shutil.which("mvn")
    if executable is None:
        raise LocalKafkaError(
            f"Maven is needed to copy Kafka's jars and is not on the PATH: {GET_MAVEN}"
        )
    command = [executable, "-q", "-B", "-f", str(POM), *goals]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=SECONDS_TO_DOWNLOAD
        )
    except subprocess.TimeoutExpired as late:
        raise LocalKafkaError(
            f"Maven did not copy Kafka's jars in {SECONDS_TO_DOWNLOAD} s; is the network there?"
        ) from late
    if done.returncode:
        raise LocalKafkaError(
            f"Maven could not copy Kafka's jars; it says:\n{done.stdout.rstrip()}"
        )
