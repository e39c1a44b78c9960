"""Keys belong to the partitions that Kafka's own Java client puts them in."""

from __future__ import annotations

import pytest
from aiokafka.partitioner import murmur2

from streams.partitioner import partition_of

# From testMurmur2 in Apache Kafka: clients/src/test/java/.../common/utils/UtilsTest.java
JAVA = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@pytest.mark.parametrize(("key", "expected"), JAVA.items())
def test_the_hash_is_that_of_the_java_client(key: bytes, expected: int) -> None:
    assert (murmur2(key) - expected) % 2**32 == 0


@pytest.mark.parametrize(("key", "expected"), JAVA.items())
@pytest.mark.parametrize("partitions", [1, 4, 12, 1000])
def test_the_partition_is_the_positive_hash_modulo_their_number(
    key: bytes, expected: int, partitions: int
) -> None:
    assert partition_of(key, partitions) == (expected & 0x7FFFFFFF) % partitions


def test_an_empty_key_has_a_partition_like_any_other() -> None:
    assert 0 <= partition_of(b"", 12) < 12
