"""The source of a part of a library, and a digest of it that ignores comments and layout."""

from __future__ import annotations

import ast
import hashlib
import importlib
import inspect
import json
import textwrap
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions, version
from pathlib import Path
from types import ModuleType
from typing import Any

from streams.internals import PARTS

OURS = {"streams.connection"}  # whose class takes the place of a library's
DIGESTS = Path(__file__).with_name("digests.json")


def recorded() -> dict[str, str]:
    """The digests that a person has last looked at, by path."""
    digests: dict[str, str] = json.loads(DIGESTS.read_text())
    return digests


def record() -> None:
    """Take the parts as they are now for looked at."""
    digests = {part.path: digest(part.path) for part in sorted(PARTS, key=lambda part: part.path)}
    DIGESTS.write_text(json.dumps(digests, indent=2) + "\n")


def digest(path: str) -> str:
    """A digest of the source of a part."""
    lines = (line.strip() for line in source_of(path).splitlines())
    kept = "\n".join(line for line in lines if line and not line.startswith("#"))
    return hashlib.sha256(kept.encode()).hexdigest()[:16]


def source_of(path: str) -> str:
    """The source of a module, class, function, method or attribute.

    Of an attribute that only instances have, it is that of the methods which mention it; of a
    compiled module it is its Cython source where that is shipped, else the version of its package.

    Raises:
        LookupError: there is no such part.
    """
    module, names = _module_of(path)
    if not names:
        return _source_of_module(module)
    owner: Any = module
    for name in names[:-1]:
        owner = getattr(owner, name, None)
    if inspect.isclass(owner):
        theirs = [cls for cls in owner.__mro__[:-1] if cls.__module__ not in OURS]
        found = next(filter(None, (_member(cls, names[-1]) for cls in theirs)), "")
    else:
        found = inspect.getsource(getattr(owner, names[-1])) if hasattr(owner, names[-1]) else ""
    if not found:
        raise LookupError(f"there is no {path}")
    return found


def _module_of(path: str) -> tuple[ModuleType, list[str]]:
    names = path.split(".")
    for length in range(len(names), 0, -1):
        try:
            return importlib.import_module(".".join(names[:length])), names[length:]
        except ModuleNotFoundError:
            continue
    raise LookupError(f"there is no module of {path}")


def _source_of_module(module: ModuleType) -> str:
    file = Path(module.__file__ or "")
    if file.suffix == ".py":
        return file.read_text()
    cython = file.with_name(file.name.partition(".")[0] + ".pyx")
    if cython.exists():
        return cython.read_text()
    package = module.__name__.partition(".")[0]
    return f"{module.__name__} of {package} {version(packages_distributions()[package][0])}"


def _member(cls: type, name: str) -> str:
    """What a class says of one of its members; nothing if it does not have it."""
    try:
        source = textwrap.dedent(inspect.getsource(cls))
    except (OSError, TypeError):  # a class of C
        return ""
    body = ast.parse(source).body[0]
    assert isinstance(body, ast.ClassDef)
    functions = [
        node for node in body.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    found: list[ast.stmt] = [node for node in functions if node.name == name]
    if not found:
        found = [node for node in body.body if _declares(node, name)]
        found += [node for node in functions if _mentions(node, name)]
    return "\n".join(_lines(source, found))


def _declares(node: ast.stmt, name: str) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)


def _mentions(node: ast.AST, name: str) -> bool:
    return any(
        isinstance(each, ast.Attribute)
        and each.attr == name
        and isinstance(each.value, ast.Name)
        and each.value.id == "self"
        for each in ast.walk(node)
    )


def _lines(source: str, nodes: Iterable[ast.stmt]) -> Iterator[str]:
    lines = source.splitlines()
    for node in nodes:
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
        yield from lines[first - 1 : node.end_lineno]
