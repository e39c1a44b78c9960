"""A worker that looks at itself: `python -m bench.orders.sampling -A streams.app worker …`.

A timer of CPU time interrupts it; each thread's CPU since the last look is put down to what the
thread is at. So only work is counted, never waiting. C code (msgspec, RocksDB, the socket) counts
for the Python function that called it, and C code of the event loop for itself where no Python
has begun yet. What is counted in which group is decided in `bench/orders/hotspots.py`.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path
from types import FrameType

FILE = "samples.json"
_INTERVAL = 0.004  # seconds of CPU: a tick of most kernels
_DEPTH = 12  # of the frames that are kept, from the innermost

Stack = tuple[str, ...]  # "file:function", innermost first


class Sampler:
    """CPU seconds by second of the monotonic clock and stack."""

    def __init__(self) -> None:
        self._cpu: dict[int, float] = {}
        self._main = threading.get_ident()
        self.found: defaultdict[tuple[int, Stack], float] = defaultdict(float)

    def start(self) -> None:
        """Look from now on, whenever so much CPU time was used."""
        signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, _INTERVAL, _INTERVAL)

    def stop(self, path: Path) -> None:
        """Look no more, and write what was found."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        path.write_text(json.dumps([[*at, cpu] for at, cpu in self.found.items()]))

    def _look(self, _: int, frame: FrameType | None) -> None:
        second = int(time.monotonic())
        frames = sys._current_frames()  # noqa: SLF001 - the only way to see other threads
        for thread in threading.enumerate():
            ident = thread.ident or 0
            used = time.clock_gettime(time.pthread_getcpuclockid(ident))
            stack = _stack(frame if ident == self._main else frames.get(ident))
            self.found[second, (*stack, thread.name)] += used - self._cpu.get(ident, used)
            self._cpu[ident] = used


def _stack(frame: FrameType | None) -> Stack:
    named: list[str] = []
    while frame is not None and len(named) < _DEPTH:
        named.append(f"{frame.f_code.co_filename}:{frame.f_code.co_qualname}")
        frame = frame.f_back
    return tuple(named)


def main() -> None:
    """Run Faust's command line, sampled."""
    sampler = Sampler()
    sampler.start()
    try:
        runpy.run_module("faust", run_name="__main__", alter_sys=True)
    finally:
        sampler.stop(Path(os.environ["ORDERFLOW_DATADIR"]).with_name(FILE))


if __name__ == "__main__":
    main()
