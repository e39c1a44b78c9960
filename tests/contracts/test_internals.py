"""No private part of a library changes, or is used, without a person having looked at it."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType

import pytest
from mode.services import ServiceCallbacks

import streams
from streams.internals import PARTS, Part
from tests.contracts import sources

STREAMS = Path(streams.__file__).parent
MODULES = {path.stem: ast.parse(path.read_text()) for path in sorted(STREAMS.glob("*.py"))}
LIBRARIES = ("faust", "mode", "aiokafka")
DOCUMENTED = {name for name in vars(ServiceCallbacks) if name.startswith("on_")}
OF_NAMED_TUPLES = {"_replace", "_asdict", "_make", "_fields"}
LISTED = {part.path.rpartition(".")[2] for part in PARTS}


def by_path(part: Part) -> str:
    return part.path


@pytest.mark.parametrize("part", PARTS, ids=by_path)
def test_a_part_is_as_it_was_when_somebody_last_looked(part: Part) -> None:
    try:
        found = sources.digest(part.path)
    except LookupError:
        found = "gone"
    assert found == sources.recorded().get(part.path), (
        f"{part.path} {'is gone' if found == 'gone' else 'has changed'}. It is {part.used} by "
        f"streams/{part.by}.py: {part.why}. Read its source, mend ours, run the fault tests, and "
        "then `python -m tests.contracts`"
    )


def test_every_part_is_listed_once_and_nothing_else_is_recorded() -> None:
    assert [path for path, times in Counter(map(by_path, PARTS)).items() if times > 1] == []
    assert sources.recorded().keys() == {part.path for part in PARTS}


@pytest.mark.parametrize("part", [p for p in PARTS if p.used != "relied on"], ids=by_path)
def test_a_listed_part_is_really_used_by_its_module(part: Part) -> None:
    *_, owner, name = part.path.split(".")
    if name == "__init__":
        name = owner if owner != "Message" else "ConsumerMessage"
    if "._crecords." in part.path:
        name = "next_batch" if name == "memory_records" else "validate_crc"

    assert name in set(_names(MODULES[part.by])), f"streams/{part.by}.py no longer uses {part.path}"


def _names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name) | ast.Name(id=name) | ast.alias(name=name):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name


def test_every_private_attribute_of_something_that_is_not_ours_is_listed() -> None:
    own = {name for tree in MODULES.values() for name in _defined(tree)}
    unlisted = [
        f"streams/{module}.py line {node.lineno}: {ast.unparse(node)}"
        for module, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.startswith("__")
        and node.attr not in LISTED | OF_NAMED_TUPLES
        and not (_is_own(node) and node.attr in own)
    ]

    assert unlisted == [], "list them in streams/internals.py, with the reason for each"


def _is_own(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}


def _defined(tree: ast.AST) -> Iterator[str]:
    """Names that a module of ours gives to methods and attributes."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.Attribute(attr=name, ctx=ast.Store()) if _is_own(node):
                yield name
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name


def test_every_override_of_something_undocumented_is_listed() -> None:
    paths = {part.path for part in PARTS if part.used == "overridden"}
    unlisted = [
        f"streams.{module}.{cls.__name__}.{name}, of {base.__module__}.{base.__qualname__}"
        for module in MODULES
        for cls in _classes(module)
        for name, base in _overridden(cls)
        if name not in DOCUMENTED and f"{base.__module__}.{base.__qualname__}.{name}" not in paths
    ]

    assert unlisted == [], "list them in streams/internals.py, with the reason for each"


def _classes(module: str) -> list[type]:
    if module in {"app", "views"}:  # they compose apps, and define nothing
        return []
    found = importlib.import_module(f"streams.{module}" if module != "__init__" else "streams")
    return [
        cls
        for _, cls in inspect.getmembers(found, inspect.isclass)
        if cls.__module__ == found.__name__
    ]


def _overridden(cls: type) -> Iterator[tuple[str, type]]:
    """Methods and properties of a class that replace a library's, and whose they were."""
    for name, member in vars(cls).items():
        if name.startswith("__") or not (
            isinstance(member, FunctionType | property) or hasattr(member, "fun")
        ):
            continue
        for base in cls.__mro__[1:]:
            if base.__module__.startswith(LIBRARIES) and name in vars(base):
                yield name, base
                break


def test_every_module_of_ours_was_looked_through() -> None:
    assert {module.name for module in pkgutil.iter_modules(streams.__path__)} <= MODULES.keys()


# The means of these tests.


def test_the_source_of_an_attribute_of_instances_is_that_of_the_methods_that_mention_it() -> None:
    source = sources.source_of("aiokafka.consumer.fetcher.FetchResult._partition_records")

    assert "def _update_position" in source
    assert "def calculate_backoff" not in source


def test_comments_and_layout_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = iter(
        ["def f():\n    return 1", "# new\n\n  def f():\n\n      return 1  \n", "return 2"]
    )
    monkeypatch.setattr(sources, "source_of", lambda _: next(versions))

    first, second, third = (sources.digest("any") for _ in range(3))
    assert first == second != third


@pytest.mark.parametrize(
    "path",
    [
        "aiokafka.consumer.fetcher.Fetcher._no_such_thing",
        "aiokafka.consumer.fetcher.NoSuchClass._records",
        "aiokafka.no_such_module",
        "no_such_package.at.all",
    ],
)
def test_a_part_that_is_gone_is_found_out(path: str) -> None:
    with pytest.raises(LookupError):
        sources.source_of(path)


def test_a_compiled_module_is_known_by_its_cython_source_or_else_its_version() -> None:
    assert "_prepare_event" in sources.source_of("faust._cython.streams")
    assert "aiokafka 0." in sources.source_of("aiokafka.record._crecords.default_records")
