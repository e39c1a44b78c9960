"""What `GET /` says: what this is, what it offers, and what goes wrong on purpose."""

from __future__ import annotations

from typing import Final, get_args

import msgspec

from deploy.gateway.chance import Odds
from deploy.gateway.wire import REQUESTS, Mail, Method

_METHODS: Final[dict[Method, str]] = {
    "card": "succeeds, unless chance declines it",
    "card-declined": "is declined: card_declined",
    "card-insufficient-funds": "is declined: insufficient_funds",
    "card-capture-refused": "is authorized; every capture is refused: capture_refused",
    "card-refund-refused": "is authorized and captured; every refund is refused: refund_refused",
    "card-slow": "is authorized, and the first answer comes after the client's patience",
}
_ABOUT: Final = {
    "what": "Orderflow's simulated payment gateway and mail provider; it charges and tells nobody",
    "do": {f"POST /v1/{name}": kind.__struct_fields__ for name, kind in REQUESTS.items()}
    | {"POST /v1/mails": Mail.__struct_fields__},
    "header": "Idempotency-Key, percent-encoded: one effect per key, and always the same answer",
    "find": ["GET /v1/operations/{percent-encoded key}", "GET /v1/mails/{percent-encoded key}"],
    "list": ["GET /ledger", "GET /mails"],
    "methods": {method: _METHODS[method] for method in get_args(Method)},
}


def about(odds: Odds) -> bytes:
    """Return the JSON, laid out to be read by people."""
    return msgspec.json.format(msgspec.json.encode({**_ABOUT, "odds": odds}), indent=2) + b"\n"
