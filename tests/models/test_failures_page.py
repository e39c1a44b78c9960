"""The page of failures: every cell of the matrix and every race names its tests, and they exist.

The tests are looked up in their files, and not run; the cells and races are those of the domain.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs" / "failures.md").read_text()
# Which columns of each row are no dash.
MATRIX: Final = {
    "1": "a",
    "2": "ad",
    "3": "ab",
    "4": "ab",
    "5": "abcde",
    "6": "cd",
    "7": "c",
    "8": "abcde",
    "9": "abcde",
}
WHOLE_ROWS: Final = ("8", "9")  # one cell, that goes through all columns
RACES: Final = {str(number) for number in range(1, 16)}
OURS: Final = ("failure_matrix", "failing_compensations", "crashes", "races", "odd_deliveries")


def rows(title: str) -> dict[str, list[str]]:
    """The rows of the table under a title, by the number or id that they begin with."""
    section = PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]
    table = [line.strip("|").split(" | ") for line in section.splitlines() if line[:1] == "|"]
    found = {row[0].split()[0]: [cell.strip() for cell in row[1:]] for row in table[2:]}
    assert len(found) == len(table) - 2, "two rows begin alike"
    return found


def named(text: str) -> set[str]:
    return set(re.findall(r"`(tests/[\w/]+\.py::\w+)`", text))


@cache
def collected(path: str) -> frozenset[str]:
    """All tests of a file: functions, and state machines, which are given a name."""
    found = set()
    for node in ast.parse((ROOT / path).read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {each.id for each in node.targets if isinstance(each, ast.Name)}
    return frozenset(name for name in found if name.startswith(("test_", "Test")))


def test_the_matrix_has_all_its_cells() -> None:
    cells = {
        row: "".join(column for column, cell in zip("abcde", cells, strict=True) if cell != "-")
        for row, cells in rows("The matrix").items()
    }

    assert cells == MATRIX


def test_every_cell_of_the_matrix_names_its_tests() -> None:
    tests = {cell: named(row[0]) for cell, row in rows("The tests of the matrix").items()}

    cells = {
        cell
        for row, columns in MATRIX.items()
        for cell in ([row] if row in WHOLE_ROWS else [row + column for column in columns])
    }
    assert tests.keys() == cells
    assert [cell for cell, found in tests.items() if not found] == []


def test_every_race_names_its_tests() -> None:
    tests = {race: named(row[1]) for race, row in rows("Races and odd deliveries").items()}

    assert tests.keys() == RACES
    assert [race for race, found in tests.items() if not found] == []


def test_every_test_that_is_named_exists() -> None:
    missing = {
        test
        for test in named(PAGE)
        if test.partition("::")[2] not in collected(test.partition("::")[0])
    }

    assert missing == set()


def test_every_test_of_failures_and_races_is_named() -> None:
    for name in OURS:
        path = f"tests/models/test_{name}.py"
        assert {f"{path}::{test}" for test in collected(path)} <= named(PAGE)
