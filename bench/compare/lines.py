"""Lines of code of each style: those that hold code, so neither blank, comment nor docstring.

What both styles need is not counted: messages, aggregates, the runtime, the read side. Of an agent
that serves both, those statements count that name its policy.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from typing import NamedTuple

from bench.compare.coupling import CONTEXTS, ROOT

_SILENT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}
# Names in the agents.
_POLICY = {"POLICY", "Policy", "policy", "Memories", "decided", "ask", "remind", "_timeout"}


class Part(NamedTuple):
    """What some files are for, and which ones; `shared` are those of which only a part counts."""

    what: str
    files: tuple[str, ...]
    shared: tuple[str, ...] = ()

    @property
    def lines(self) -> int:
        """How many lines of code it is."""
        whole = sum(len(code((ROOT / file).read_text())) for file in self.files)
        return whole + sum(of_policy((ROOT / file).read_text()) for file in self.shared)


ORCHESTRATION = (
    Part(
        "rules: the table of steps, what follows from an answer, what is asked",
        (
            "models/checkout.py",
            "models/saga_answers.py",
            "models/saga_decisions.py",
            "models/saga_requests.py",
            "models/sagas.py",
        ),
    ),
    Part("state, and its fold", ("models/saga_state.py", "models/saga_fold.py")),
    Part("silence and operators", ("models/saga_deadlines.py", "models/saga_operators.py")),
    Part("carrying it: agent and table", ("agents/sagas.py", "tables/sagas.py")),
)
CHOREOGRAPHY = (
    *(
        Part(f"rules of {context}", (f"models/{stem}_policy.py",))
        for context, stem in CONTEXTS.items()
    ),
    Part("what several of them share", ("models/line_progress.py",)),
    Part(
        "carrying it: reaction, memories, and their places in four agents",
        ("agents/reacting.py", "tables/memories.py"),
        tuple(f"agents/{context}.py" for context in CONTEXTS),
    ),
)


def code(source: str) -> set[int]:
    """The numbers of the lines that hold code."""
    held: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _SILENT:
            held.update(range(token.start[0], token.end[0] + 1))
    return held.difference(*map(_span, _docstrings(ast.parse(source))))


def of_policy(source: str) -> int:
    """How many lines of code of an agent are there because of its policy."""
    held = code(source)
    statements = [each for each in ast.parse(source).body if _names(each) & _POLICY]
    return sum(len(held.intersection(_span(each))) for each in statements)


def _names(statement: ast.stmt) -> set[str]:
    """What a statement defines, imports or, if it is an assignment, is made of."""
    match statement:
        case ast.FunctionDef(name=name):
            return {name}
        case ast.ImportFrom(names=names):
            return {each.asname or each.name for each in names}
        case ast.Assign(targets=targets):
            return {target.id for target in targets if isinstance(target, ast.Name)}
        case _:
            return set()


def _docstrings(tree: ast.Module) -> Iterator[ast.stmt]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                yield first


def _span(statement: ast.stmt) -> range:
    return range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
