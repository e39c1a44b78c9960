"""A shop in memory: the pure models, with queues between them that keep order only by key.

A queue holds the messages of one topic and one key for one reader, and delivers them in order;
queues overtake each other at will. Whoever holds a shop decides what happens next, and what comes
twice. Nothing is lost on the way: that is the runtime's promise, not the models'.

Orders of both styles run side by side: every order's facts go to the sagas and to the policies. Of
what a saga asks for, only that of orchestrated orders is done; what a policy wants of its context's
own aggregate is decided at once.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from types import ModuleType
from typing import Any, Final, TypeVar, get_args

from models import notifications, orders, payments, stock
from models.messages import Payload
from models.notification_messages import MailAnswered, NotificationCommand
from models.notifications import Mail, Notices
from models.order_ids import user_of
from models.order_messages import OrderCommand, OrderCreated
from models.orders import Order
from models.payment_messages import PaymentCommand
from models.payments import Payment
from models.saga_messages import SagaEvent
from models.saga_state import Saga
from models.sagas import finished, react
from models.stock import Level, Reservation, Stock, reservation_in
from models.stock_messages import StockCommand
from tests.models.bank import Bank
from tests.models.shop_policies import Policies

NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)

Queue = tuple[str, str, str]  # reader, topic and key
# Whoever hears of others; what a context's own aggregate says, its policy hears at once.
READERS: Final = {
    "orders": ("sagas", "payments", "stock", "notifications"),
    "payments": ("sagas", "orders", "stock"),
    "sagas.replies": ("sagas", "orders", "payments", "stock"),
    "notifications": ("sagas",),
}
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
        self.now = NOON  # as the sagas have it
        self.policies = Policies(self._issue, NOON)
        self.choreographed: set[str] = set()
        self.lagging: tuple[str, str] | None = None  # a reader, and the topic it is slow with
        self.sent: dict[str, list[Payload]] = defaultdict(list)  # by sagas, of each order
        self.events: dict[tuple[str, str], list[Payload]] = defaultdict(list)  # by topic and id

    # What others do with it.

    def send(self, command: Any) -> None:
        """Put a command on its topic."""
        topic = TOPICS[type(command)]
        key = command.sku if topic == "stock.commands" else user_of(command.order_id) or ""
        self.queues[topic.removesuffix(".commands"), topic, key].append(command)

    def steps(self) -> list[partial[None]]:
        """All that may happen next: a queue delivers, a call or a mail is answered.

        What was answered may be answered again, as long as the answer is on its way.
        """
        queues = [queue for queue, messages in self.queues.items() if messages]
        late = [queue for queue in queues if queue[:2] == self.lagging]
        calls = [call for payment in self.payments.values() for call in payments.calls(payment)]
        mails = [mail for sent in self.notices.values() for mail in notifications.calls(sent)]
        return [
            *(partial(self._deliver, queue) for queue in queues if queue not in late),
            *(partial(self._call, call) for call in calls),
            *(partial(self._mail, mail) for mail in mails),
            *(partial(self._deliver, queue) for queue in late),
        ]

    def hurry(self, topic: str) -> None:
        """Deliver what lies on one topic before anything else happens."""
        for queue in [each for each in self.queues if each[1] == topic]:
            while self.queues[queue]:
                self._deliver(queue)

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
        """The orders that need a human; asked when all is at rest."""
        orchestrated = self.sagas.keys() - self.choreographed
        stuck = [each for each in orchestrated if self.sagas[each].state == "stuck"]
        return stuck + self.policies.unpaid()

    # What happens next.

    def _deliver(self, queue: Queue) -> None:
        """Let whoever reads a queue take its next message."""
        message = self.queues[queue].popleft()
        reader, topic, key = queue
        if reader == "sagas":
            self._saga(message, home=key)
        elif topic == "stock.commands":
            self._stock(message)
        elif topic.endswith(".commands"):
            self.policies.follow(reader, reader, *self._decide(message))
        else:
            self.policies.follow(reader, topic, message)

    def _call(self, call: payments.Call) -> None:
        self.send(self.bank.do(call))

    def _mail(self, mail: Mail) -> None:
        self.send(MailAnswered(order_id=mail.order_id, key=mail.key, outcome="succeeded"))

    # The contexts.

    def _decide(self, command: Any) -> list[Any]:
        """Let an order, a payment, or the notices of an order decide; returns their events."""
        contexts: dict[str, tuple[ModuleType, dict[str, Any], str]] = {
            "orders.commands": (orders, self.orders, "order_id"),
            "payments.commands": (payments, self.payments, "payment_id"),
            "notifications.commands": (notifications, self.notices, "order_id"),
        }
        topic = TOPICS[type(command)]
        model, table, field = contexts[topic]
        aggregate = getattr(command, field)
        state, events = table.get(aggregate), []
        for event in model.decide(state, command):
            state = model.evolve(state, event)
            self._say(topic.removesuffix(".commands"), aggregate, event)
            events.append(event)
        _keep(table, aggregate, state)
        return events

    def _issue(self, context: str, command: Any) -> list[Any]:
        """Do what a policy wants: of its own aggregate at once."""
        if context != "stock":
            return self._decide(command)
        self.send(command)
        return []

    def _stock(self, command: Any) -> None:
        sku, key = command.sku, (command.sku, reservation_in(command) or "")
        found = self.reservations.get(key)
        after = Stock(sku=sku, level=self.levels.get(sku, Level()), reservation=found)
        for event in stock.decide(after, command):
            after = stock.evolve(after, event)
            self.events["stock", sku].append(event)
        self.levels[sku] = after.level
        _keep(self.reservations, key, after.reservation)
        home, answer = getattr(command, "reply_to", None), stock.answer(after, command)
        if home is not None and answer is not None:
            self._put("sagas.replies", home, answer)

    def _saga(self, fact: Any, home: str) -> None:
        saga, events, commands = react(self.sagas.get(fact.order_id), fact, home=home, now=self.now)
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
        if order_id in self.choreographed:
            return
        for command in commands:
            assert command not in self.sent[order_id], f"{command} is sent twice"
            self.sent[order_id].append(command)
            self.send(command)

    # What lies between them.

    def _say(self, topic: str, aggregate: str, event: Any) -> None:
        if isinstance(event, OrderCreated) and event.saga == "choreography":
            self.choreographed.add(aggregate)
        self.events[topic, aggregate].append(event)
        self._put(topic, user_of(event.order_id) or "", event)

    def _put(self, topic: str, key: str, fact: Any) -> None:
        for reader in READERS[topic]:
            self.queues[reader, topic, key].append(fact)


def _keep(table: dict[K, Any], key: K, state: Any) -> None:
    if state is not None:
        table[key] = state
