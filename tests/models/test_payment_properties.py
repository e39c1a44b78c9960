"""Payments under any sequence of commands and answers: M1 to M3 of the domain hold at every step.

One machine has a gateway that may say anything, at any time, as often as it likes. The other has
the rules of the simulated gateway, which is honest; there, once everything is answered, the ledger
agrees with the gateway's.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any, get_args

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from deploy.gateway.accounts import Account, settle
from deploy.gateway.wire import REQUESTS, Method
from models.payment_messages import (
    CapturePayment,
    GatewayAnswered,
    PaymentAuthorizationExpired,
    PaymentAuthorized,
    PaymentCaptureRequested,
    PaymentCommand,
    PaymentCommandRefused,
    PaymentCompleted,
    PaymentEvent,
    PaymentRefunded,
    PaymentRefundRequested,
    PaymentRequested,
    PaymentVoided,
    PaymentVoidRequested,
    RefundPayment,
)
from models.payments import Call, Payment, calls, decide, evolve
from tests.models.payment_story import AUTHORIZE, ID, IDS, LAPSED, REQUESTED, UNTIL, VOID

amounts = st.sampled_from([0, 1, 400, 600, 1000, 1001])
refund_ids = st.sampled_from(["a", "b", "a/2", f"{ID}/a"])
codes = st.sampled_from([None, LAPSED, "already_voided", "already_captured", "capture_refused"])
PROPERTY = settings(deadline=None, max_examples=150, stateful_step_count=40)


class Ledger(RuleBasedStateMachine):
    """A payment to which the saga's commands come in any order and amount."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[PaymentEvent] = [REQUESTED]
        self.payment: Payment | None = evolve(None, REQUESTED)

    def handle(self, command: PaymentCommand) -> None:
        """Decide and evolve, as the agent does; asked again at once, nothing more follows."""
        events = decide(self.payment, command)
        for event in events:
            self.payment = evolve(self.payment, event)
        self.events.extend(events)
        refused = any(isinstance(event, PaymentCommandRefused) for event in events)
        assert decide(self.payment, command) == (events if refused else ())

    @rule()
    def authorize(self) -> None:
        self.handle(AUTHORIZE)

    @rule(amount=amounts)
    def capture(self, amount: int) -> None:
        self.handle(CapturePayment(**IDS, amount=amount))

    @rule()
    def void(self) -> None:
        self.handle(VOID)

    @rule(refund_id=refund_ids, amount=amounts)
    def refund(self, refund_id: str, amount: int) -> None:
        self.handle(RefundPayment(**IDS, refund_id=refund_id, amount=amount))

    def total(self, kind: type[Any]) -> int:
        return sum(event.amount for event in self.events if isinstance(event, kind))

    @property
    def current(self) -> Payment:
        assert self.payment is not None
        return self.payment

    @invariant()
    def m1_what_was_authorized_is_held_captured_let_go_or_lapsed(self) -> None:
        payment = self.current
        gone = [PaymentCompleted, PaymentVoided, PaymentAuthorizationExpired]
        parts = [self.total(kind) for kind in gone]
        assert [payment.captured, payment.voided, payment.expired] == parts
        assert payment.authorized == self.total(PaymentAuthorized)
        assert payment.still_authorized == payment.authorized - sum(parts) >= 0

    @invariant()
    def m2_m3_what_was_captured_is_kept_or_refunded(self) -> None:
        payment = self.current
        assert payment.refunded == self.total(PaymentRefunded) <= payment.captured
        assert payment.kept == payment.captured - payment.refunded

    @invariant()
    def m7_a_key_is_asked_once_and_succeeds_once(self) -> None:
        asked = PaymentRequested | PaymentCaptureRequested | PaymentVoidRequested
        keys = [e.key for e in self.events if isinstance(e, asked | PaymentRefundRequested)]
        done = PaymentAuthorized | PaymentCompleted | PaymentRefunded
        moved = [e.key for e in self.events if isinstance(e, done)]
        moved += [e.key for e in self.events if isinstance(e, PaymentVoided) and e.key]
        assert len(keys) == len(set(keys))
        assert len(moved) == len(set(moved))
        assert set(moved) <= set(keys)
        assert {call.key for call in calls(self.current)} <= set(keys) - set(moved)

    @invariant()
    def a_refund_id_is_paid_or_pending_once(self) -> None:
        refunds = self.current.of("refund")
        live = Counter(each.refund_id for each in refunds if each.outcome != "refused")
        assert all(count == 1 for count in live.values())
        assert len([each for each in self.current.of("capture") if each.open]) <= 1

    @invariant()
    def a_state_survives_json_and_counts_its_events(self) -> None:
        payment = self.current
        assert msgspec.json.decode(msgspec.json.encode(payment), type=Payment) == payment
        assert payment.version == len(self.events)


