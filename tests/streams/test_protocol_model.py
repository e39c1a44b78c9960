"""The commit protocol under every misfortune: the end is that of one worker that never failed.

A history is a string of bytes; each byte chooses one of the things that can happen next.
`ORDERFLOW_HISTORIES` sets how many are tried (10 000 in the long run: `make faults`).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from streams.unit import Unit
from tests.streams.world import Agent, World, folded, without_repeats

HISTORIES = int(os.environ.get("ORDERFLOW_HISTORIES", "500"))
HOSTS = 2
MESSAGES = 12
KEYS = 3

Act = Callable[[], None]


def pass_on(unit: Unit[bytes], message: bytes) -> None:
    """State: how many messages of this key; output: the key, the message and its number."""
    key = b"s/" + message[:1]
    number = int(unit.get(key) or b"0") + 1
    if number % 4 == 0:
        unit.delete(key)
    else:
        unit.put(key, b"%d" % number)
    unit.put(b"last", message)
    unit.emit("middle", message[:1], b"%b:%d" % (message, number))


def add_up(unit: Unit[bytes], message: bytes) -> None:
    """State: everything that came, in order; output: how much that is by now."""
    total = (unit.get(b"all") or b"") + message + b";"
    unit.put(b"all", total)
    unit.emit("out", message[:1], b"%d" % len(total))


AGENTS = (Agent("first", "in", pass_on), Agent("second", "middle", add_up))


def choices(world: World) -> list[Act]:
    """Everything that can happen next; what is likely stands more than once."""
    acts: list[Act] = []
    for agent in AGENTS:
        below = world.compactable(agent)
        acts.append(partial(world.topics[agent.changelog].compact, below))
        for host in range(HOSTS):
            process = world.running.get((agent.table, host))
            if process is None:
                acts.append(partial(world.start, agent, host))
                acts.append(world.disks[agent.table, host].wipe)
            else:
                acts.append(partial(world.crash, agent.table, host))
                acts += [partial(world.fetch, process, limit) for limit in (1, 2, 5)]
    for index, request in enumerate(world.sent):
        acts += [partial(world.land, index)] * 3
        if not request.sender.alive:
            acts.append(partial(world.lose, index))
    for index in range(len(world.landed)):
        acts += [partial(world.acknowledge, index)] * 3
    return acts


def finish(world: World) -> None:
    """Everybody dies, what was sent lands or not, and one worker per agent does the rest."""
    for table, host in list(world.running):
        world.crash(table, host)
    while world.sent:
        world.land(0)
    for agent in AGENTS:
        world.start(agent, 0)
        process = world.running[agent.table, 0]
        source = world.topics[agent.source]
        for _ in range(1000):
            while world.sent or world.landed:
                while world.sent:
                    world.land(0)
                world.acknowledge(0)
            if process.lane.idle and process.lane.ledger.applied.get(agent.source, 0) == source.end:
                break
            world.fetch(process, 3)
        else:
            raise AssertionError(f"{agent.table} does not come to an end: {process.errors}")


def undisturbed(messages: list[bytes]) -> World:
    """The same messages with one worker per agent and nothing going wrong."""
    world = new_world(messages)
    finish(world)
    return world


def new_world(messages: list[bytes]) -> World:
    """A world whose source already holds its messages."""
    world = World(AGENTS, ("in", "middle", "out"), hosts=HOSTS)
    for message in messages:
        world.topics["in"].append([(0, message[:1], message, ())])
    return world


@settings(max_examples=HISTORIES, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=st.binary(min_size=20, max_size=160))
@example(history=b"")
def test_any_history_ends_like_the_one_without_failures(history: bytes) -> None:
    messages = [b"%c%d" % (ord("a") + i % KEYS, i) for i in range(MESSAGES)]
    calm, world = undisturbed(messages), new_world(messages)
    try:
        for byte in history:
            acts = choices(world)
            acts[byte % len(acts)]()
        finish(world)
        for topic in ("middle", "out"):
            assert without_repeats(world.topics[topic].records) == without_repeats(
                calm.topics[topic].records
            )
        for agent in AGENTS:
            states, marker = folded(world.topics[agent.changelog])
            expected, _ = folded(calm.topics[agent.changelog])
            assert states == expected
            assert world.disks[agent.table, 0].data.items() >= states.items()
            assert marker is not None
            assert marker.applied == {agent.source: world.topics[agent.source].end}
    finally:
        world.close()
        calm.close()
