"""The checkout saga as a page: its table of steps, and a flowchart of it, in Markdown and Mermaid.

Made of `STEPS` in `models/checkout.py` and of nothing else, so that the page says what both styles
do. The names of commands are those of the commands that the steps build. What happened to one
order is drawn in `models/order_diagram.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

from models.checkout import STEPS, Command, Step
from models.order_messages import OrderCommandRefused, OrderLine
from models.saga_state import Saga

# A saga for which every step can build its commands.
_ANY: Final = Saga(
    order_id="any",
    home="any",
    style="orchestration",
    lines=(OrderLine(sku="any", quantity=1, unit_price=1),),
    total=1,
    currency="USD",
    method="any",
    version=1,
    reserve=("idle",),
    deduct=("idle",),
    hold_until=datetime(2026, 1, 1, tzinfo=UTC),
    telling="confirmed",
    reason="any",
)
_PAGE: Final = """# The checkout saga

Made of the table of steps in `models/checkout.py` by
`faust -A streams.app saga-diagram > docs/checkout-saga.md`; a test checks that it is current.

{table}

Steps marked * have one part for each line of the order; the others have one.
A step that covers another one gives back what that one holds, so that only the later is undone.
A void that is refused because the money was captured meanwhile is followed by a refund.
Once all is undone the order is rejected, cancelled or expired, and its customer told.

```mermaid
{flowchart}
```
"""
_HEADING: Final = ("step", "asks", "success", "refusal", "undone by", "undone", "stuck", "covers")


def page() -> str:
    """Return the page: the table, then the flowchart."""
    return _PAGE.format(table="\n".join(_table()), flowchart=flowchart())


def flowchart() -> str:
    """Return the flowchart: forward on the left, and back on every refusal."""
    lines = ["flowchart TD", f'    placed(["OrderCreated"]) --> {STEPS[0].name}']
    for step in STEPS:
        lines += _forward(step)
    for step, following in pairwise(STEPS):
        lines.append(f'    {step.name} -->|"{_success(step)}"| {following.name}')
    last = STEPS[-1]
    lines.append(f'    {last.name} -->|"{_success(last)}"| completed(["confirmed"])')
    lines.append('    back{{"undo what was done"}}')
    for step in STEPS:
        lines += _backward(step)
    lines.append('    stuck(["stuck: it needs an operator"])')
    lines.append('    settled(["rejected, cancelled or expired"])')
    return "\n".join(lines)


def _forward(step: Step) -> Iterator[str]:
    each = ", each line" if step.per_line else ""
    yield f'    {step.name}["{step.name}{each}<br/>{name_of(step.command)}"]'
    if refusal := _refusal(step):
        yield f'    {step.name} -->|"{refusal}"| back'


def _backward(step: Step) -> Iterator[str]:
    if step.undo is None or step.undone is None:
        return
    yield f'    back -.->|"{step.name}"| undo_{step.name}["{name_of(step.undo)}"]'
    yield f'    undo_{step.name} -->|"{step.undone.__name__}"| settled'
    if step.not_undone:
        yield f'    undo_{step.name} -->|"{step.not_undone.__name__}"| stuck'


def _table() -> Iterator[str]:
    for row in (_HEADING, ["---"] * len(_HEADING), *map(_row, STEPS)):
        yield f"| {' | '.join(row)} |"


def _row(step: Step) -> tuple[str, ...]:
    return (
        f"{step.name} *" if step.per_line else step.name,
        name_of(step.command),
        _success(step),
        _refusal(step) or "never fails the order",
        name_of(step.undo) if step.undo else "-",
        step.undone.__name__ if step.undone else "-",
        step.not_undone.__name__ if step.not_undone else "-",
        step.covers or "-",
    )


def name_of(command: Command) -> str:
    """Return the type of what a step asks for."""
    return type(command(_ANY, 1)).__name__


def _success(step: Step) -> str:
    return ", ".join(each.__name__ for each in step.success)


def _refusal(step: Step) -> str | None:
    """Orders refuse by an event for all commands; what cannot be undone does not fail the order."""
    refusal = step.refusal or (OrderCommandRefused if step.undo else None)
    return refusal.__name__ if refusal else None
