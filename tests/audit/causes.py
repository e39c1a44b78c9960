"""G2: every message but a root has a cause that exists, is of the right kind, and says the same.

Also that one decision has one id, derived from its cause; that decisions about one aggregate
stand in the order of their causes; and, at rest, that every command was answered.
"""

from __future__ import annotations

import hashlib
from typing import Any

from tests.audit.envelopes import Log
from tests.audit.findings import Audit
from tests.audit.grammar import (
    CHOREOGRAPHY,
    COMMANDS,
    CONTEXTS,
    EVENTS,
    FACTS,
    KINDS,
    OPERATORS,
    ORCHESTRATION,
    OUTSIDE,
    REPLIES,
    TIMED,
    TIMERS,
)
from tests.audit.policies import may_cause
from tests.audit.records import Message

Path = tuple[str, int, str, str, int]  # to a topic's partition, about what, from which partition

# One decision makes so many messages at most: two for each of 100 lines, and some more.
_MOST_OF_A_CAUSE = 512
_REPLY = 1_000  # a reply is no event, and has an index beyond theirs
_OURS = CONTEXTS | {TIMERS}
_REACTED_TO = FACTS | {OPERATORS}
# What a step repeats of the fact that led to it; all else is another context's.
_SHARED = frozenset({"order_id", "payment_id", "currency", "amount"})


def check(log: Log, audit: Audit) -> None:
    """Judge all messages by their causes."""
    latest: dict[Path, int] = {}
    for topic in (*EVENTS, *COMMANDS, REPLIES):
        for message in log[topic]:
            _check_style(message, log, audit)
            cause = log.by_id.get(message.cause or "")
            if cause is not None:
                _compare(message, cause, log, audit)
                in_turn = message.source in CONTEXTS and message.type not in TIMED
                if in_turn and cause.id not in log.contested_ids:
                    _in_order(message, cause, latest, audit)
            elif message.cause is not None and audit.finished:
                audit.find("G2", f"{message} has no cause: {message.cause} does not exist")
            elif message.cause is None and message.source in _OURS:
                audit.find("G2", f"{message} names no cause")


def _check_style(message: Message, log: Log, audit: Audit) -> None:
    """A saga commands in the one style, and in the other nobody but contexts themselves."""
    topic = message.record.topic
    if topic not in COMMANDS or message.type in TIMED or message.source not in CONTEXTS:
        return
    style = ORCHESTRATION if message.source == "/sagas" else CHOREOGRAPHY
    if not log.may_be(style, message.journey):
        audit.find("style", f"{message} is from {message.source}: that is {style}, its order's not")


def _compare(message: Message, cause: Message, log: Log, audit: Audit) -> None:
    kind = KINDS[message.record.topic, message.type]
    asked = _was_asked(message, cause)
    if not asked and not (log.may_be(CHOREOGRAPHY, message.journey) and _followed(message, cause)):
        audit.find("G2", f"{message} cannot be caused by {cause}")
    if cause.journey != message.journey:
        audit.find("G2", f"{message} is of journey {message.journey}, its cause of {cause.journey}")
    if kind.causes and cause.source not in OUTSIDE:  # answers are compared by their key
        said, heard = message.data, cause.data
        shared = said.keys() & heard.keys()
        for name in shared - kind.own if asked else shared & _SHARED:
            if said[name] != heard[name] and pruned(said[name]) != pruned(heard[name]):
                audit.find("G2", f"{message} says {name} {said[name]}, {cause} says {heard[name]}")
    if message.source not in OUTSIDE and not _derived(message, cause):
        audit.find("ids", f"{message} has an id that does not derive from {cause}")


def _was_asked(message: Message, cause: Message) -> bool:
    """Whether a message answers what was asked of its context, or a saga follows what it heard."""
    effect, topic = message.record.topic, cause.record.topic
    causes = KINDS[effect, message.type].causes
    refused = message.data.get("command", cause.type)
    if (causes and cause.type not in causes) or refused != cause.type:
        return False
    if message.source in OUTSIDE:
        return topic.partition(".")[0] == effect.partition(".")[0]
    if message.source == "/sagas":
        return topic in _REACTED_TO
    if effect == REPLIES:
        return topic == "stock.commands"
    if effect in EVENTS:
        return topic == f"{effect}.commands"
    timed = message.type in TIMED or message.source != "/stock"
    return timed and topic in {*_REACTED_TO, effect}


def _followed(message: Message, cause: Message) -> bool:
    """Whether a context of a choreographed order does so of its own accord, because of a fact."""
    effect, topic = message.record.topic, cause.record.topic
    if message.source in OUTSIDE:
        return topic in FACTS
    here = topic in _REACTED_TO or topic == f"{effect}.commands"
    return here and cause.type in may_cause(effect, message.data.get("command", message.type))


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
