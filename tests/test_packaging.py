"""The checkout is what is installed, tested and described, and tells nothing of this machine."""

import importlib
import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ["streams", "agents", "tables", "models"]
# The brackets keep this file from finding itself.
MACHINE_PATHS = r"(^|[^\w.-])/(wor[k]|roo[t]|hom[e]|tmp/la[b])/"
INDEX_ADDRESSES = r"index-ur[l]|extra-inde[x]|pythonhoste[d]|pypi\.or[g]|repo1?\.mave[n]"


@pytest.fixture
def project() -> dict[str, Any]:
    """Return the parsed `pyproject.toml`."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def tracked() -> list[Path]:
    """Return the files that git has or would take."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [file for line in listed.stdout.splitlines() if (file := ROOT / line).is_file()]


@pytest.mark.parametrize("package", PACKAGES)
def test_each_general_name_is_our_package_and_not_one_that_pip_installed(package: str) -> None:
    """PyTables installs `tables`, openai-agents installs `agents`: whoever comes last wins."""
    assert importlib.import_module(package).__file__ == str(ROOT / package / "__init__.py")


def test_the_wheel_holds_the_four_packages_and_cannot_be_published(project: dict[str, Any]) -> None:
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == PACKAGES
    assert "Private :: Do Not Upload" in project["project"]["classifiers"]


def test_every_dependency_is_pinned_exactly(project: dict[str, Any]) -> None:
    extras = project["project"]["optional-dependencies"]
    groups = [project["project"]["dependencies"], *extras.values()]
    asked = [line for group in groups for line in [*group, *project["build-system"]["requires"]]]

    loose = [line for line in asked if "==" not in line and not line.startswith("orderflow[")]
    assert loose == []


@pytest.mark.parametrize("pattern", [MACHINE_PATHS, INDEX_ADDRESSES], ids=["machine", "index"])
def test_no_file_tells_of_a_machine_or_a_package_index(pattern: str) -> None:
    found = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()}"
        for file in tracked()
        for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1)
        if re.search(pattern, line)
    ]

    assert found == []


def test_what_checks_a_change_is_what_everybody_runs() -> None:
    script = ROOT / ".ci" / "run"

    assert "make test" in script.read_text()
    assert os.access(script, os.X_OK)


def test_make_help_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    internal = {"python", "kafka-jars"}
    targets = set(re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)) - internal

    command = ["make", "--no-print-directory", "help"]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    assert {line.split()[1] for line in shown.stdout.splitlines()} == targets
    wanted = {"help", "demo", "test", "lint", "bench", "faults", "kafka", "kafka-stop", "clean"}
    assert targets >= wanted