class AnyGateway(Ledger):
    """Says whatever comes to its mind about any call, early, late, twice, and otherwise."""

    @rule(data=st.data(), succeeded=st.booleans(), amount=amounts, code=codes)
    def answer(
        self, data: st.DataObject, *, succeeded: bool, amount: int, code: str | None
    ) -> None:
        entry = data.draw(st.sampled_from(self.current.entries))
        answer = GatewayAnswered(
            **IDS,
            key=self.current.key_of(entry.name),
            operation=entry.operation,
            outcome="succeeded" if succeeded else "refused",
            amount=amount if succeeded else 0,
            code=None if succeeded else code,
            retryable=amount == 1000,
        )
        before = self.current
        self.handle(answer)
        after = self.current.under(answer.key)
        assert after is not None
        assert after.disputed or after.outcome in (None, answer.outcome)
        if entry.outcome is not None:
            assert (before.captured, before.refunded, before.voided) == (
                self.current.captured,
                self.current.refunded,
                self.current.voided,
            )


class HonestGateway(Ledger):
    """Does each key once, keeps its answer, and lets it arrive at any time after, or again."""

    def __init__(self) -> None:
        super().__init__()
        self.account: Account | None = None
        self.now = UNTIL - timedelta(days=7)
        self.answers: dict[str, GatewayAnswered] = {}

    @initialize(method=st.sampled_from(get_args(Method)))
    def begin(self, method: str) -> None:
        self.events = [msgspec.structs.replace(REQUESTED, method=method)]
        self.payment = evolve(None, self.events[0])

    @precondition(lambda self: bool(calls(self.payment)))
    @rule(data=st.data())
    def work(self, data: st.DataObject) -> None:
        self.perform(data.draw(st.sampled_from(calls(self.payment))))

    @precondition(lambda self: self.answers)
    @rule(data=st.data())
    def arrive(self, data: st.DataObject) -> None:
        self.handle(data.draw(st.sampled_from(sorted(self.answers.items())))[1])

    @rule()
    def time_passes(self) -> None:
        self.now += timedelta(days=3)

    def teardown(self) -> None:
        """In the end every call is answered; what follows from that is called for, too."""
        while open_calls := calls(self.payment):
            for call in open_calls:
                self.handle(self.perform(call))
        payment, account = self.current, self.account
        assert payment.disputed == ()
        if account is not None:
            assert payment.captured == (account.captured or 0)
            assert payment.voided == (account.voided or 0)
            assert payment.refunded == account.refunded
            assert payment.still_authorized + payment.expired == account.uncaptured
            assert not payment.expired or account.expires_at <= self.now

    def perform(self, call: Call) -> GatewayAnswered:
        if call.key not in self.answers:
            self.answers[call.key] = self.operate(call)
        return self.answers[call.key]

    def operate(self, call: Call) -> GatewayAnswered:
        kind = REQUESTS[call.operation]
        asked = kind(**{name: getattr(call, name) for name in kind.__struct_fields__})
        settled = settle(self.account, asked, self.now, UNTIL)
        done: dict[str, Any] = {"outcome": "refused", "code": settled}
        if not isinstance(settled, str):
            self.account, amount = settled
            done = {"outcome": "succeeded", "amount": amount}
        return GatewayAnswered(**IDS, key=call.key, operation=call.operation, **done)


TestAnyGateway = AnyGateway.TestCase
TestAnyGateway.settings = PROPERTY
TestHonestGateway = HonestGateway.TestCase
TestHonestGateway.settings = PROPERTY
