"""The command line: Faust commands that speak to the HTTP API, as any client does.

    faust -A streams.app --help

Nothing here touches a topic or a table, so the commands work from any machine that can reach
the API.
"""

from __future__ import annotations

from agents.cli import orders, simulate, stock
from streams.application import Orderflow


def register(app: Orderflow) -> None:
    """Add the commands to those of Faust."""
    for spec in (*orders.COMMANDS, *stock.COMMANDS, simulate.COMMAND):
        spec.add_to(app)
