"""Upcasters: the plain envelope and older versions of an order, as today's code reads them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import UnknownVersion
from models.messages import Envelope
from models.money import MAX_AMOUNT, MINOR_DIGITS
from models.order_messages import CreateOrder, Customer, OrderCreated, OrderLine
from models.upcasters import (
    CreateOrderV1,
    OrderCreatedV1,
    OrderCreatedV2,
    OrderCreatedV3,
    OrderItemV1,
    SagaStepStartedV1,
    from_legacy,
    upcast_create_order_v1,
    upcast_order_created_v1,
    upcast_order_created_v2,
    upcast_order_created_v3,
    upcast_saga_step_started_v1,
)

PROPERTY = settings(deadline=None)

names = st.text(min_size=1)
amounts = st.integers(0, MAX_AMOUNT)
ids = names | amounts
items = st.builds(
    OrderItemV1,
    sku=st.none() | names,
    name=names,
    qty=st.integers(1, 1_000_000),
    price=amounts,
)
totals = st.fixed_dictionaries({"total": amounts}) | st.fixed_dictionaries(
    {"total_amount": amounts}
)
currencies: st.SearchStrategy[Any] = st.none() | st.sampled_from(sorted(MINOR_DIGITS))
first_versions = st.builds(
    lambda total, **rest: OrderCreatedV1(**total, **rest),
    total=totals,
    order_id=ids,
    user_id=st.none() | ids,
    items=st.lists(items, max_size=3).map(tuple),
    currency=currencies,
)
second_versions = st.builds(
    OrderCreatedV2,
    order_id=names,
    user_id=st.none() | names,
    customer=st.none() | st.builds(Customer, name=names, email=names),
    lines=st.lists(
        st.builds(
            OrderLine,
            sku=names,
            name=st.none() | names,
            quantity=st.integers(1, 1_000_000),
            unit_price=amounts,
        ),
        max_size=3,
    ).map(tuple),
    total=amounts,
    currency=st.sampled_from(sorted(MINOR_DIGITS)),
    currency_source=st.sampled_from(["given", "upcast"]),
)


def legacy(**changes: object) -> bytes:
    """Write the article's envelope, with changes; None leaves a field out."""
    fields = {
        "event_type": "OrderCreated",
        "event_id": "e-1",
        "timestamp": "2026-03-02T10:00:00",
        "data": {"order_id": "123", "user_id": 100, "total": 50_000},
    } | changes
    return json.dumps({name: each for name, each in fields.items() if each is not None}).encode()


def envelope(**changes: object) -> Envelope:
    read = from_legacy(legacy(**changes))
    assert read is not None
    return read


@PROPERTY
@given(first_versions)
def test_every_valid_version_1_becomes_a_valid_version_2(old: OrderCreatedV1) -> None:
    new = upcast_order_created_v1(old)

    assert msgspec.convert(msgspec.to_builtins(new), OrderCreatedV2) == new
    assert new.currency_source == ("upcast" if old.currency is None else "given")
    assert new.total == (old.total_amount if old.total is None else old.total)
    assert [line.quantity for line in new.lines] == [item.qty for item in old.items]


@PROPERTY
@given(second_versions)
def test_every_valid_version_2_becomes_a_valid_version_3_that_says_the_same(
    old: OrderCreatedV2,
) -> None:
    new = upcast_order_created_v2(old)

    assert msgspec.convert(msgspec.to_builtins(new), OrderCreatedV3) == new
    assert msgspec.to_builtins(new) == msgspec.to_builtins(old) | {"method": None}


third_versions = st.builds(
    lambda old, method: OrderCreatedV3(**msgspec.structs.asdict(old), method=method),
    second_versions,
    st.none() | names,
)
started = st.builds(
    SagaStepStartedV1,
    order_id=names,
    step=st.sampled_from(["authorize", "reserve", "notify"]),
    until=st.none() | st.datetimes(timezones=st.just(UTC)),
    kind=st.none() | st.just("confirmed"),
)
asked = st.builds(
    lambda old: CreateOrderV1(
        order_id=old.order_id,
        user_id=old.order_id,
        lines=old.lines,
        currency=old.currency,
        method="card",
    ),
    second_versions.filter(lambda old: bool(old.lines)),
)


@PROPERTY
@given(third_versions)
def test_an_order_of_before_there_were_styles_was_orchestrated(old: OrderCreatedV3) -> None:
    new = upcast_order_created_v3(old)

    assert msgspec.convert(msgspec.to_builtins(new), OrderCreated) == new
    assert msgspec.to_builtins(new) == msgspec.to_builtins(old) | {"saga": "orchestration"}


