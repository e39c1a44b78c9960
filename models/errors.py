"""The error tree: what may go wrong, and what is done about it.

OrderflowError
├── TransientError                 try again; the record is not at fault
│   ├── BrokerUnavailable          Kafka does not answer
│   └── GatewaySilent              no definite answer from outside: unknown is not failed
├── PermanentError                 trying again changes nothing
│   ├── UndecodableRecord          not a message of ours: dead letter
│   │   ├── UnknownType            well-formed, of a type that this code does not know
│   │   └── UnknownVersion         of a known type, in a version newer than this code
│   ├── CommitTooLarge             one record's effects exceed a commit record
│   └── TopicMismatch              a topic exists with other settings
└── WorkerMustStop                 the process ends; a restart goes on from the changelog
    ├── Fenced                     somebody else wrote to our changelog partition
    ├── HandlerFailed              a handler raised on a record
    ├── RecordsExpired             the log no longer holds what was not yet applied
    └── StoreCorrupted             the local store cannot be read; it is rebuilt

A refusal (no stock, card declined) is an event, never one of these.
Every message names what it is about and what cures it.
"""

from __future__ import annotations


class OrderflowError(Exception):
    """Root of every error that Orderflow raises on purpose."""


class TransientError(OrderflowError):
    """Passing trouble: the same attempt may succeed later."""


class BrokerUnavailable(TransientError):
    """No Kafka broker answers at the configured address."""


class GatewaySilent(TransientError):
    """The payment gateway or the mail provider gave no definite answer.

    What was asked may have been done, may still be done, or never: only the same key can tell.
    """


class PermanentError(OrderflowError):
    """Trouble that another attempt cannot cure."""


class UndecodableRecord(PermanentError):
    """A record whose bytes are not a message that this code understands.

    `field` is the path of the offending field (`$.data.total`; `$` for the whole),
    `reason` says what is wrong with it, `cure` what would be right.
    """

    def __init__(self, field: str, reason: str, cure: str) -> None:
        super().__init__(f"{field}: {reason}; {cure}")
        self.field = field
        self.reason = reason
        self.cure = cure


class UnknownType(UndecodableRecord):
    """A well-formed message of a type that is not in the catalog; newer code may know it."""


class UnknownVersion(UndecodableRecord):
    """A message of a known type whose data has a version above the one that this code writes."""


class CommitTooLarge(PermanentError):
    """The states and outputs of a single record do not fit in one commit record."""


class TopicMismatch(PermanentError):
    """A topic exists with other settings than its declaration in `streams/topics.py`."""


class WorkerMustStop(OrderflowError):
    """The worker cannot go on safely; nothing unacknowledged has left it."""


class Fenced(WorkerMustStop):
    """A commit did not land where the last one ended: somebody else has written."""


class HandlerFailed(WorkerMustStop):
    """A handler raised; the record it raised on has changed nothing."""


class RecordsExpired(WorkerMustStop):
    """Records that were not yet applied have left the log by retention."""


class StoreCorrupted(WorkerMustStop):
    """The local store cannot be read; it is marked, and the next start rebuilds it."""
