"""The codec: bytes of a record to a message and back.

Reads the CloudEvents envelope first with its data untouched, then the data with the decoder of
its type and version; older data is upcast. The plain envelope of the past is recognised when the
first step fails. Whatever the bytes are, the answer is a message or one UndecodableRecord, put
into words by `streams/refusals.py`. Equal messages become equal bytes, always.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import Final

import msgspec

from models.errors import UndecodableRecord
from models.messages import Catalog, Envelope, Message, MessageType, Payload, in_utc
from models.upcasters import from_legacy
from streams.refusals import refusal

CONTENT_TYPE: Final = ("content-type", b"application/cloudevents+json; charset=UTF-8")

# What bad input raises: msgspec's errors and UnicodeDecodeError are ValueErrors, and nesting
# deeper than the interpreter's limit is a RecursionError.
_REFUSED: Final = (ValueError, RecursionError)


class Codec:
    """Reads and writes the messages of one catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._readers = {
            (each.name, version): (_reader(each, version), each.version)
            for each in catalog
            for version in range(1, each.version + 1)
        }
        self._written = {each.schema: (each.name, each.version) for each in catalog}
        self._read_envelope = msgspec.json.Decoder(Envelope).decode
        # "deterministic" sorts what has no order of its own: dicts and sets.
        self._encode = msgspec.json.Encoder(order="deterministic").encode

    def decode(self, value: bytes | None) -> Message:
        """Return the message that `value` holds, or raise UndecodableRecord and nothing else."""
        if value is None:
            raise UndecodableRecord("$", "a tombstone, no message", "write an event instead")
        try:
            envelope = self._read_envelope(value)
        except _REFUSED as error:
            envelope = _plain_envelope(value, error)
        try:
            read, version = self._readers[envelope.type, envelope.dataversion]
        except KeyError:
            raise self._catalog.unknown(envelope.type, envelope.dataversion) from None
        try:
            data = read(envelope.data)
        except _REFUSED as error:
            raise refusal(error, value, at="$.data") from error
        try:
            return _message(envelope, version, data)
        except ValueError as error:
            raise refusal(error, value, at="$.time") from error

    def encode(self, message: Message) -> bytes:
        """Return the bytes of a message of this catalog, in the current version of its type.

        Values are not checked again: they come from decoded messages and from typed code.

        Raises:
            ValueError: the catalog does not write this type, or its time is not in UTC.
        """
        if message.time.tzinfo is not UTC:
            raise ValueError(
                f"{message.type} {message.id}: {message.time!r} is not UTC; use in_utc"
            )
        if self._written.get(type(message.data)) != (message.type, message.dataversion):
            raise ValueError(
                f"{message.type} {message.dataversion} with {type(message.data).__name__} is not"
                " what the catalog writes; use its name and current version, or register it"
            )
        return self._encode(message)


def _message(envelope: Envelope, version: int, data: Payload) -> Message:
    return Message(
        id=envelope.id,
        source=envelope.source,
        type=envelope.type,
        subject=envelope.subject,
        time=envelope.time if envelope.time.tzinfo is UTC else in_utc(envelope.time),
        dataversion=version,
        sequence=envelope.sequence,
        correlationid=envelope.correlationid,
        causationid=envelope.causationid,
        partitionkey=envelope.partitionkey,
        data=data,
    )


def _plain_envelope(value: bytes, error: ValueError | RecursionError) -> Envelope:
    """Read what is no CloudEvents event as the plain envelope, if it is one."""
    try:
        envelope = from_legacy(value)
    except _REFUSED as own_error:
        raise refusal(own_error, value) from own_error
    if envelope is None:
        raise refusal(error, value) from error
    return envelope


def _reader(kind: MessageType, version: int) -> Callable[[msgspec.Raw], Payload]:
    decode = msgspec.json.Decoder(kind.schema_at(version)).decode
    if version == kind.version:
        return decode

    def read(data: msgspec.Raw) -> Payload:
        old = decode(data)
        try:
            return kind.upcast(old, version)
        except Exception as error:  # else this one record would stop every restart
            raise ValueError(
                f"upcasting {kind.name} from version {version} failed: {error!r}"
            ) from error

    return read