@PROPERTY
@given(asked)
def test_a_command_of_before_there_were_styles_asks_for_orchestration(old: CreateOrderV1) -> None:
    new = upcast_create_order_v1(old)

    assert msgspec.convert(msgspec.to_builtins(new), CreateOrder) == new
    assert msgspec.to_builtins(new) == msgspec.to_builtins(old) | {"saga": "orchestration"}


@PROPERTY
@given(started)
def test_a_step_of_before_there_were_deadlines_has_none(old: SagaStepStartedV1) -> None:
    new = upcast_saga_step_started_v1(old)

    assert (new.deadline, new.line) == (None, None)
    assert (new.order_id, new.step, new.until, new.kind) == (
        old.order_id,
        old.step,
        old.until,
        old.kind,
    )


def test_a_currency_that_was_not_given_is_a_guess_and_says_so() -> None:
    new = upcast_order_created_v1(OrderCreatedV1(order_id=7, total=50_000))

    assert (new.currency, new.currency_source) == ("KRW", "upcast")
    assert (new.order_id, new.user_id, new.lines) == ("7", None, ())


@pytest.mark.parametrize("amount", [None, 1])
def test_version_1_has_exactly_one_total(amount: int | None) -> None:
    with pytest.raises(ValueError, match="either `total` or `total_amount`"):
        OrderCreatedV1(order_id="1", total=amount, total_amount=amount)


def test_the_plain_envelope_becomes_a_cloudevent_about_its_order() -> None:
    read = envelope()

    assert (read.specversion, read.id, read.type, read.source) == (
        "1.0",
        "e-1",
        "OrderCreated",
        "/legacy",
    )
    assert (read.subject, read.correlationid, read.causationid) == ("123", "123", None)
    assert read.partitionkey == "100"
    assert read.time == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert (read.dataversion, read.sequence) == (1, None)


def test_a_time_with_an_offset_keeps_it() -> None:
    assert envelope(timestamp="2026-03-02T10:00:00+09:00").time == datetime(
        2026, 3, 2, 1, tzinfo=UTC
    )


def test_without_a_user_the_order_id_is_the_partition_key() -> None:
    assert envelope(data={"order_id": 0, "total": 1}).partitionkey == "0"


def test_zero_is_a_user_like_any_other() -> None:
    assert envelope(data={"order_id": 7, "user_id": 0, "total": 1}).partitionkey == "0"


def test_a_row_of_the_event_store_names_its_order_outside_the_data() -> None:
    """There, `version` counts the events of the aggregate: 5 is its fifth, of schema version 1."""
    read = envelope(aggregate_id="order-1", version=5, data={"user_id": "u", "total": 1})

    assert (read.subject, read.sequence, read.dataversion) == ("order-1", 5, 1)
    assert msgspec.json.decode(read.data) == {"user_id": "u", "total": 1, "order_id": "order-1"}


@pytest.mark.parametrize("version", [1, 2])
def test_both_versions_of_the_article_are_version_1_here(version: int) -> None:
    assert envelope(version=version).dataversion == 1


def test_a_later_version_of_the_plain_envelope_is_unknown() -> None:
    with pytest.raises(UnknownVersion, match=r"\$\.version: 3 is above 2"):
        from_legacy(legacy(version=3))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"event_id": None}, "missing required field `event_id`"),
        ({"event_id": ""}, r"length >= 1 - at `\$.event_id`"),
        ({"event_type": 5}, r"at `\$.event_type`"),
        ({"timestamp": None}, "missing required field `timestamp`"),
        ({"timestamp": "yesterday"}, r"at `\$.timestamp`"),
        ({"version": 0}, r"at `\$.version`"),
        ({"data": None}, "missing required field `data`"),
        ({"data": []}, r"at `\$.data`"),
        ({"data": {"total": 1}}, r"missing required field `order_id` - at `\$.data`"),
        ({"data": {"order_id": True}}, r"at `\$.data.order_id`"),
        ({"data": {"order_id": "1", "user_id": -1}}, r"at `\$.data.user_id`"),
        ({"data": {"order_id": 2**53 + 1}}, r"at `\$.data.order_id`"),
    ],
)
def test_a_plain_envelope_that_is_incomplete_or_wrong_names_the_field(
    changes: dict[str, object], complaint: str
) -> None:
    with pytest.raises(msgspec.ValidationError, match=complaint):
        from_legacy(legacy(**changes))


@pytest.mark.parametrize("changes", [{"event_type": None}, {"specversion": "1.0"}])
def test_what_has_no_event_type_or_is_a_cloudevent_is_not_the_plain_envelope(
    changes: dict[str, object],
) -> None:
    assert from_legacy(legacy(**changes)) is None
