"""Diagrams on the command line, in Mermaid: an order as it happened, and the saga as it is meant.

A diagram is text as it is, into a pipe too: it goes into a file or a page.
"""

from __future__ import annotations

from typing import Final

from faust.cli import argument

from agents.cli import rendering
from agents.cli.command import ApiCommand, Spec
from models.saga_diagram import page


async def order_diagram(command: ApiCommand, order_id: str) -> None:
    """Draw an order as it happened, as a sequence diagram."""
    drawn = await command.api.text("orders", order_id, "diagram")
    command.say("\n".join(map(rendering.plain, drawn.splitlines())))


async def saga_diagram(command: ApiCommand) -> None:
    """Draw the checkout saga from its table of steps, as a page; no server is asked."""
    command.say(page().rstrip("\n"))


COMMANDS: Final = (
    Spec(order_diagram, "order-diagram ada:01KAM3Z9X4T2V7N8QWERTY5678", argument("order_id")),
    Spec(saga_diagram, "saga-diagram"),
)
