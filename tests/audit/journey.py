"""One order in a good log, step by step: forward through the checkout, and the way back."""

from __future__ import annotations

from tests.audit.good_log import Document
from tests.audit.story import CARD_EXPIRES, Story

HOLD = "2026-11-23T00:30:00+00:00"


class Journey(Story):
    """Every step writes what it leads to."""

    def create(self, method: str = "card") -> None:
        """An order is placed, and its payment requested."""
        facts: Document = {
            "customer": self.customer,
            "lines": self.lines,
            "currency": self.currency,
            "method": method,
        }
        data = {"order_id": self.order_id, "user_id": self.home, **facts}
        cause = self.log.root("orders.commands", "CreateOrder", self.order_id, data)
        self.order(
            cause, "OrderCreated", user_id=self.home, total=self.total, currency_source="given",
            **facts,
        )  # fmt: skip
        self.saga("SagaStarted", home=self.home, style="orchestration", total=self.total, **facts)
        self.begin("authorize")
        money: Document = {"amount": self.total, "currency": self.currency, "method": method}
        self.ask("payments.commands", "AuthorizePayment", **money)
        key = f"{self.payment_id}/authorize"
        self.pay(self.asked["AuthorizePayment"], "PaymentRequested", key=key, **money)

    def agree(self) -> Document:
        """The bank agrees; returns the gateway's answer."""
        key = self.last["data"]["key"]
        money = {"key": key, "amount": self.total, "currency": self.currency}
        bank = {"reference": f"sim_{key}", "expires_at": CARD_EXPIRES}
        answer = self.answer("authorize", self.total)
        self.pay(answer, "PaymentAuthorized", **money, **bank)
        return answer

    def authorize(self) -> None:
        """The money is held; every line is asked for."""
        self.agree()
        self.done("authorize")
        self.begin("reserve", until=HOLD)
        for number, line in enumerate(self.lines, 1):
            quantity = line["quantity"]
            self.ask("stock.commands", "ReserveStock", number, quantity=quantity, expires_at=HOLD)

    def authorize_late(self) -> None:
        """The money is held, and not wanted any more."""
        self.void(self.agree())

    def reserve(self, number: int) -> None:
        """A line is reserved."""
        line = self.lines[number - 1]
        self.stock(
            "ReserveStock", number, "StockReserved", quantity=line["quantity"], expires_at=HOLD
        )
        self.log.move(line["sku"], 0, line["quantity"])

    def reserve_all(self) -> None:
        """All lines are reserved; the order is to be confirmed."""
        for number in range(1, len(self.lines) + 1):
            self.reserve(number)
            self.done("reserve", number)
        self.begin("confirm")
        evidence = {"authorized": self.total, "reserved": len(self.lines)}
        self.ask("orders.commands", "ConfirmOrder", **evidence)

    def confirm(self) -> None:
        """The pivot; the money is asked for."""
        self.order(self.asked["ConfirmOrder"], "OrderConfirmed")
        self.done("confirm")
        self.begin("capture")
        self.ask("payments.commands", "CapturePayment", amount=self.total)
        key = f"{self.payment_id}/capture"
        self.pay(
            self.asked["CapturePayment"], "PaymentCaptureRequested", key=key, amount=self.total
        )

    def capture(self) -> None:
        """The money is ours; the stock is to leave."""
        key = self.last["data"]["key"]
        answer = self.answer("capture", self.total)
        self.pay(answer, "PaymentCompleted", key=key, amount=self.total, currency=self.currency)
        self.done("capture")
        self.begin("deduct")
        for number in range(1, len(self.lines) + 1):
            self.ask("stock.commands", "DeductStock", number)
        self.ask("orders.commands", "MarkOrderPaid", captured=self.total)
        self.order(self.asked["MarkOrderPaid"], "OrderPaid", captured=self.total)

    def deduct(self) -> None:
        """Every line has left; the customer is to be told."""
        for number, line in enumerate(self.lines, 1):
            self.stock("DeductStock", number, "StockDeducted", quantity=line["quantity"])
            self.log.move(line["sku"], -line["quantity"], -line["quantity"])
            self.done("deduct", number)
        self.tell("confirmed")
        self.saga("SagaCompleted", outcome="confirmed", reason=None)

    def tell(self, kind: str) -> None:
        """The customer is told, if there is an address where somebody is."""
        self.begin("notify", kind=kind)
        customer: Document = self.customer or {}
        whom: Document = {"to": customer.get("email"), "name": customer.get("name")}
        self.ask("notifications.commands", "Notify", kind=kind, version=1, **whom)
        told: Document = {"order_id": self.order_id, "kind": kind, "version": 1}
        cause, code = self.asked["Notify"], "no_address"
        if self.customer is not None:
            code = "mailbox_unavailable" if whom["to"].startswith("bounce@") else ""
            cause = self.send(cause, {**told, **whom}, code or None)
        end = "NotificationFailed" if code else "NotificationSent"
        told |= {"code": code} if code else {}
        self.last = self.log.follow("notifications", cause, end, self.order_id, told)
        self.done("notify")

    def send(self, cause: Document, notice: Document, code: str | None) -> Document:
        """The mail provider is asked, and answers."""
        key = f"{self.order_id}/mail/{notice['kind']}/1"
        requested = self.log.follow(
            "notifications", cause, "NotificationRequested", self.order_id,
            {**notice, "key": key},
        )  # fmt: skip
        answer = {"key": key, "outcome": "refused" if code else "succeeded"}
        line = {**answer, **notice, "time": self.log.time}
        del line["name"]
        self.log.mails.append(line)
        data = {"order_id": self.order_id, **answer, "code": code}
        return self.log.root(
            "notifications.commands", "MailAnswered", self.order_id, data,
            source="/mail", cause=requested["causationid"],
        )  # fmt: skip

    # The way back.

    def compensate(self, goal: str, reason: str) -> None:
        """The saga turns."""
        self.saga("SagaCompensationStarted", goal=goal, reason=reason)

    def refused(self, step: str, reason: str, line: int | None = None) -> None:
        """The saga reports a refusal."""
        self.saga("SagaStepRefused", step=step, reason=reason, line=line)

    def undone(self, step: str, line: int | None = None) -> None:
        """The saga reports what is undone."""
        self.saga("SagaStepCompensated", step=step, line=line)

    def void(self, cause: Document | None = None) -> None:
        """What was authorized is let go."""
        key = f"{self.payment_id}/void"
        self.pay(cause or self.asked["VoidPayment"], "PaymentVoidRequested", key=key)
        answer = self.answer("void", self.total)
        self.pay(answer, "PaymentVoided", key=key, amount=self.total, currency=self.currency)
        self.undone("authorize")

    def release(self, number: int) -> None:
        """What was reserved is free again."""
        line = self.lines[number - 1]
        self.stock("ReleaseStock", number, "StockReleased", quantity=line["quantity"])
        self.log.move(line["sku"], 0, -line["quantity"])
        self.undone("reserve", number)

    def restock(self, number: int) -> None:
        """What was deducted is back."""
        line = self.lines[number - 1]
        self.stock("RestockStock", number, "StockRestocked", quantity=line["quantity"])
        self.log.move(line["sku"], line["quantity"], 0)
        self.undone("deduct", number)

    def ask_refund(self) -> None:
        """The saga asks for the money to go back."""
        refund_id = f"{self.payment_id}/return"
        self.ask("payments.commands", "RefundPayment", refund_id=refund_id, amount=self.total)

    def request_refund(self) -> Document:
        """The payment asks the gateway for it."""
        asked = self.asked["RefundPayment"]
        refund = {"refund_id": asked["data"]["refund_id"], "amount": self.total}
        self.pay(asked, "PaymentRefundRequested", key=f"{self.payment_id}/refund", **refund)
        return {"refund_id": refund["refund_id"], "key": f"{self.payment_id}/refund"}

    def end(self, goal: str, reason: str) -> None:
        """Nothing is held any more: the order ends, and the customer is told."""
        if goal == "reject":
            self.ask("orders.commands", "RejectOrder", reason=reason)
            self.order(self.asked["RejectOrder"], "OrderRejected", reason=reason)
            outcome = "rejected"
        elif goal == "expire":
            over: Document = {"deadline": HOLD, "at": HOLD, "payment_outstanding": False}
            self.ask("orders.commands", "ExpireOrder", **over)
            self.order(self.asked["ExpireOrder"], "OrderExpired")
            outcome = "expired"
        else:
            back = {"stock_returned": True, "money_returned": True}
            self.ask("orders.commands", "CompleteCancellation", **back)
            self.order(self.asked["CompleteCancellation"], "OrderCancelled", reason=reason)
            outcome = "cancelled"
        self.tell(outcome)
        self.saga("SagaCompleted", outcome=outcome, reason=reason)
