"""Histories of one order: what its four topics say of it, decided by its contexts.

Order within a topic is kept; a reader may see any interleaving of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from models.messages import Payload
from models.payment_messages import PaymentCaptureRequested, PaymentRequested, PaymentVoidRequested
from tests.models.saga_facts import (
    AUTHORIZED,
    CANCELLED,
    CAPTURED,
    CONFIRMED,
    CREATED,
    DECLINED,
    DELIVERED,
    EXPIRED,
    ID,
    NOT_CAPTURED,
    NOT_REFUNDED,
    PAID,
    PAYMENT,
    REFUNDED,
    REJECTED,
    REQUESTED,
    SHIPPED,
    TOTAL,
    VOIDED,
    created,
    deducted,
    not_deducted,
    not_reserved,
    released,
    reserved,
    restocked,
    told,
)
from tests.models.saga_story import each

Topics = Sequence[tuple[Payload, ...]]

ASKED = PaymentRequested(
    payment_id=PAYMENT, order_id=ID, amount=TOTAL, currency="USD", method="card", key="k"
)
CAPTURE_ASKED = PaymentCaptureRequested(payment_id=PAYMENT, order_id=ID, amount=TOTAL, key="k")
VOID_ASKED = PaymentVoidRequested(payment_id=PAYMENT, order_id=ID, key="k")
UNCAPTURED = msgspec.structs.replace(REQUESTED, reason="capture_refused")
SOLD_OUT = msgspec.structs.replace(REQUESTED, reason="out_of_stock")
TAKING = (ASKED, AUTHORIZED, CAPTURE_ASKED)
GIVEN_BACK = (restocked(1), released(2), deducted(3), restocked(3))
CANCELLING = (CREATED, REQUESTED, CANCELLED)
CANCELLING_LATE = (CREATED, CONFIRMED, REQUESTED, CANCELLED)

# What the orders, the payment, stock and the notifications say.
GOES_WELL: dict[str, Topics] = {
    "confirmed": (
        (CREATED, CONFIRMED, PAID),
        (*TAKING, CAPTURED),
        (reserved(3), reserved(1), reserved(2), *each(deducted)),
        (told("confirmed"),),
    ),
    "without lines": ((created(0), CONFIRMED, PAID), (*TAKING, CAPTURED), (), (told("confirmed"),)),
}
FAILS: dict[str, Topics] = {
    "declined": ((CREATED, REJECTED), (ASKED, DECLINED), (), (told("rejected"),)),
    "a line refused": (
        (CREATED, REJECTED),
        (ASKED, AUTHORIZED, VOID_ASKED, VOIDED),
        (reserved(1), not_reserved(2), reserved(3), *each(released)),
        (told("rejected"),),
    ),
    "two lines refused": (
        (CREATED, REJECTED),
        (ASKED, AUTHORIZED, VOIDED),
        (not_reserved(2), released(1), not_reserved(3), released(3), released(2)),
        (told("rejected"),),
    ),
    "capture refused": (
        (CREATED, CONFIRMED, UNCAPTURED, CANCELLED),
        (*TAKING, NOT_CAPTURED, VOID_ASKED, VOIDED),
        (*each(reserved), *each(released)),
        (told("cancelled"),),
    ),
}
CANCELLATIONS: dict[str, Topics] = {
    "a deduction refused": (
        (CREATED, CONFIRMED, SOLD_OUT, CANCELLED),
        (*TAKING, CAPTURED, REFUNDED),
        (*each(reserved), deducted(1), not_deducted(2), *GIVEN_BACK),
        (told("cancelled"),),
    ),
    "authorizing": (CANCELLING, (ASKED, AUTHORIZED, VOIDED), each(released), (told("cancelled"),)),
    "declined": (CANCELLING, (ASKED, DECLINED), (), (told("cancelled"),)),
    "reserving": (
        CANCELLING,
        (ASKED, AUTHORIZED, VOIDED),
        (reserved(2), *each(released)),
        (told("cancelled"),),
    ),
    "reserved": (
        CANCELLING,
        (ASKED, AUTHORIZED, VOIDED),
        (*each(reserved), *each(released)),
        (told("cancelled"),),
    ),
    "a line refused": (
        CANCELLING,
        (ASKED, AUTHORIZED, VOIDED),
        (reserved(1), not_reserved(2), released(1), released(3)),
        (told("cancelled"),),
    ),
    "capturing": (
        CANCELLING_LATE,
        (*TAKING, CAPTURED, REFUNDED),
        (*each(reserved), *each(released)),
        (told("cancelled"),),
    ),
    "not captured": (
        CANCELLING_LATE,
        (*TAKING, NOT_CAPTURED, VOIDED),
        (*each(reserved), *each(released)),
        (told("cancelled"),),
    ),
    "deducting": (
        CANCELLING_LATE,
        (*TAKING, CAPTURED, REFUNDED),
        (*each(reserved), deducted(1), not_deducted(2), *GIVEN_BACK),
        (told("cancelled"),),
    ),
    "deducted": (
        CANCELLING_LATE,
        (*TAKING, CAPTURED, REFUNDED),
        (*each(reserved), *each(deducted), *each(restocked)),
        (told("cancelled"),),
    ),
    "sold": (
        (CREATED, CONFIRMED, PAID, REQUESTED, CANCELLED),
        (*TAKING, CAPTURED, REFUNDED),
        (*each(reserved), *each(deducted), *each(restocked)),
        (told("confirmed"), told("cancelled")),
    ),
    "expired": (
        (CREATED, EXPIRED),
        (ASKED, AUTHORIZED, VOIDED),
        (reserved(1), *each(released)),
        (told("expired"),),
    ),
    "refunded at the second attempt": (
        (CREATED, CONFIRMED, SOLD_OUT, CANCELLED),
        (*TAKING, CAPTURED, NOT_REFUNDED, REFUNDED),
        (*each(reserved), *each(not_deducted), *each(released)),
        (told("cancelled"),),
    ),
}
DELIVERING: Topics = (
    (CREATED, CONFIRMED, PAID, SHIPPED, DELIVERED),
    (*TAKING, CAPTURED),
    (*each(reserved), *each(deducted)),
    (told("confirmed"), told("shipped"), told("delivered")),
)
