"""Murmur2 as Kafka's clients use it to choose a partition, written from its definition.

The 32-bit MurmurHash2 of Austin Appleby with the seed 0x9747b28c; the partition is the hash
without its sign bit, modulo the number of partitions.
"""

from __future__ import annotations

from functools import lru_cache

_SEED = 0x9747B28C
_M = 0x5BD1E995
_WORD = 0xFFFFFFFF


def murmur2(data: bytes) -> int:
    """The hash, as an unsigned number of 32 bits."""
    whole = len(data) & ~3
    mixed = _SEED ^ len(data)
    for start in range(0, whole, 4):
        word = int.from_bytes(data[start : start + 4], "little") * _M & _WORD
        word = (word ^ word >> 24) * _M & _WORD
        mixed = (mixed * _M & _WORD) ^ word
    if rest := data[whole:]:
        mixed = (mixed ^ int.from_bytes(rest, "little")) * _M & _WORD
    mixed = (mixed ^ mixed >> 13) * _M & _WORD
    return mixed ^ mixed >> 15


@lru_cache(maxsize=1 << 17)  # a hash takes 3 µs, and a log has few keys and many records
def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a key's records."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions
