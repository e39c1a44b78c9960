"""G2: every message but a root has a cause that exists, is of the right kind, and says the same.

Also that one decision has one id, derived from its cause; that decisions about one aggregate
stand in the order of their causes; and, at rest, that every command was answered.
"""

from __future__ import annotations

import hashlib
from typing import Any

from tests.audit.envelopes import Log
from tests.audit.findings import Audit
from tests.audit.grammar import COMMANDS, CONTEXTS, EVENTS, FACTS, KINDS, OUTSIDE, REPLIES
from tests.audit.records import Message

Path = tuple[str, int, str, str, int]  # to a topic's partition, about what, from which partition

# One decision makes so many messages at most: two for each of 100 lines, and some more.
_MOST_OF_A_CAUSE = 512
_REPLY = 1_000  # a reply is no event, and has an index beyond theirs


def check(log: Log, audit: Audit) -> None:
    """Judge all messages by their causes."""
    latest: dict[Path, int] = {}
    for topic in (*EVENTS, *COMMANDS, REPLIES):
        for message in log[topic]:
            cause = log.by_id.get(message.cause or "")
            if cause is not None:
                _compare(message, cause, audit)
                if message.source in CONTEXTS and cause.id not in log.contested_ids:
                    _in_order(message, cause, latest, audit)
            elif message.cause is not None and audit.finished:
                audit.find("G2", f"{message} has no cause: {message.cause} does not exist")
            elif message.cause is None and message.source in CONTEXTS:
                audit.find("G2", f"{message} names no cause")


def _compare(message: Message, cause: Message, audit: Audit) -> None:
    topic = message.record.topic
    kind = KINDS[topic, message.type]
    if not _may_cause(cause.record.topic, message) or cause.type not in (
        kind.causes or {cause.type}
    ):
        audit.find("G2", f"{message} cannot be caused by {cause}")
    if cause.journey != message.journey:
        audit.find("G2", f"{message} is of journey {message.journey}, its cause of {cause.journey}")
    if kind.causes and cause.source not in OUTSIDE:  # answers are compared by their key
        said, heard = message.data, cause.data
        for name in said.keys() & heard.keys() - kind.own:
            if said[name] != heard[name] and pruned(said[name]) != pruned(heard[name]):
                audit.find("G2", f"{message} says {name} {said[name]}, {cause} says {heard[name]}")
    if message.data.get("command", cause.type) != cause.type:
        audit.find("G2", f"{message} refuses {message.data['command']}, its cause is {cause}")
    if message.source not in OUTSIDE and not _derived(message, cause):
        audit.find("ids", f"{message} has an id that does not derive from {cause}")


def _may_cause(cause: str, message: Message) -> bool:
    """Whether messages of one topic lead to messages of the other."""
    effect = message.record.topic
    if message.source in OUTSIDE:
        return cause.partition(".")[0] == effect.partition(".")[0]
    if effect in EVENTS and effect != "sagas":
        return cause == f"{effect}.commands"
    return cause == "stock.commands" if effect == REPLIES else cause in FACTS


def _in_order(message: Message, cause: Message, latest: dict[Path, int], audit: Audit) -> None:
    """Whoever reads a partition decides in its order: effects follow as their causes do."""
    record, place = message.record, cause.record
    about = message.subject if record.topic in EVENTS else message.journey
    key = (record.topic, record.partition, about, place.topic, place.partition)
    before = latest.get(key, -1)
    if place.offset < before:
        audit.find("order", f"{message} stands after what was caused by {place.topic}@{before}")
    else:
        latest[key] = place.offset


def _derived(message: Message, cause: Message) -> bool:
    """Whether an id is BLAKE2b of the cause's id, the decider and type, and an index."""
    seed, name = cause.id, f"{message.source}:{message.type}"
    reply = message.record.topic == REPLIES
    indices = range(_REPLY, _REPLY + 1) if reply else range(_MOST_OF_A_CAUSE)
    text = f"{len(seed)}:{seed}{len(name)}:{name}"
    return any(
        hashlib.blake2b(f"{text}{index}".encode(), digest_size=16).hexdigest() == message.id
        for index in indices
    )


def pruned(value: Any) -> Any:
    """The value without members that are null, which mean the same as absent ones."""
    if isinstance(value, dict):
        return {name: pruned(each) for name, each in value.items() if each is not None}
    return [pruned(each) for each in value] if isinstance(value, list) else value
