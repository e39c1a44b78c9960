"""Who must know what of whom, told by the code: the messages that each context's rules name.

The rules are modules of `models/`; a message is known to whoever imports its type. Which topics are
read is told by the agents.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, get_args

from streams import topics

ROOT = Path(__file__).parents[2]
# Each context, and the stem of its messages' names.
CONTEXTS = {
    "orders": "order",
    "payments": "payment",
    "stock": "stock",
    "notifications": "notification",
}


class Known(NamedTuple):
    """What some rules know of one context: names of its events, and of its commands."""

    context: str
    events: tuple[str, ...]
    commands: tuple[str, ...]


class Import(NamedTuple):
    """What a module takes from another one of the models."""

    module: str
    names: tuple[str, ...]


def of_policy(context: str) -> list[Known]:
    """What a context's policy knows of the other contexts."""
    known = _known(_with_imports(f"{CONTEXTS[context]}_policy"))
    return [each for each in known if each.context != context and (each.events or each.commands)]


def of_coordinator() -> list[Known]:
    """What the orchestrated saga knows of all contexts."""
    return _known(_with_imports("sagas"))


def readers() -> dict[str, int]:
    """How many agents of the write side read each topic."""
    counted: Counter[str] = Counter()
    for context in (*CONTEXTS, "sagas"):
        tree = ast.parse((ROOT / "agents" / f"{context}.py").read_text())
        counted.update(_sources(tree))
    return dict(counted)


def _known(modules: Iterable[str]) -> list[Known]:
    names = {name for module in modules for each in _imports(module) for name in each.names}
    return [_of_context(context, stem, names) for context, stem in CONTEXTS.items()]


def _of_context(context: str, stem: str, names: set[str]) -> Known:
    messages = import_module(f"models.{stem}_messages")
    families = (getattr(messages, f"{stem.title()}{family}") for family in ("Event", "Command"))
    events, commands = (sorted(_names(family) & names) for family in families)
    return Known(context, tuple(events), tuple(commands))


def _names(family: object) -> set[str]:
    return {schema.__name__ for schema in get_args(family)}


def _with_imports(module: str) -> set[str]:
    """A module with all that it imports of the models, messages apart."""
    found, new = set(), {module}
    while new:
        found |= new
        new = {each.module for name in new for each in _imports(name)} - found
        new = {name for name in new if not name.endswith("messages")}
    return found


def _imports(module: str) -> Iterator[Import]:
    tree = ast.parse((ROOT / "models" / f"{module}.py").read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("models."):
            names = tuple(alias.name for alias in node.names)
            yield Import(str(node.module).removeprefix("models."), names)


def _sources(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "app.source":
            for argument in node.args:
                yield getattr(topics, ast.unparse(argument).removeprefix("topics.")).name
