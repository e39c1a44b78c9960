"""The read side, composed: the app that projects events into read models and serves HTTP.

    faust -A streams.views worker

A worker of its own, so that queries never hold up a decision (measured in stock Faust: reading
from the write side took it from 5 000 to 700 events a second).
"""

from __future__ import annotations

from streams import topics
from streams.application import Orderflow
from streams.settings import Settings

app = Orderflow("orderflow-views", Settings.from_environment(), topics.with_dead_letters())
