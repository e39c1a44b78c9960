"""Chance is repeatable: the same seed and key fare alike, in any order and any process."""

from __future__ import annotations

from collections import Counter

import pytest

from deploy.gateway.chance import MOST_ATTEMPTS, Fault, Odds

KEYS = [f"key {number}" for number in range(4000)]


def test_seed_and_key_alone_decide() -> None:
    odds = Odds(seed=7, decline=0.3, silence=0.2, lost=0.2, errors=0.2, latency=0.1)
    twin = Odds(seed=7, decline=0.3, silence=0.2, lost=0.2, errors=0.2, latency=0.1)

    forwards = {key: (odds.fault(key), odds.declined(key), odds.delay(key)) for key in KEYS}
    backwards = {
        key: (twin.fault(key), twin.declined(key), twin.delay(key)) for key in reversed(KEYS)
    }

    assert forwards == backwards


def test_the_draws_of_yesterday_are_those_of_today() -> None:
    odds = Odds(seed=1, silence=0.3, lost=0.3, errors=0.4)

    assert [odds.fault(key) for key in KEYS[:4]] == [
        Fault("error", "never", attempts=2, status=503),
        Fault("lost", "first", attempts=2, status=503),
        Fault("lost", "never", attempts=1, status=500),
        Fault("lost", "first", attempts=2, status=500),
    ]


def test_another_seed_is_another_run() -> None:
    assert [Odds(seed=1, lost=0.5).fault(key) for key in KEYS] != [
        Odds(seed=2, lost=0.5).fault(key) for key in KEYS
    ]


def test_things_go_wrong_as_often_as_was_asked() -> None:
    odds = Odds(decline=0.1, silence=0.2, lost=0.1, errors=0.3)
    kinds = Counter(fault.kind if fault else None for fault in map(odds.fault, KEYS))
    declines = [refusal for refusal in map(odds.declined, KEYS) if refusal]

    assert kinds["silence"] / len(KEYS) == pytest.approx(0.2, abs=0.03)
    assert kinds["lost"] / len(KEYS) == pytest.approx(0.1, abs=0.03)
    assert kinds["error"] / len(KEYS) == pytest.approx(0.3, abs=0.03)
    assert len(declines) / len(KEYS) == pytest.approx(0.1, abs=0.03)
    assert set(declines) == {"card_declined", "insufficient_funds"}


def test_without_odds_nothing_goes_wrong() -> None:
    assert {Odds().fault(key) for key in KEYS} == {None}
    assert {Odds().declined(key) for key in KEYS} == {None}
    assert {Odds().delay(key) for key in KEYS} == {0}


def test_every_fault_comes_both_with_and_without_its_effect() -> None:
    odds = Odds(silence=0.4, lost=0.3, errors=0.3)
    faults = [fault for fault in map(odds.fault, KEYS) if fault]

    assert len(faults) == len(KEYS)
    assert {(fault.kind, fault.done) for fault in faults} == {
        ("silence", "first"),
        ("silence", "late"),
        ("silence", "never"),
        ("lost", "first"),
        ("lost", "never"),
        ("error", "first"),
        ("error", "never"),
    }
    assert {fault.status for fault in faults if fault.kind == "error"} == {500, 503}
    assert {fault.attempts for fault in faults} == set(range(1, MOST_ATTEMPTS + 1))


def test_latency_stays_around_its_mean() -> None:
    delays = [Odds(latency=0.1).delay(key) for key in KEYS]

    assert min(delays) >= 0.05
    assert max(delays) <= 0.15
    assert sum(delays) / len(delays) == pytest.approx(0.1, rel=0.05)
