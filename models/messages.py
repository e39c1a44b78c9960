"""Messages: one envelope for every event and command, and the register of their types.

The wire shape is a CloudEvents 1.0 event in the structured JSON format. `Envelope` is that shape
with `data` still unread, `Message` the same with `data` as the struct of its type's current
version. A `Catalog` knows the types, the version each is written in today, and how data of an
older version becomes newer (upcasting). Bytes are the business of `streams/codec.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec

from models.errors import UndecodableRecord, UnknownType, UnknownVersion

# Bounded, so that whatever follows from one message surely fits in one commit record.
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
Version = Annotated[int, msgspec.Meta(ge=1, le=2**53)]  # exact in every JSON reader


class Payload(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """What a message says: subclasses are the `data` of one type and version, or a part of it.

    A field that this code does not know is refused, because it may change what the others mean.
    Fields are immutable values, so that there are no cycles for a garbage collector to find.
    Subclasses say `frozen=True, kw_only=True` again: mypy asks for the one, msgspec for the other.
    """


class Envelope(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A CloudEvents event as it travels. Extension attributes that it does not name are legal."""

    specversion: Literal["1.0"]
    id: Name
    source: Name
    type: Name
    subject: Name
    time: Instant
    datacontenttype: Literal["application/json"] | None = None  # absent means JSON, says the format
    dataversion: Version
    sequence: Version | None = None
    correlationid: Name
    causationid: Name | None = None
    partitionkey: Name
    data: msgspec.Raw


class Message(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    gc=False,
    omit_defaults=True,
    tag_field="specversion",
    tag="1.0",
):
    """A fact or a request: who says it (`source`), about what (`subject`), and because of what.

    `sequence` is the version of the aggregate that an event brought about; a command has none.
    `correlationid` names the journey (the order), `causationid` the message that led to this one;
    a root has none. `time` is in UTC (`in_utc`), so that equal messages have equal bytes.
    """

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    dataversion: int
    sequence: int | None = None
    correlationid: str
    causationid: str | None = None
    partitionkey: str
    data: Payload


def in_utc(time: datetime) -> datetime:
    """Return the same instant in UTC; a time that does not say its offset is no instant."""
    if time.tzinfo is None:
        raise ValueError(f"{time.isoformat()} has no offset from UTC")
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{time.isoformat()} is outside the years 1 to 9999 in UTC") from None


def derive_id(cause_id: str, name: str, index: int = 0) -> str:
    """Return the id of what follows from a cause: 32 hex digits, the same every time.

    `name` tells apart what different deciders make of one cause (an agent's or a type's name),
    `index` the several messages of one decision. BLAKE2b of 128 bits: as good as a UUIDv5, and
    five times as fast; the length in front keeps ("ab", "c") and ("a", "bc") apart.
    """
    text = f"{len(cause_id)}:{cause_id}{len(name)}:{name}{index}"
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def fingerprint(data: Payload) -> str:
    """Return 16 hex digits that tell the same body from another one under the same id."""
    body = msgspec.json.encode(data, order="deterministic")
    return hashlib.blake2b(body, digest_size=8).hexdigest()


class Upcaster(msgspec.Struct, frozen=True):
    """One step out of the past: the struct that a version had, and its data as the next one.

    `upcast` accepts every value of the struct. It may raise ValueError for data that has no
    meaning today: the record is then a dead letter.
    """

    schema: type[Payload]
    upcast: Callable[[Any], Payload]


class MessageType(msgspec.Struct, frozen=True):
    """A kind of message, named after the struct of its current version.

    `upcasters` has one entry for each older version: {1: from 1 to 2, 2: from 2 to 3}.
    """

    schema: type[Payload]
    version: int = 1
    upcasters: Mapping[int, Upcaster] = {}

    def __post_init__(self) -> None:
        if set(self.upcasters) != set(range(1, self.version)):
            raise ValueError(
                f"{self.name} is at version {self.version}: give one upcaster per older version"
            )

    @property
    def name(self) -> str:
        """The `type` attribute of its messages."""
        return self.schema.__name__

    def schema_at(self, version: int) -> type[Payload]:
        """Return the struct that the data of a known version is read with."""
        return self.schema if version == self.version else self.upcasters[version].schema

    def upcast(self, data: Payload, version: int) -> Payload:
        """Bring data of a known version to the current one, step by step."""
        for step in range(version, self.version):
            data = self.upcasters[step].upcast(data)
        return data


class Catalog:
    """The message types that one application reads and writes. It never changes."""

    def __init__(self, types: Iterable[MessageType]) -> None:
        listed = tuple(types)
        self._types = {each.name: each for each in listed}
        if len(self._types) != len(listed):
            raise ValueError(
                f"two message types of one name among {sorted(each.name for each in listed)}"
            )

    def __iter__(self) -> Iterator[MessageType]:
        return iter(self._types.values())

    def version_of(self, data: Payload) -> int:
        """The version in which the catalog writes this type."""
        return self._types[type(data).__name__].version

    def unknown(self, name: str, version: int) -> UndecodableRecord:
        """Return the error for a type, or a version of one, that is not in the catalog."""
        found = self._types.get(name)
        cure = "deploy the code that reads it, then send it again"
        if found is None:
            return UnknownType("$.type", f"no message type {name[:100]!r} in the catalog", cure)
        reason = f"{name} is known up to version {found.version}, this is {version}"
        return UnknownVersion("$.dataversion", reason, cure)
