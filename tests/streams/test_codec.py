"""The codec: types and versions are told apart, and equal messages become equal bytes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import UnknownType, UnknownVersion
from models.messages import Message, in_utc
from models.money import MAX_AMOUNT, MINOR_DIGITS
from models.order_messages import Customer, OrderCreated, OrderLine
from models.upcasters import catalog
from streams.codec import CONTENT_TYPE, Codec
from tests.records import CURRENT, FIRST, WEIGHING, changed, outcome, weighed, written

PROPERTY = settings(deadline=None)
CODEC = Codec(catalog())

names = st.text(min_size=1)
amounts = st.integers(0, MAX_AMOUNT)
currencies: st.SearchStrategy[Any] = st.sampled_from(sorted(MINOR_DIGITS))
offsets = st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(timezone)
orders = st.builds(
    OrderCreated,
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
        max_size=4,
    ).map(tuple),
    total=amounts,
    currency=currencies,
    currency_source=st.sampled_from(["given", "upcast"]),
    method=st.none() | names,
)
messages = st.builds(
    Message,
    id=names,
    source=names,
    type=st.just("OrderCreated"),
    subject=names,
    time=st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds the zone
    dataversion=st.just(4),
    sequence=st.none() | st.integers(1, 2**53),
    correlationid=names,
    causationid=st.none() | names,
    partitionkey=names,
    data=orders,
)


def test_an_unknown_type_is_told_apart() -> None:
    error = outcome(CODEC, changed(CURRENT, ("type",), "OrderTeleported"))

    assert type(error) is UnknownType
    assert error.field == "$.type"


def test_a_version_newer_than_this_code_is_told_apart() -> None:
    error = outcome(CODEC, changed(CURRENT, ("dataversion",), 5))

    assert type(error) is UnknownVersion
    assert error.field == "$.dataversion"


def test_extension_attributes_of_the_envelope_are_legal() -> None:
    extended = written(CURRENT | {"traceparent": "00-ab-cd-01", "event_type": "OrderCreated"})

    assert CODEC.decode(extended) == CODEC.decode(written(CURRENT))


@pytest.mark.parametrize("name", ["datacontenttype", "sequence", "causationid"])
def test_an_optional_attribute_may_be_absent_or_null(name: str) -> None:
    absent, null = changed(CURRENT, (name,), ...), changed(CURRENT, (name,), None)

    assert CODEC.decode(absent) == CODEC.decode(null)


def test_version_1_in_a_cloudevent_is_upcast_like_any_other() -> None:
    message = CODEC.decode(written(FIRST))

    assert message.dataversion == 4
    assert isinstance(message.data, OrderCreated)
    assert message.data.currency_source == "upcast"


@PROPERTY
@given(messages)
def test_what_is_written_is_read_back_equal(message: Message) -> None:
    assert CODEC.decode(CODEC.encode(message)) == message


@PROPERTY
@given(messages, offsets)
def test_equal_messages_become_equal_bytes(message: Message, offset: timezone) -> None:
    elsewhere = message.time.astimezone(offset)
    same = msgspec.structs.replace(message, time=in_utc(elsewhere))

    assert CODEC.encode(same) == CODEC.encode(message)
    assert CODEC.encode(CODEC.decode(CODEC.encode(message))) == CODEC.encode(message)


def test_a_time_that_is_not_in_utc_is_never_written() -> None:
    seoul = datetime(2026, 3, 2, 10, tzinfo=timezone(timedelta(hours=9)))
    message = msgspec.structs.replace(CODEC.decode(written(CURRENT)), time=seoul)

    with pytest.raises(ValueError, match="not UTC"):
        CODEC.encode(message)


def test_the_order_of_a_dict_does_not_reach_the_bytes() -> None:
    one, other = ({"a": 1, "b": 2}, {"b": 2, "a": 1})

    written_once = WEIGHING.encode(WEIGHING.decode(weighed({"grams": one}, 2)))

    assert written_once == WEIGHING.encode(WEIGHING.decode(weighed({"grams": other}, 2)))


def test_a_record_is_a_cloudevent_in_structured_mode() -> None:
    record = json.loads(CODEC.encode(CODEC.decode(written(CURRENT))))

    assert record | {"datacontenttype": "application/json"} == CURRENT, "JSON is the default"
    assert CONTENT_TYPE == ("content-type", b"application/cloudevents+json; charset=UTF-8")


def test_what_is_unset_is_left_out() -> None:
    root = CURRENT | {"causationid": None, "sequence": None}

    record = json.loads(CODEC.encode(CODEC.decode(written(root))))

    assert set(CURRENT) - set(record) == {"causationid", "sequence", "datacontenttype"}


@pytest.mark.parametrize("change", [{"type": "OrderPaid"}, {"dataversion": 1}])
def test_what_the_catalog_does_not_write_is_never_written(change: dict[str, Any]) -> None:
    message = msgspec.structs.replace(CODEC.decode(written(CURRENT)), **change)

    with pytest.raises(ValueError, match="not what the catalog writes"):
        CODEC.encode(message)
