"""A shop in memory: the pure models, with queues between them that keep order only by key.

A queue holds the messages of one topic and one key, and delivers them in order; queues overtake
each other at will. Whoever holds a shop decides what happens next, and what comes twice. Nothing is
lost on the way: that is the runtime's promise, not the models'.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, TypeVar, get_args

from models import notifications, orders, payments, stock
from models.messages import Payload
from models.notification_messages import MailAnswered, NotificationCommand
from models.notifications import Mail, Notices
from models.order_ids import user_of
from models.order_messages import OrderCommand
from models.orders import Order
from models.payment_messages import PaymentCommand
from models.payments import Payment
from models.saga_messages import SagaEvent
from models.saga_state import Saga
from models.sagas import finished, react
from models.stock import Level, Reservation, Stock, reservation_in
from models.stock_messages import OrderLineCommand, StockCommand
from tests.models.bank import Bank

NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)

Queue = tuple[str, str]  # topic and key
TOPICS: Final = {
    schema: topic
    for family, topic in (
        (OrderCommand, "orders.commands"),
        (PaymentCommand, "payments.commands"),
        (StockCommand, "stock.commands"),
        (NotificationCommand, "notifications.commands"),
    )
    for schema in get_args(family)
}

K = TypeVar("K")


class Shop:
    """All contexts, with their tables, and what is on its way between them."""

    def __init__(self) -> None:
        self.bank = Bank()
        self.queues: dict[Queue, deque[Payload]] = defaultdict(deque)
        self.orders: dict[str, Order] = {}
        self.payments: dict[str, Payment] = {}
        self.levels: dict[str, Level] = {}
        self.reservations: dict[tuple[str, str], Reservation] = {}  # by SKU and id
        self.notices: dict[str, Notices] = {}
        self.sagas: dict[str, Saga] = {}
        self.ended: dict[str, Saga] = {}  # that have left the table
        self.sent: dict[str, list[Payload]] = defaultdict(list)  # by sagas, of each order
        self.events: dict[Queue, list[Payload]] = defaultdict(list)  # by topic and aggregate

    # What others do with it.

    def send(self, command: Any) -> None:
        """Put a command on its topic."""
        topic = TOPICS[type(command)]
        if topic == "stock.commands":
            self.queues[topic, command.sku].append(command)
        else:
            self._put(topic, command)

    def steps(self) -> list[Callable[[], None]]:
        """All that may happen next: a queue delivers, a call or a mail is answered.

        What was answered may be answered again, as long as the answer is on its way.
        """
        queues = [queue for queue, messages in self.queues.items() if messages]
        calls = [call for payment in self.payments.values() for call in payments.calls(payment)]
        mails = [mail for sent in self.notices.values() for mail in notifications.calls(sent)]
        return [
            *(partial(self._deliver, queue) for queue in queues),
            *(partial(self._call, call) for call in calls),
            *(partial(self._mail, mail) for mail in mails),
        ]

    def rest(self) -> None:
        """Do all that may happen, until nothing is left to do."""
        for _ in range(10_000):
            if not (steps := self.steps()):
                return
            steps[0]()
        raise AssertionError("it never comes to rest")

    def saga(self, order_id: str) -> Saga:
        """The saga of an order that was placed, wherever it is kept."""
        return self.ended.get(order_id) or self.sagas[order_id]

    def stuck(self) -> list[str]:
        """The orders that need a human."""
        return [order_id for order_id, saga in self.sagas.items() if saga.state == "stuck"]

    # What happens next.

    def _deliver(self, queue: Queue) -> None:
        """Let whoever reads a queue take its next message."""
        message = self.queues[queue].popleft()
        match queue[0]:
            case "orders.commands":
                self._order(message)
            case "payments.commands":
                self._payment(message)
            case "stock.commands":
                self._stock(message)
            case "notifications.commands":
                self._notification(message)
            case _:
                self._saga(message, home=queue[1])

    def _call(self, call: payments.Call) -> None:
        self.send(self.bank.do(call))

    def _mail(self, mail: Mail) -> None:
        self.send(MailAnswered(order_id=mail.order_id, key=mail.key, outcome="succeeded"))

    # The contexts.

    def _order(self, command: Any) -> None:
        order = self.orders.get(command.order_id)
        for event in orders.decide(order, command):
            order = orders.evolve(order, event)
            self._say("orders", command.order_id, event)
        _keep(self.orders, command.order_id, order)

    def _payment(self, command: Any) -> None:
        payment = self.payments.get(command.payment_id)
        for event in payments.decide(payment, command):
            payment = payments.evolve(payment, event)
            self._say("payments", command.payment_id, event)
        _keep(self.payments, command.payment_id, payment)

    def _notification(self, command: Any) -> None:
        notices = self.notices.get(command.order_id)
        for event in notifications.decide(notices, command):
            notices = notifications.evolve(notices, event)
            self._say("notifications", command.order_id, event)
        _keep(self.notices, command.order_id, notices)

    def _stock(self, command: Any) -> None:
        sku, key = command.sku, (command.sku, reservation_in(command) or "")
        found = self.reservations.get(key)
        after = Stock(sku=sku, level=self.levels.get(sku, Level()), reservation=found)
        for event in stock.decide(after, command):
            after = stock.evolve(after, event)
            self.events["stock", sku].append(event)
        self.levels[sku] = after.level
        _keep(self.reservations, key, after.reservation)
        if isinstance(command, OrderLineCommand) and (answer := stock.answer(after, command)):
            self.queues["sagas.replies", command.reply_to].append(answer)

    def _saga(self, fact: Any, home: str) -> None:
        saga, events, commands = react(self.sagas.get(fact.order_id), fact, home=home, now=NOON)
        self._heard(fact.order_id, events, commands)
        if saga is not None and finished(saga):
            self.ended[fact.order_id] = saga
            self.sagas.pop(fact.order_id, None)
        else:
            _keep(self.sagas, fact.order_id, saga)

    def _heard(
        self, order_id: str, events: Iterable[SagaEvent], commands: Iterable[Payload]
    ) -> None:
        self.events["sagas", order_id].extend(events)
        for command in commands:
            assert command not in self.sent[order_id], f"{command} is sent twice"
            self.sent[order_id].append(command)
            self.send(command)

    # What lies between them.

    def _say(self, topic: str, aggregate: str, event: Any) -> None:
        self.events[topic, aggregate].append(event)
        self._put(topic, event)

    def _put(self, topic: str, message: Any) -> None:
        self.queues[topic, user_of(message.order_id) or ""].append(message)


def _keep(table: dict[K, Any], key: K, state: Any) -> None:
    if state is not None:
        table[key] = state
