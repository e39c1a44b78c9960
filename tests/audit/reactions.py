"""One choreographed order in a good log: every context reacts, and a saga only observes."""

from __future__ import annotations

from tests.audit.good_log import Document
from tests.audit.journey import HOLD, Journey


class Reactions(Journey):
    """Every step writes what it leads to; `last` is the fact that somebody reacts to."""

    asker = "/stock"
    created: Document
    requested: Document  # the capture

    def place(self, method: str = "card", *, heard: bool = True) -> Document:
        """An order is placed: payments reacts, and the observer, as soon as it has heard."""
        facts: Document = {
            "customer": self.customer,
            "lines": self.lines,
            "currency": self.currency,
            "method": method,
            "saga": "choreography",
        }
        data = {"order_id": self.order_id, "user_id": self.home, **facts}
        cause = self.log.root("orders.commands", "CreateOrder", self.order_id, data)
        self.order(
            cause, "OrderCreated", user_id=self.home, total=self.total, currency_source="given",
            **facts,
        )  # fmt: skip
        money: Document = {"amount": self.total, "currency": self.currency, "method": method}
        self.created = self.last
        if heard:
            self.observe()
        self.pay(self.created, "PaymentRequested", key=f"{self.payment_id}/authorize", **money)
        return self.created

    def observe(self) -> None:
        """The observer hears of the order."""
        said = self.created["data"]
        known = ("customer", "lines", "currency", "method", "total")
        facts = {name: said[name] for name in known}
        self.saga("SagaStarted", home=self.home, style="choreography", **facts)
        self.begin("authorize")

    def authorize(self) -> None:
        """The money is held; stock asks for every line."""
        self.agree()
        self.done("authorize")
        self.begin("reserve", until=HOLD)
        self.ask_for_lines()

    def ask_for_lines(self) -> None:
        """Stock asks the SKUs."""
        for number, line in enumerate(self.lines, 1):
            quantity = line["quantity"]
            self.ask("stock.commands", "ReserveStock", number, quantity=quantity, expires_at=HOLD)

    def reserve_all(self) -> None:
        """All lines are reserved."""
        for number in range(1, len(self.lines) + 1):
            self.reserve(number)
            self.done("reserve", number)
        self.begin("confirm")

    def confirm(self) -> None:
        """The order knows that all is there; payments asks for the money."""
        self.order(self.last, "OrderConfirmed")
        self.done("confirm")
        self.begin("capture")
        key = f"{self.payment_id}/capture"
        self.pay(self.last, "PaymentCaptureRequested", key=key, amount=self.total)
        self.requested = self.last

    def capture(self) -> None:
        """The money is ours; stock has it leave."""
        key = self.last["data"]["key"]
        answer = self.answer("capture", self.total)
        self.pay(answer, "PaymentCompleted", key=key, amount=self.total, currency=self.currency)
        self.done("capture")
        self.begin("deduct")
        for number in range(1, len(self.lines) + 1):
            self.ask("stock.commands", "DeductStock", number)

    def deduct(self) -> None:
        """Every line has left: the order is paid, and the customer told."""
        for number, line in enumerate(self.lines, 1):
            self.stock("DeductStock", number, "StockDeducted", quantity=line["quantity"])
            self.log.move(line["sku"], -line["quantity"], -line["quantity"])
            self.done("deduct", number)
        self.begin("notify", kind="confirmed")
        self.order(self.last, "OrderPaid", captured=self.total)
        self.mail("confirmed")
        self.saga("SagaCompleted", outcome="confirmed", reason=None)

    def tell(self, kind: str) -> None:
        """The customer is told of what has just become of the order."""
        self.begin("notify", kind=kind)
        self.mail(kind)

    def mail(self, kind: str) -> None:
        """Notifications reacts."""
        told: Document = {"order_id": self.order_id, "kind": kind, "version": 1}
        cause, code = self.last, "no_address"
        if self.customer is not None:
            code, email = "", self.customer["email"]
            cause = self.send(self.last, {**told, "to": email, "name": self.customer["name"]}, None)
        end = "NotificationFailed" if code else "NotificationSent"
        told |= {"code": code} if code else {}
        self.last = self.log.follow("notifications", cause, end, self.order_id, told)
        self.done("notify")

    # The way back.

    def let_go(self, cause: Document) -> None:
        """Payments lets go what was authorized."""
        self.void(cause)

    def free(self, cause: Document, *numbers: int, command: str = "ReleaseStock") -> None:
        """Stock asks the SKUs to take back some lines."""
        before, self.last = self.last, cause
        for number in numbers:
            self.ask("stock.commands", command, number)
        self.last = before

    def refund(self, cause: Document) -> None:
        """Payments gives back what was captured."""
        refund = {"refund_id": f"{self.payment_id}/return", "key": f"{self.payment_id}/refund"}
        self.pay(cause, "PaymentRefundRequested", amount=self.total, **refund)
        answer = self.answer("refund", self.total)
        sums = {"amount": self.total, "currency": self.currency}
        self.pay(answer, "PaymentRefunded", **refund, **sums)
        self.undone("capture")

    def over(self, kind: str, outcome: str, **reason: str) -> None:
        """Nothing is held any more, the last fact says: the order ends."""
        self.order(self.last, kind, **reason)
        self.tell(outcome)
        self.saga("SagaCompleted", outcome=outcome, **reason)
