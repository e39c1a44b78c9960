"""Both styles of saga beside each other, on one machine: `python -m bench.compare`."""
