"""One step: consume, update state in RocksDB with a changelog, write one output.

Each module here is a participant.
"""
