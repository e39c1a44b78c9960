"""All benchmarks in one run on one broker: what `make bench` does."""

from __future__ import annotations

import os
import subprocess
import sys

from bench.broker import broker

BENCHMARKS = ("step", "restore", "latency", "transactions")


def main() -> None:
    """Run one after another; each prints its tables."""
    with broker() as bootstrap:
        environment = {**os.environ, "ORDERFLOW_BROKER": bootstrap}
        for name in BENCHMARKS:
            subprocess.run([sys.executable, "-m", f"bench.{name}"], check=True, env=environment)


if __name__ == "__main__":
    main()
