"""All the stories of good logs, by name."""

from __future__ import annotations

from collections.abc import Callable

from tests.audit.good_log import Log
from tests.audit.late_stories import LATE
from tests.audit.reacting_stories import CHOREOGRAPHED
from tests.audit.stories import ORCHESTRATED


def told(*stories: Callable[[Log], None], partitions: int = 12) -> Log:
    """A log of these stories, one after the other."""
    log = Log(partitions)
    for tell in stories:
        tell(log)
    return log


STORIES: dict[str, Callable[[Log], None]] = {
    each.__name__: each for each in (*ORCHESTRATED, *LATE, *CHOREOGRAPHED)
}
