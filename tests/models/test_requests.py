"""Requests: what may be asked, and the command that it becomes."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from models.money import MAX_AMOUNT
from models.order_messages import (
    CancelOrder,
    ConfirmDelivery,
    CreateOrder,
    Customer,
    OrderLine,
    ShipOrder,
)
from models.requests import (
    AdjustRequest,
    CancelRequest,
    CompensateRequest,
    DeliverRequest,
    OrderRequest,
    ReceiveRequest,
    RetryRequest,
    ShipRequest,
    SkipRequest,
    create_order,
    flaw_of,
    order_command,
    saga_command,
    stock_command,
)
from models.saga_messages import CompensateSaga, RetrySagaStep, SkipSagaStep
from models.stock_messages import AdjustStock, ReceiveStock

LINE: dict[str, Any] = {"sku": "KB-1", "quantity": 2, "unit_price": 4950}
WHO: dict[str, Any] = {"by": "grace", "reason": "asked the warehouse"}
ORDER: dict[str, Any] = {"user_id": "mina", "lines": [LINE], "currency": "USD"}


def order(**changes: Any) -> OrderRequest:
    """A request for an order."""
    return msgspec.convert(ORDER | changes, OrderRequest)


def test_an_order_becomes_the_command_to_create_it() -> None:
    lines = [LINE | {"name": "Keyboard", "currency": "USD"}]
    customer = {"name": "Mina", "email": "mina@example.org"}

    command = create_order("mina:1", order(lines=lines, customer=customer))

    assert command == CreateOrder(
        order_id="mina:1",
        user_id="mina",
        customer=Customer(name="Mina", email="mina@example.org"),
        lines=(OrderLine(sku="KB-1", name="Keyboard", quantity=2, unit_price=4950),),
        currency="USD",
        method="card",
    )


def test_an_order_may_come_without_a_customer_and_with_a_method() -> None:
    command = create_order("mina:1", order(payment_method="card-declined"))

    assert (command.customer, command.method) == (None, "card-declined")


def test_an_order_has_the_style_that_it_names_or_else_the_one_of_the_settings() -> None:
    named, unnamed = order(saga="orchestration"), order()

    assert create_order("mina:1", named, "choreography").saga == "orchestration"
    assert create_order("mina:1", unnamed, "choreography").saga == "choreography"
    assert create_order("mina:1", unnamed).saga == "orchestration"
    with pytest.raises(msgspec.ValidationError):
        order(saga="both")


@pytest.mark.parametrize(
    ("request_", "command"),
    [
        (CancelRequest(), CancelOrder(order_id="o", reason="cancelled by the customer")),
        (CancelRequest(reason="late"), CancelOrder(order_id="o", reason="late")),
        (ShipRequest(tracking="JD2"), ShipOrder(order_id="o", tracking="JD2")),
        (DeliverRequest(), ConfirmDelivery(order_id="o")),
    ],
)
def test_requests_about_an_order_become_commands(request_: Any, command: Any) -> None:
    assert flaw_of(request_) is None
    assert order_command("o", request_) == command


@pytest.mark.parametrize(
    ("request_", "command"),
    [
        (RetryRequest(step="reserve", **WHO), RetrySagaStep(order_id="o", step="reserve", **WHO)),
        (SkipRequest(step="notify", **WHO), SkipSagaStep(order_id="o", step="notify", **WHO)),
        (CompensateRequest(**WHO), CompensateSaga(order_id="o", **WHO)),
    ],
)
def test_requests_of_operators_become_commands(request_: Any, command: Any) -> None:
    assert flaw_of(request_) is None
    assert saga_command("o", request_) == command


@pytest.mark.parametrize("changes", [{"by": ""}, {"by": "a\nb"}, {"reason": ""}, {"step": "pray"}])
def test_an_operator_says_which_step_who_they_are_and_why(changes: dict[str, str]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"step": "reserve", **WHO, **changes}, RetryRequest)


@pytest.mark.parametrize(
    ("request_", "command"),
    [
        (ReceiveRequest(quantity=3), ReceiveStock(sku="s", quantity=3)),
        (AdjustRequest(change=-1, reason="fell"), AdjustStock(sku="s", change=-1, reason="fell")),
    ],
)  # fmt: skip
def test_requests_about_stock_become_commands(request_: Any, command: Any) -> None:
    assert flaw_of(request_) is None
    assert stock_command("s", request_) == command


def test_a_line_in_another_currency_than_its_order_is_named() -> None:
    flaw = flaw_of(order(lines=[LINE, LINE | {"currency": "KRW"}]))

    assert flaw is not None
    assert (flaw.field, flaw.value) == ("lines[1].currency", "KRW")
    assert "USD" in flaw.cure


def test_a_total_that_not_every_reader_keeps_exact_is_refused() -> None:
    most = LINE | {"quantity": 1, "unit_price": MAX_AMOUNT}

    assert flaw_of(order(lines=[most])) is None
    flaw = flaw_of(order(lines=[most, LINE]))
    assert flaw is not None
    assert (flaw.field, flaw.value) == ("lines", MAX_AMOUNT + 9900)


def test_an_adjustment_by_nothing_is_refused() -> None:
    flaw = flaw_of(AdjustRequest(change=0, reason="counted"))

    assert flaw is not None
    assert flaw.field == "change"


@pytest.mark.parametrize(
    "name", ["a b", "a/b", "a:b", "a?", "a#", "a%41", "a\n", "\x00", "", "a" * 101]
)
def test_users_and_skus_fit_into_a_path(name: str) -> None:
    for changes in ({"user_id": name}, {"lines": [LINE | {"sku": name}]}):
        with pytest.raises(msgspec.ValidationError):
            order(**changes)


@pytest.mark.parametrize("name", ["a", "ada@example.com", "김민아", "a" * 100])
def test_users_and_skus_may_be_of_any_alphabet(name: str) -> None:
    assert order(user_id=name, lines=[LINE | {"sku": name}]).user_id == name


@pytest.mark.parametrize("text", ["Mina\n", "Mi\r\nBcc: all@example.org", "\x1b[31m", ""])
def test_text_that_is_mailed_or_shown_holds_no_control_characters(text: str) -> None:
    for customer in (
        {"name": text, "email": "a@b"},
        {"name": "Mina", "email": f"a@b{text}" if text else ""},
    ):
        with pytest.raises(msgspec.ValidationError):
            order(customer=customer)
