"""Mermaid as far as our diagrams use it: reads them back line by line, and accepts nothing else.

Stricter than Mermaid, whose lexer takes `#` and `;` for the end of a text, `%%{` anywhere for a
directive, and drops the semicolon of an entity that follows `style`, a colon and no space.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_TEXT = r"((?:[\w .,/@()-]|#\d+;)+)"
_TITLE = re.compile(f"    title {_TEXT}")
_PARTICIPANT = re.compile(r"    participant ([A-Z]) as ([a-z]+)")
_ARROW = re.compile(rf"    ([A-Z])(->>|-->>)([A-Z]): {_TEXT}")
_COMMENT = re.compile(r"    %% [^{\n]*")
_TRAP = re.compile(r"(style|classDef).*:\S*#.*;")

_NODE = r'([a-z_]+)(?:\["([^"]+)"\]|\(\["([^"]+)"\]\)|\{\{"([^"]+)"\}\})?'
_EDGE = re.compile(rf'    {_NODE} (?:-->|-\.->)(?:\|"([^"]+)"\|)? {_NODE}')
_ALONE = re.compile(rf"    {_NODE}")
_RESERVED = frozenset({"end", "graph", "subgraph", "style", "class", "click", "default", "call"})


class Sequence(NamedTuple):
    """A sequence diagram: arrows as (sender, receiver, text), by the names of participants."""

    title: str
    participants: list[str]
    arrows: list[tuple[str, str, str]]


class Flowchart(NamedTuple):
    """A flowchart: nodes with their texts, and edges as (from, to, text)."""

    nodes: dict[str, str]
    edges: list[tuple[str, str, str]]


def sequence(text: str) -> Sequence:
    """Read a sequence diagram."""
    head, title, *lines = _lines(text)
    assert head == "sequenceDiagram"
    titled = _TITLE.fullmatch(title)
    assert titled, title
    names: dict[str, str] = {}
    arrows: list[tuple[str, str, str]] = []
    for line in lines:
        assert not _TRAP.search(line), line
        if match := _PARTICIPANT.fullmatch(line):
            assert not arrows, "participants stand before the arrows, in the order of the columns"
            names[match[1]] = match[2]
        elif match := _ARROW.fullmatch(line):
            arrows.append((names[match[1]], names[match[3]], _shown(match[4])))
        else:
            assert _COMMENT.fullmatch(line), line
    return Sequence(_shown(titled[1]), list(names.values()), arrows)


def flowchart(text: str) -> Flowchart:
    """Read a flowchart."""
    head, *lines = _lines(text)
    assert head == "flowchart TD"
    nodes: dict[str, str] = {}
    edges: list[tuple[str, str, str]] = []
    for line in lines:
        edge, alone = _EDGE.fullmatch(line), _ALONE.fullmatch(line)
        assert edge or alone, line
        found = [alone.groups()] if alone else []
        if edge:
            edges.append((edge[1], edge[6], edge[5] or ""))
            found = [edge.groups()[:4], edge.groups()[5:]]
        for name, *texts in found:
            assert name not in _RESERVED
            nodes.update((name, said) for said in texts if said)
    assert {end for edge in edges for end in edge[:2]} == nodes.keys()
    return Flowchart(nodes, edges)


def _lines(text: str) -> list[str]:
    lines = text.removesuffix("\n").split("\n")
    assert lines == text.splitlines(), "other line ends are in it"
    return lines


def _shown(text: str) -> str:
    return re.sub(r"#(\d+);", lambda code: chr(int(code[1])), text)
