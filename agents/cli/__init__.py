"""The command line: Faust commands that speak to the HTTP API, as any client does.

    faust -A streams.app --help

Nothing here touches a topic or a table, so the commands work from any machine that can reach
the API.
"""

from __future__ import annotations

from typing import Final

from agents.cli import diagrams, interventions, orders, sagas, simulate, stock
from streams.application import Orderflow

COMMANDS: Final = (
    *orders.COMMANDS,
    *sagas.COMMANDS,
    *interventions.COMMANDS,
    *diagrams.COMMANDS,
    *stock.COMMANDS,
    simulate.COMMAND,
)


def register(app: Orderflow) -> None:
    """Add the commands to those of Faust."""
    for spec in COMMANDS:
        spec.add_to(app)
