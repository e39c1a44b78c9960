"""S1 to S4: stock per SKU adds up, and what is available is never negative, at any offset.

on hand = received + adjusted + restocked - deducted; reserved = the sum of open reservations;
a reservation ends at most once.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.audit.envelopes import Log
from tests.audit.findings import Audit
from tests.audit.records import Message, comes_before


@dataclass(slots=True)
class Reservation:
    """One order line's hold on a SKU: open, deducted, restocked, released, expired, or refused.

    Refused holds nothing, ever: it was not granted, or was released before it was asked for.
    """

    sku: str
    order_id: str
    quantity: int
    state: str
    expires_at: str | None = None


@dataclass(slots=True)
class Sku:
    """The stock of one SKU, as its events tell it."""

    on_hand: int = 0
    reserved: int = 0
    sums: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("received", "adjusted", "restocked", "deducted"), 0)
    )

    @property
    def available(self) -> int:
        """What may still be reserved."""
        return self.on_hand - self.reserved


Reservations = dict[str, Reservation]


class Warehouse:
    """All SKUs and reservations, folded from the stock topic."""

    def __init__(self, audit: Audit) -> None:
        self.skus: dict[str, Sku] = {}
        self.reservations: Reservations = {}
        self._find = audit.find
        self._folds = {
            "StockReceived": self._received,
            "StockAdjusted": self._adjusted,
            "StockReserved": self._reserved,
            "StockDeducted": self._deducted,
            "StockReleased": self._released,
            "StockReservationExpired": self._released,
            "StockRestocked": self._restocked,
        }

    def apply(self, event: Message) -> None:
        """Fold one event, and judge what it leaves."""
        sku = self.skus.get(event.subject) or Sku()
        if event.sequence is not None:
            self.skus[event.subject] = sku
        fold = self._folds.get(event.type)
        if fold is None:
            self._refusal(sku, event)
            return
        fold(sku, event)
        if sku.available < 0 or sku.reserved < 0 or sku.on_hand < 0:
            state = f"on hand {sku.on_hand}, reserved {sku.reserved}, available {sku.available}"
            self._find("S3", f"{event} leaves {state}")

    def _received(self, sku: Sku, event: Message) -> None:
        sku.on_hand += event.data["quantity"]
        sku.sums["received"] += event.data["quantity"]

    def _adjusted(self, sku: Sku, event: Message) -> None:
        sku.on_hand += event.data["change"]
        sku.sums["adjusted"] += event.data["change"]

    def _reserved(self, sku: Sku, event: Message) -> None:
        data = event.data
        before = self.reservations.get(data["reservation_id"])
        if before is not None and before.state != "expired":
            self._find(
                "S4", f"{event} reserves {data['reservation_id']} again, it is {before.state}"
            )
        sku.reserved += data["quantity"]
        self.reservations[data["reservation_id"]] = Reservation(
            event.subject, data["order_id"], data["quantity"], "open", data["expires_at"]
        )

    def _deducted(self, sku: Sku, event: Message) -> None:
        quantity = event.data["quantity"]
        self._end(event, "open", "deducted")
        sku.on_hand -= quantity
        sku.reserved -= quantity
        sku.sums["deducted"] += quantity

    def _released(self, sku: Sku, event: Message) -> None:
        if event.data["quantity"] or self._state(event) == "open":
            self._end(event, "open", "released" if event.type == "StockReleased" else "expired")
        else:
            self._refuse(event)
        sku.reserved -= event.data["quantity"]

    def _restocked(self, sku: Sku, event: Message) -> None:
        quantity = event.data["quantity"]
        if quantity or self._state(event) == "deducted":
            self._end(event, "deducted", "restocked")
        sku.on_hand += quantity
        sku.sums["restocked"] += quantity

    def _state(self, event: Message) -> str:
        found = self.reservations.get(event.data["reservation_id"])
        return found.state if found else "unknown"

    def _end(self, event: Message, was: str, becomes: str) -> None:
        reservation_id, quantity = event.data["reservation_id"], event.data["quantity"]
        found = self.reservations.get(reservation_id)
        if found is None or found.state != was:
            self._find("S4", f"{event} ends {reservation_id}, which is {self._state(event)}")
            return
        if (found.quantity, found.sku) != (quantity, event.subject):
            self._find("S2", f"{event} ends {quantity}, {found.quantity} of {found.sku} were kept")
        found.state = becomes

    def _refusal(self, sku: Sku, event: Message) -> None:
        data = event.data
        if data["available"] != sku.available:
            self._find("S3", f"{event} says available {data['available']}, it is {sku.available}")
        if event.type == "StockCommandRefused":
            return
        possible = event.type == "StockReservationFailed" and data["quantity"] <= sku.available
        if possible and data["reservation_id"] not in self.reservations:
            self._find("S3", f"{event} was refused although {sku.available} were available")
        self._refuse(event)

    def _refuse(self, event: Message) -> None:
        self.reservations.setdefault(
            event.data["reservation_id"],
            Reservation(event.subject, event.data["order_id"], 0, "refused"),
        )


def _too_early(event: Message, log: Log, reservations: Reservations, audit: Audit) -> None:
    """Time is what the message says that ends it, and nobody's clock."""
    timer = log.by_id.get(event.cause or "")
    found = reservations.get(event.data["reservation_id"])
    until = found.expires_at if found else None
    if timer and comes_before(timer.data, "at", until):
        audit.find("S4", f"{event} comes at {timer.data['at']}, it was kept until {until}")


def check(log: Log, audit: Audit) -> Reservations:
    """Fold the stock topic; returns every reservation as it was left."""
    warehouse = Warehouse(audit)
    for event in log["stock"]:
        if event.type == "StockReservationExpired":
            _too_early(event, log, warehouse.reservations, audit)
        warehouse.apply(event)
    open_ones: dict[str, int] = {}
    for found in warehouse.reservations.values():
        if found.state == "open":
            open_ones[found.sku] = open_ones.get(found.sku, 0) + found.quantity
    for name, sku in warehouse.skus.items():
        movements = sku.sums["received"] + sku.sums["adjusted"] + sku.sums["restocked"]
        if sku.on_hand != movements - sku.sums["deducted"]:
            audit.find("S1", f"{name} has {sku.on_hand} on hand, its movements say {sku.sums}")
        if sku.reserved != open_ones.get(name, 0):
            held = open_ones.get(name, 0)
            audit.find(
                "S2", f"{name} has {sku.reserved} reserved, its open reservations hold {held}"
            )
        audit.stock[name] = {"on_hand": sku.on_hand, "reserved": sku.reserved, **sku.sums}
    return warehouse.reservations
