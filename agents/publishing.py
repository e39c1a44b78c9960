"""How agents read and write messages: the codec, and what follows from a message.

Ids derive from the cause, times from its log, so that whoever decides a message again decides
the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from types import UnionType
from typing import Final, get_args

from models.messages import Catalog, Message, Payload, derive_id
from models.order_ids import user_of
from models.upcasters import catalog
from streams.codec import CONTENT_TYPE, Codec
from streams.topics import Topic
from streams.unit import Unit

_CATALOG: Final = catalog()
CODEC: Final = Codec(_CATALOG)


def reading(*families: UnionType) -> Callable[[bytes | None], Message]:
    """What decodes the messages of these families; any other type is a dead letter."""
    wanted = {schema for family in families for schema in get_args(family)}
    return Codec(Catalog(each for each in _CATALOG if each.schema in wanted)).decode


def follow(  # noqa: PLR0913 - an envelope has that many attributes, given by name
    unit: Unit[Message],
    cause: Message,
    data: Payload,
    *,
    source: str,
    subject: str,
    index: int,
    sequence: int | None = None,
    home: str | None = None,
) -> Message:
    """Return the message that follows from the one in hand, the `index`-th of this decision.

    `home` is its partition key, that of the cause if there is none.
    """
    kind = type(data).__name__
    return Message(
        id=derive_id(cause.id, f"{source}:{kind}", index),
        source=source,
        type=kind,
        subject=subject,
        time=unit.time,
        dataversion=_CATALOG.version_of(data),
        sequence=sequence,
        correlationid=cause.correlationid,
        causationid=cause.id,
        partitionkey=home or cause.partitionkey,
        data=data,
    )


def at_home(message: Message, order_id: str) -> bool:
    """Whether a fact of an order lies where the order's messages lie, as far as its id tells.

    Others may have asked a context for something in the name of any order.
    """
    return user_of(order_id) in {None, message.partitionkey}


def publish(unit: Unit[Message], topic: Topic, message: Message) -> None:
    """Put a message into the outbox."""
    unit.emit(topic.name, message.partitionkey.encode(), CODEC.encode(message), (CONTENT_TYPE,))
