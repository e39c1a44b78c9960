"""The write side, composed: the app that decides, and the agents of its contexts.

    faust -A streams.app worker

The contexts (orders, payments, stock, sagas, notifications) register their agents here; until
they exist the worker provisions the topics, keeps its place in the group, and answers to
`/health/live`, `/health/ready` and `/metrics`.
"""

from __future__ import annotations

from streams import topics
from streams.application import Orderflow
from streams.settings import Settings

app = Orderflow("orderflow", Settings.from_environment(), topics.with_dead_letters())


def main() -> None:
    """`orderflow …` is `faust -A streams.app …`."""
    app.main()


if __name__ == "__main__":
    main()
