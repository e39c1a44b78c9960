"""Cells of the tables: a figure as it was measured, with its extremes if there were rounds."""

from __future__ import annotations

from collections.abc import Sequence

from bench.figures import Rows, spread


def cell(values: Sequence[float], form: str = ".1f") -> str:
    """One value, or the median of several with minimum and maximum."""
    return f"{values[0]:{form}}" if len(values) == 1 else spread(values, form)


def column(rows: Rows, name: str, participant: str, form: str = ".1f") -> str:
    """The values of one participant, where they were measured."""
    measured = Rows(row for row in rows.rows if name in row)
    return cell(measured.column(name, participant), form)
