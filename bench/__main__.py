"""All benchmarks in one run: what `make bench` does. Peers meet on one broker."""

from __future__ import annotations

import os
import subprocess
import sys

from bench.broker import broker

TOGETHER = ("step", "restore", "latency", "transactions")
ALONE = "orders"  # has a broker of its own, and no other beside it


def main() -> None:
    """Run one after another; each prints its tables."""
    with broker() as bootstrap:
        environment = {**os.environ, "ORDERFLOW_BROKER": bootstrap}
        for name in TOGETHER:
            subprocess.run([sys.executable, "-m", f"bench.{name}"], check=True, env=environment)
    subprocess.run([sys.executable, "-m", f"bench.{ALONE}"], check=True)


if __name__ == "__main__":
    main()
