"""An app with the commands and nothing else, for `faust -A tests.agents.cli.scratch …`."""

from __future__ import annotations

from pathlib import Path

from agents import cli
from streams.application import Orderflow
from streams.settings import Settings

app = Orderflow("scratch", Settings(datadir=Path(".orderflow")), [])
cli.register(app)
