"""The write side, composed: the app that decides, with the agents of its contexts.

    faust -A streams.app worker

`ORDERFLOW_CONTEXTS=payments,stock` runs only those, as an app and consumer group of their own; the
tables and their changelogs are the same, so that contexts may move together and apart at any time.
"""

from __future__ import annotations

from agents import cli, notifications, orders, payments, sagas, stock
from streams import topics
from streams.application import Orderflow
from streams.settings import CONTEXTS, Settings, composed

WEB_PORT = 6067  # the read side has 6066, for the API
_AGENTS = {
    "orders": orders,
    "payments": payments,
    "stock": stock,
    "sagas": sagas,
    "notifications": notifications,
}


def compose(settings: Settings) -> Orderflow:
    """Return the app of the chosen contexts.

    Raises:
        ValueError: there is no such context.
    """
    chosen = [name for name in CONTEXTS if name in settings.chosen]
    together = len(chosen) == len(CONTEXTS)
    name = "orderflow" if together else f"orderflow-{'-'.join(chosen)}"
    composed = Orderflow(name, settings, topics.with_dead_letters())
    for context in chosen:
        _AGENTS[context].register(composed)
    cli.register(composed)
    return composed


app = composed(compose, web_port=WEB_PORT)


def main() -> None:
    """`orderflow …` is `faust -A streams.app …`."""
    app.main()


if __name__ == "__main__":
    main()
