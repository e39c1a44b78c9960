"""Messages and their catalog: equal instants are equal, ids repeat, upcasters leave no gap."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import UnknownType, UnknownVersion
from models.messages import Catalog, MessageType, Payload, Upcaster, derive_id, in_utc

PROPERTY = settings(deadline=None)


class Counted(Payload, frozen=True, kw_only=True):
    """Version 3 of a message made for these tests."""

    count: int
    unit: str


class CountedV1(Payload, frozen=True, kw_only=True):
    """Version 1: a number written as text."""

    count: str


class CountedV2(Payload, frozen=True, kw_only=True):
    """Version 2: a number."""

    count: int


def from_v1(old: CountedV1) -> CountedV2:
    return CountedV2(count=int(old.count))


def from_v2(old: CountedV2) -> Counted:
    return Counted(count=old.count, unit="piece")


STEPS = {1: Upcaster(CountedV1, from_v1), 2: Upcaster(CountedV2, from_v2)}
COUNTED = MessageType(Counted, version=3, upcasters=STEPS)


def test_an_instant_is_kept_in_utc() -> None:
    seoul = datetime(2026, 3, 2, 10, tzinfo=timezone(timedelta(hours=9)))

    assert in_utc(seoul).tzinfo is UTC
    assert in_utc(seoul) == datetime(2026, 3, 2, 1, tzinfo=UTC)


def test_a_time_without_offset_is_no_instant() -> None:
    naive = datetime(2026, 3, 2, 10)  # noqa: DTZ001 - the case under test

    with pytest.raises(ValueError, match="no offset"):
        in_utc(naive)


def test_an_instant_outside_the_calendar_is_refused() -> None:
    before_year_one = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=10)))

    with pytest.raises(ValueError, match="outside the years"):
        in_utc(before_year_one)


def test_a_derived_id_never_changes() -> None:
    """Written out: another value would make old decisions look like new ones."""
    assert derive_id("cause", "OrderConfirmed") == "acf069181158576678797fd3006ccdd1"
    assert derive_id("cause", "OrderConfirmed", 1) == "c7cbfd517f92684cfd3e661f7770b652"


@PROPERTY
@given(st.lists(st.tuples(st.text(), st.text(), st.integers(0, 30)), unique=True))
def test_different_causes_names_or_indices_give_different_ids(
    parts: list[tuple[str, str, int]],
) -> None:
    ids = {derive_id(*each) for each in parts}

    assert len(ids) == len(parts)
    assert all(re.fullmatch(r"[0-9a-f]{32}", each) for each in ids)


def test_data_of_any_older_version_becomes_current_step_by_step() -> None:
    assert COUNTED.upcast(CountedV1(count="7"), 1) == Counted(count=7, unit="piece")
    assert COUNTED.upcast(CountedV2(count=7), 2) == Counted(count=7, unit="piece")
    assert COUNTED.upcast(Counted(count=7, unit="box"), 3) == Counted(count=7, unit="box")


def test_each_version_is_read_with_its_own_struct() -> None:
    assert [COUNTED.schema_at(version) for version in (1, 2, 3)] == [CountedV1, CountedV2, Counted]


@pytest.mark.parametrize("steps", [{}, {1: STEPS[1]}, {2: STEPS[2]}, {0: STEPS[1], **STEPS}])
def test_a_gap_between_versions_is_refused(steps: dict[int, Upcaster]) -> None:
    with pytest.raises(ValueError, match="Counted is at version 3"):
        MessageType(Counted, version=3, upcasters=steps)


def test_two_types_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two message types of one name"):
        Catalog([COUNTED, MessageType(Counted)])


def test_catalogs_are_independent() -> None:
    assert list(Catalog([COUNTED])) == [COUNTED]
    assert list(Catalog([])) == []


def test_a_type_or_version_outside_the_catalog_has_an_error_of_its_own() -> None:
    catalog = Catalog([COUNTED])

    unknown_type = catalog.unknown("Weighed", 1)
    unknown_version = catalog.unknown("Counted", 4)

    assert type(unknown_type) is UnknownType
    assert str(unknown_type).startswith("$.type: no message type 'Weighed' in the catalog; deploy")
    assert type(unknown_version) is UnknownVersion
    assert "known up to version 3, this is 4" in str(unknown_version)
