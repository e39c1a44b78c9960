"""One order in a good log: how each context speaks of it."""

from __future__ import annotations

from typing import Any

from tests.audit.good_log import Document, Log

CARD_EXPIRES = "2026-11-30T00:00:00+00:00"


class Story:
    """One order, told step by step; every step writes what it leads to.

    `asker` is who asks other contexts for something.
    """

    asker = "/sagas"

    def __init__(
        self,
        log: Log,
        order_id: str,
        lines: list[tuple[str, int, int]],
        currency: str = "USD",
        email: str | None = "mina@example.org",
    ) -> None:
        self.log = log
        self.order_id = order_id
        self.payment_id = f"{order_id}/payment"
        self.home = order_id.split(":", maxsplit=1)[0]
        self.lines: list[Document] = [
            {"sku": sku, "name": None, "quantity": quantity, "unit_price": price}
            for sku, quantity, price in lines
        ]
        self.total = sum(quantity * price for _, quantity, price in lines)
        self.currency = currency
        self.customer = {"name": "Mina", "email": email} if email else None
        self.asked: dict[str, Document] = {}  # the last command of a type, and line
        self.last: Document = {}

    def ask(self, topic: str, command: str, line: int = 0, **data: Any) -> None:
        """Somebody asks another context for something, because of what happened last."""
        subject, home = self.order_id, self.home
        if topic == "payments.commands":
            data = {"payment_id": self.payment_id, **data}
            subject = self.payment_id
        elif topic == "stock.commands":
            subject = home = self.lines[line - 1]["sku"]
            reservation = f"{self.order_id}/{line}"
            data = {"sku": subject, "reservation_id": reservation, "reply_to": self.home, **data}
        data = {"order_id": self.order_id, **data}
        self.asked[f"{command}{line or ''}"] = self.log.follow(
            topic, self.last, command, subject, data, home=home, source=self.asker
        )

    def order(self, cause: Document, kind: str, **data: Any) -> None:
        """The order decides."""
        data = {"order_id": self.order_id, **data}
        self.last = self.log.follow("orders", cause, kind, self.order_id, data)

    def pay(self, cause: Document, kind: str, **data: Any) -> None:
        """The payment decides."""
        data = {"payment_id": self.payment_id, "order_id": self.order_id, **data}
        self.last = self.log.follow("payments", cause, kind, self.payment_id, data)

    def answer(self, operation: str, amount: int = 0, code: str | None = None) -> Document:
        """The gateway answers the call that was just requested."""
        key, outcome = self.last["data"]["key"], "refused" if code else "succeeded"
        refund_id = self.last["data"].get("refund_id")
        line = {"operation": operation, "outcome": outcome, "amount": amount, "code": code}
        known = {"key": key, "payment_id": self.payment_id, **line}
        ours = {"refund_id": refund_id, "currency": self.currency, "time": self.log.time}
        if code != "invalid_request":  # of which the gateway keeps no line
            self.log.gateway.append({**known, **ours})
        data = {**known, "order_id": self.order_id, "retryable": False, "reference": f"sim_{key}"}
        data["expires_at"] = CARD_EXPIRES if operation == "authorize" and not code else None
        return self.log.root(
            "payments.commands", "GatewayAnswered", self.payment_id, data,
            source="/gateway", home=self.home, cause=self.last["causationid"],
        )  # fmt: skip

    def stock(self, command: str, line: int, kind: str, **data: Any) -> None:
        """The SKU decides about a line, and sends its answer home."""
        cause, sku = self.asked[f"{command}{line}"], self.lines[line - 1]["sku"]
        data = {"sku": sku, "reservation_id": f"{self.order_id}/{line}", **data}
        data["order_id"] = self.order_id
        self.log.follow("stock", cause, kind, sku, data)
        self.last = self.log.follow("sagas.replies", cause, kind, sku, data, home=self.home)

    def saga(self, event: str, **data: Any) -> None:
        """The saga reports, because of what happened last."""
        data = {"order_id": self.order_id, **data}
        self.log.follow("sagas", self.last, event, self.order_id, data)

    def time_out(self, cause: Document, deadline: str) -> None:
        """The clock says that an answer is missed, which was waited for since its cause."""
        data = {"order_id": self.order_id, "deadline": deadline, "at": deadline}
        self.last = self.log.follow(
            "sagas.commands", cause, "SagaTimedOut", self.order_id, data, source="/clock"
        )

    def expire(self, line: int, at: str) -> None:
        """The clock says that a line is held no longer, and goes home with it."""
        cause, sku = self.asked[f"ReserveStock{line}"], self.lines[line - 1]["sku"]
        about = {"sku": sku, "reservation_id": f"{self.order_id}/{line}", "order_id": self.order_id}
        timer = {**about, "at": at, "reply_to": self.home}
        self.asked[f"ExpireReservation{line}"] = self.log.follow(
            "stock.commands", cause, "ExpireReservation", sku, timer, source="/clock"
        )

    def intervene(self, command: str, action: str, step: str | None, reason: str) -> None:
        """An operator takes a hand in it."""
        why = {"by": "grace", "reason": reason}
        asked = {"order_id": self.order_id, **({"step": step} if step else {}), **why}
        self.last = self.log.root("sagas.commands", command, self.order_id, asked)
        self.saga("SagaIntervened", action=action, step=step, **why)

    def done(self, step: str, line: int | None = None) -> None:
        """The saga reports a success."""
        self.saga("SagaStepSucceeded", step=step, line=line)

    def begin(self, step: str, until: str | None = None, kind: str | None = None) -> None:
        """The saga reports the beginning of a step."""
        self.saga("SagaStepStarted", step=step, until=until, kind=kind)
