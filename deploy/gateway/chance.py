"""What goes wrong, and when: drawn from a seed and the idempotency key, and from nothing else.

So a run can be repeated, whatever the order of its requests. Only the first attempts under a key
are spoilt: asking again ends well.
"""

from __future__ import annotations

import hashlib
from typing import Final, Literal

import msgspec

from deploy.gateway.wire import Refusal

MOST_ATTEMPTS: Final = 2  # that are spoilt under one key
SOFT_DECLINES: Final = 0.25  # of the declines are for want of funds, so that both codes occur

_HALF: Final = 0.5

Kind = Literal["silence", "lost", "error"]
Done = Literal["first", "late", "never"]


class Fault(msgspec.Struct, frozen=True):
    """How an attempt is spoilt.

    `done` says when it takes effect: before the client learns nothing, after it has given up
    (silence only), or not at all.
    """

    kind: Kind
    done: Done
    attempts: int = 1
    status: int = 500


class Odds(msgspec.Struct, frozen=True, kw_only=True):
    """How often things go wrong, from 0 to 1, and how long they take, in seconds.

    `latency` is the mean; `patience` is how long a silence lasts.
    """

    seed: int = 0
    decline: float = 0.0
    silence: float = 0.0
    lost: float = 0.0
    errors: float = 0.0
    latency: float = 0.0
    patience: float = 15.0

    def declined(self, key: str) -> Refusal | None:
        """The bank's word on an authorization."""
        if self._drawn("decline", key) >= self.decline:
            return None
        soft = self._drawn("funds", key) < SOFT_DECLINES
        return "insufficient_funds" if soft else "card_declined"

    def delay(self, key: str) -> float:
        """How long the work takes: half to three halves of the mean."""
        return self.latency * (0.5 + self._drawn("latency", key))

    def fault(self, key: str) -> Fault | None:
        """What spoils the first attempts under this key, if anything does."""
        drawn = self._drawn("fault", key)
        for kind, share, moments in self._faults():
            if drawn < share:
                return Fault(
                    kind,
                    moments[int(len(moments) * self._drawn("moment", key))],
                    1 + int(MOST_ATTEMPTS * self._drawn("attempts", key)),
                    500 if self._drawn("status", key) < _HALF else 503,
                )
            drawn -= share
        return None

    def _faults(self) -> tuple[tuple[Kind, float, tuple[Done, ...]], ...]:
        return (
            ("silence", self.silence, ("first", "late", "never")),
            ("lost", self.lost, ("first", "never")),
            ("error", self.errors, ("first", "never")),
        )

    def _drawn(self, what: str, key: str) -> float:
        """A number from 0 up to 1 that seed, purpose and key determine."""
        text = f"{self.seed} {what} {key}".encode()
        return int.from_bytes(hashlib.blake2b(text, digest_size=6).digest()) / 2**48
