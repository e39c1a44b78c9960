"""The worker process: ends by the error that began its end, said in a sentence."""

from __future__ import annotations

import sys
from types import TracebackType

import faust

from models.errors import OrderflowError


class Worker(faust.Worker):
    """Faust's worker, which would end by the last error: the cancellation of some other agent."""

    def _crash(self, reason: BaseException) -> None:
        super()._crash(reason if self.crash_reason is None else self.crash_reason)


def say_errors_plainly() -> None:
    """End the process by one of our errors with its sentence instead of a stack trace."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, OrderflowError):
            sys.stderr.write(f"the worker stopped: {error}\n")
        else:
            sys.__excepthook__(kind, error, trace)

    sys.excepthook = hook
