"""Which ports a local broker takes when the usual ones are not free."""

import socket
from collections.abc import Iterator

import pytest

from deploy.kafka import ports
from deploy.kafka.errors import LocalKafkaError


@pytest.fixture
def occupied() -> Iterator[int]:
    """Port on which somebody else listens."""
    with socket.create_server((ports.HOST, 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def free() -> int:
    """Port on which nobody listens."""
    with socket.create_server((ports.HOST, 0)) as listener:
        return int(listener.getsockname()[1])


def test_a_preferred_port_is_taken_when_it_is_free(free: int) -> None:
    assert ports.choose([free], reserved=[]) == [free]


def test_another_port_is_taken_where_somebody_listens(occupied: int, free: int) -> None:
    other, kept = ports.choose([occupied, free], reserved=[])

    assert other in ports.CANDIDATES
    assert kept == free


def test_a_port_of_another_instance_is_left_to_it_even_while_that_is_stopped(free: int) -> None:
    assert ports.choose([free], reserved=[free]) != [free]


def test_no_port_is_given_twice(free: int) -> None:
    first, second = ports.choose([free, free], reserved=[])

    assert first != second


def test_a_connection_that_winds_down_does_not_occupy_a_port() -> None:
    with socket.create_server((ports.HOST, 0)) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection((ports.HOST, port)) as client:
            accepted, _ = listener.accept()
            accepted.close()
            client.recv(1)

    assert ports.is_free(port)


def test_running_out_of_ports_is_said() -> None:
    with pytest.raises(LocalKafkaError, match="no two free ports from 9092"):
        ports.choose(ports.USUAL, reserved=ports.CANDIDATES)
