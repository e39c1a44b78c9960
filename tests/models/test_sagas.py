"""The checkout saga when all goes well, and what it makes of what is none of its business."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from models.messages import Payload
from models.notification_messages import (
    Kind,
    NoticeEvent,
    NotificationFailed,
    NotificationSuperseded,
    Notify,
)
from models.saga_fold import evolve
from models.sagas import HOLD, finished, react
from models.stock_messages import ReserveStock, StockReceived
from tests.models.saga_facts import (
    AUTHORIZE,
    AUTHORIZED,
    CANCELLED,
    CAPTURE,
    CAPTURED,
    CONFIRM,
    CONFIRMED,
    CREATED,
    DECLINED,
    DELIVERED,
    HOME,
    ID,
    NOON,
    NOT_CAPTURED,
    PAID,
    PAY,
    REFUNDED,
    REJECTED,
    REQUESTED,
    SHIPPED,
    TOTAL,
    VOIDED,
    created,
    deduct,
    deducted,
    released,
    reserve,
    reserved,
    restocked,
    tell,
    told,
)
from tests.models.saga_story import (
    BEGUN,
    DEDUCTED,
    HELD,
    PIVOT,
    PLACED,
    RESERVED,
    SOLD,
    TAKEN,
    asked,
    done,
    each,
    ended,
    given,
    telling,
)


def test_an_order_begins_with_the_authorization_of_its_total() -> None:
    given().when(CREATED).then(BEGUN, asked("authorize")).asks(AUTHORIZE)


def test_stock_is_asked_for_each_line_once_the_money_is_held() -> None:
    authorized = given(*PLACED).when(AUTHORIZED)

    authorized.then(done("authorize"), asked("reserve", until=NOON + HOLD)).asks(*each(reserve))


def test_an_order_is_confirmed_when_the_last_line_answers_in_any_order() -> None:
    nearly = given(*HELD, reserved(3)).when(reserved(1)).then(done("reserve", 1)).asks()

    nearly.when(reserved(2)).then(done("reserve", 2), asked("confirm")).asks(CONFIRM)


def test_money_is_taken_after_the_confirmation() -> None:
    given(*RESERVED).when(CONFIRMED).then(done("confirm"), asked("capture")).asks(CAPTURE)


def test_stock_leaves_after_the_money_is_taken() -> None:
    given(*PIVOT).when(CAPTURED).then(done("capture"), asked("deduct")).asks(*each(deduct))


def test_an_order_is_paid_and_its_customer_told_when_all_of_its_stock_has_left() -> None:
    """Not before: a paid order may be shipped, and shall not then turn out to lack its goods."""
    nearly = given(*TAKEN, deducted(2), deducted(1))

    last = nearly.when(deducted(3)).then(done("deduct", 3), telling("confirmed"))

    last.asks(tell("confirmed"), PAY)


ANSWERS: list[NoticeEvent] = [
    told("confirmed"),
    NotificationFailed(order_id=ID, kind="confirmed", version=1, code="no_address"),
    NotificationSuperseded(order_id=ID, kind="confirmed", version=1, by="cancelled"),
]


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: type(answer).__name__)
def test_a_checkout_ends_whether_its_customer_could_be_told_or_not(answer: NoticeEvent) -> None:
    sold = given(*DEDUCTED, PAID).when(answer).then(done("notify"), ended("confirmed")).asks()

    assert sold.waits_for == set()
    assert sold.saga is not None
    assert not finished(sold.saga)  # its customer may cancel


def test_an_order_of_one_line_goes_the_same_way() -> None:
    story = given(created(1)).when(AUTHORIZED, reserved(1), CONFIRMED, CAPTURED, deducted(1))

    confirm = type(CONFIRM)(order_id=ID, authorized=TOTAL, reserved=1)
    story.asks(reserve(1), confirm, CAPTURE, deduct(1), tell("confirmed"), PAY)


def test_an_order_without_lines_skips_its_stock() -> None:
    story = given(created(0)).when(AUTHORIZED, CONFIRMED, CAPTURED, told("confirmed"))

    confirm = type(CONFIRM)(order_id=ID, authorized=TOTAL, reserved=0)
    story.asks(confirm, CAPTURE, tell("confirmed"), PAY)
    assert story.events[-1] == ended("confirmed")


def test_an_order_of_the_old_envelope_is_paid_by_card_and_has_nobody_to_tell() -> None:
    old = created(1, user_id=None, customer=None, method=None, currency="KRW")
    paid = AUTHORIZE.__class__(
        payment_id=AUTHORIZE.payment_id, order_id=ID, amount=TOTAL, currency="KRW", method="card"
    )

    given().when(old).asks(paid)
    story = given(old, AUTHORIZED, reserved(1), CONFIRMED, CAPTURED).when(deducted(1))
    story.asks(Notify(order_id=ID, kind="confirmed", to=None), PAY)


@pytest.mark.parametrize(("fact", "kind"), [(SHIPPED, "shipped"), (DELIVERED, "delivered")])
def test_a_customer_is_told_what_happens_to_the_parcel(fact: Payload, kind: Kind) -> None:
    shipped = given(*SOLD, PAID).when(fact).then(telling(kind)).asks(tell(kind))

    answered = shipped.when(told(kind)).then(done("notify")).asks()

    assert answered.saga is not None
    assert finished(answered.saga) == (kind == "delivered")
    answered.when(fact).then().asks()


def test_an_order_shipped_before_its_customer_heard_of_the_confirmation_still_ends() -> None:
    shipped = given(*DEDUCTED).when(SHIPPED).then(telling("shipped")).asks(tell("shipped"))

    shipped.when(told("confirmed")).then().asks()
    shipped.when(told("shipped")).then(done("notify"), ended("confirmed")).asks()


def test_a_parcel_that_was_delivered_is_not_announced_as_shipped() -> None:
    given(*SOLD, SHIPPED, DELIVERED).when(SHIPPED).then().asks()


def test_stock_is_held_for_a_while_even_at_the_end_of_time() -> None:
    end = datetime.max.replace(tzinfo=UTC)
    saga = given(*PLACED).saga

    _, _, commands = react(saga, AUTHORIZED, home=HOME, now=end)

    assert [each.expires_at for each in commands if isinstance(each, ReserveStock)] == [end] * 3


def test_nothing_begins_but_with_an_order() -> None:
    """Race 6: `orders` says first that an order was placed, and the rest answers its saga."""
    for fact in SOLD[1:]:
        given().when(fact).then().asks()


@pytest.mark.parametrize(
    "facts",
    [
        (*SOLD, PAID, SHIPPED, told("shipped"), DELIVERED, told("delivered")),
        (*PLACED, DECLINED, REJECTED, told("rejected")),
        (*PIVOT, NOT_CAPTURED, VOIDED, *each(released), REQUESTED, CANCELLED, told("cancelled")),
        (*SOLD, REQUESTED, REFUNDED, *each(restocked), CANCELLED, told("cancelled")),
    ],
    ids=["sold", "rejected", "not captured", "cancelled"],
)
def test_a_fact_that_comes_again_changes_nothing_and_sends_nothing(
    facts: tuple[Payload, ...],
) -> None:
    for seen in range(1, len(facts) + 1):
        story = given(*facts[:seen])
        for again in facts[:seen]:
            assert story.when(again).then().asks().saga == story.saga


def test_facts_of_other_orders_lines_and_payments_change_nothing() -> None:
    other = "mina:another"
    foreign = (
        created(2, order_id=other),
        StockReceived(sku="SKU-A", quantity=5),
        _but(AUTHORIZED, payment_id=f"{other}/payment"),
        _but(AUTHORIZED, order_id=other),
        _but(CONFIRMED, order_id=other),
        _but(told("confirmed"), order_id=other),
        *(
            _but(fact(1), reservation_id=absurd)
            for fact in (reserved, deducted)
            for absurd in (f"{other}/1", f"{ID}/0", f"{ID}/4", f"{ID}/01", f"{ID}/-1", ID, "1", "/")
        ),
    )
    for seen in range(1, len(SOLD) + 1):
        story = given(*SOLD[:seen])
        for fact in foreign:
            assert story.when(fact).then().asks().saga == story.saga


def _but(fact: Payload, **changed: str) -> Payload:
    return msgspec.structs.replace(fact, **changed)


def test_a_history_without_its_beginning_folds_to_nothing() -> None:
    assert evolve(None, done("authorize")) is None


def test_a_saga_that_has_begun_does_not_begin_again() -> None:
    saga = given(*HELD).saga
    assert saga is not None

    again = evolve(saga, BEGUN)

    assert again == msgspec.structs.replace(saga, version=saga.version + 1)
