"""Settings: the environment is the configuration, and the defaults run on a laptop.

A few names are ours; all of Faust's own settings are read under the same prefix, for example
`ORDERFLOW_BROKER_SESSION_TIMEOUT` or `ORDERFLOW_WEB_PORT`.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TypeVar, cast, get_args

from models.order_messages import Style

T = TypeVar("T")

PREFIX = "ORDERFLOW_"

# What the write side consists of; each may run by itself.
CONTEXTS = ("orders", "payments", "stock", "sagas", "notifications")

_STYLES = get_args(Style)
_LEAST, _LARGEST = 0.001, 1000.0  # of a factor
_MOST = {PREFIX + "WEB_PORT": 65_535}
_SERVERS = {PREFIX + "BROKER"}
_SERVER = re.compile(r"\s*(kafka://)?(\[[\da-fA-F:]+\]|[^\s:/]+)(:\d{1,5})?\s*")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What may differ between one installation and another.

    `broker` is `host:port`, comma-separated for several, with or without `kafka://`.
    `partitions` is chosen once, when topics are created. `replication` is the replication
    factor of topics created. `skip_expired` goes on past records that retention has removed
    before they were applied, which is a loss, and is for one start only.
    `web_hosts` are the names, comma-separated, by which browsers may address the HTTP API.
    `contexts` are the parts of the write side that a worker runs, comma-separated.
    `gateway` is the address of the payment gateway and mail provider, `gateway_patience` the
    seconds after which it counts as silent. `saga` is the style of checkouts of orders that do not
    say which one they want. `patience` multiplies how long sagas wait for answers, which is 10 to
    60 seconds for a first one, by step.
    """

    broker: str = "127.0.0.1:9092"
    partitions: int = 12
    replication: int = 1
    datadir: Path = Path(".orderflow")
    web_bind: str = "127.0.0.1"
    web_port: int = 6066
    web_hosts: str = "localhost"
    skip_expired: bool = False
    contexts: str = ",".join(CONTEXTS)
    gateway: str = "http://127.0.0.1:6070"
    gateway_patience: int = 5
    saga: str = "orchestration"
    patience: float = 1.0

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] = os.environ, **defaults: object
    ) -> Settings:
        """Read `ORDERFLOW_<NAME>` for every field; `defaults` are for what is not given.

        Raises:
            ValueError: a value is not what the field needs; names the variable, value and cure.
        """
        given: dict[str, object] = dict(defaults)
        for field in fields(cls):
            name = PREFIX + field.name.upper()
            if name in environment:
                given[field.name] = _parse(name, environment[name], type(field.default))
        return cls(**given)  # type: ignore[arg-type]  # the types were parsed by field

    @property
    def chosen(self) -> frozenset[str]:
        """The contexts to run.

        Raises:
            ValueError: there is no such context.
        """
        names = {name.strip() for name in self.contexts.split(",")}
        if unknown := sorted(names - set(CONTEXTS)):
            raise ValueError(
                f"ORDERFLOW_CONTEXTS={self.contexts!r}: there is no context {unknown[0]!r}; "
                f"choose among {', '.join(CONTEXTS)}, or leave it out to run all of them"
            )
        return frozenset(names)

    @property
    def style(self) -> Style:
        """How orders go through their checkout that do not say it themselves.

        Raises:
            ValueError: there is no such style.
        """
        if self.saga not in _STYLES:
            raise ValueError(
                f"ORDERFLOW_SAGA={self.saga!r}: there is no such style of checkout; "
                f"choose {' or '.join(_STYLES)}, or leave it out to have {_STYLES[0]}"
            )
        return cast("Style", self.saga)

    @property
    def bootstrap(self) -> list[str]:
        """Addresses as Kafka clients want them."""
        return [server.strip().removeprefix("kafka://") for server in self.broker.split(",")]

    def differences(self) -> dict[str, str]:
        """Settings that are not the defaults, for the log."""
        return {
            field.name: str(getattr(self, field.name))
            for field in fields(self)
            if getattr(self, field.name) != field.default
        }


def composed(compose: Callable[[Settings], T], **defaults: object) -> T:
    """What a composition root makes of the environment, or the end of the process.

    Raises:
        SystemExit: a setting is not what it has to be; says which, its value, and the cure.
    """
    try:
        return compose(Settings.from_environment(os.environ, **defaults))
    except ValueError as error:
        raise SystemExit(f"orderflow: {error}") from error


def _parse(name: str, value: str, wanted: type[object]) -> object:
    if wanted is bool:
        if value.lower() in {"1", "true", "yes", "on"}:
            return True
        if value.lower() in {"", "0", "false", "no", "off"}:
            return False
        raise ValueError(f"{name}={value!r} is not a yes or no; use 1 or 0")
    if wanted is int:
        most = _MOST.get(name, 1 << 31)
        if value.isascii() and value.isdigit() and 0 < int(value) <= most:
            return int(value)
        raise ValueError(f"{name}={value!r} is not a positive whole number of at most {most}")
    if wanted is float:
        return _factor(name, value)
    if not value.strip():
        raise ValueError(f"{name}={value!r} is empty; leave it out to have the default")
    if name in _SERVERS and not all(_SERVER.fullmatch(each) for each in value.split(",")):
        raise ValueError(f"{name}={value!r} is not host:port, or several with commas between")
    return Path(value) if issubclass(wanted, Path) else value


def _factor(name: str, value: str) -> float:
    with contextlib.suppress(ValueError):
        if _LEAST <= (factor := float(value)) <= _LARGEST:
            return factor
    raise ValueError(
        f"{name}={value!r} is not a number from {_LEAST:g} to {_LARGEST:g}; 1 is usual"
    )
