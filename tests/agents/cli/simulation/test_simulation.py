"""A simulation accounts for every order it has sent, and notices whatever is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import pytest

from agents.cli.client import ServerAway, connected
from agents.cli.simulation.journey import Journey
from agents.cli.simulation.plan import STYLES, Plan, plans
from agents.cli.simulation.simulation import Manner, Simulation
from agents.cli.simulation.summary import Summary
from tests.agents.cli.fake_api import FakeShop

FAST = Manner(rate=500, patience=0.2)


@dataclass
class Trial:
    """What was said during a run, and which orders have ended."""

    url: str
    notes: list[str] = field(default_factory=list)
    ended: list[Journey] = field(default_factory=list)

    async def run(
        self, manner: Manner = FAST, *, count: int = 60, run: str = "r", stock: str = "1"
    ) -> Summary:
        """Send orders."""
        async with connected(self.url) as api:
            simulation = Simulation(api, manner, note=self.notes.append, ended=self.ended.append)
            await simulation.stock_up(stock)
            return await simulation.run(hurried(run, count))


def hurried(run: str, count: int) -> Iterator[Plan]:
    """Customers who do everything fifty times as fast."""
    drawn = islice(plans(1, 10, run, STYLES), count)
    return (replace(plan, pause=plan.pause / 50) for plan in drawn)


@pytest.fixture
def trial(url: str) -> Trial:
    """A simulation of the fake shop's customers."""
    return Trial(url)


async def test_when_all_is_well_every_order_is_accounted_for(trial: Trial) -> None:
    summary = await trial.run(count=150)

    assert summary.mismatches == []
    assert (summary.sent, summary.accepted, summary.compared) == (150, 150, True)
    assert summary.duplicates
    assert summary.made is not None
    assert summary.made.placed == 150
    assert {"CONFIRMED", "REJECTED", "CANCELLED", "SHIPPED", "DELIVERED"} == set(
        summary.made.orders
    )
    assert set(summary.made.rejected) == {"declined", "insufficient_funds", "out_of_stock"}
    assert len(trial.ended) == 150
    assert trial.notes == []


async def test_repeated_requests_are_sent_under_the_same_key(trial: Trial, shop: FakeShop) -> None:
    summary = await trial.run(count=150)

    placed = [
        key for method, path, key, _ in shop.requests if (method, path) == ("POST", "/orders")
    ]
    assert len(placed) - len(set(placed)) == summary.duplicates > 0


async def test_a_second_run_finds_its_stock_and_counts_only_its_own_orders(
    trial: Trial, shop: FakeShop
) -> None:
    await trial.run(run="a")
    received = shop.stock.total()

    summary = await trial.run(run="b")

    assert summary.mismatches == []
    assert len(shop.orders) == 120
    assert summary.made is not None
    assert summary.made.placed == 60
    assert shop.stock.total() < received


async def test_stock_is_received_again_under_another_name(trial: Trial, shop: FakeShop) -> None:
    await trial.run(count=1)
    before = shop.stock.total()

    await trial.run(count=1, run="b", stock="1-again")

    assert shop.stock.total() > before + 1_000_000


def faulty(name: str, value: Any) -> Callable[[FakeShop], None]:
    """A shop with a fault."""
    return lambda shop: setattr(shop, name, value)


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        (faulty("loses_orders", value=True), "was accepted, and is not known"),
        (faulty("never_ends", value=True), "has not ended: it is PENDING"),
        (faulty("forgets_keys", value=True), "sent again under its key became another order"),
        (faulty("wrong_total", value=1), "was sent with a total of"),
        (faulty("miscounts", value=-1), "placed: the orders make 60, the totals say 59"),
        (faulty("keeps_money", value=True), "kept "),
        (faulty("accepts_declined", value=True), "although its card was declined"),
        (faulty("refuses_shipping", value=True), "could not be asked to ship"),
        (
            faulty("style", "choreography"),
            "was sent to be checked out by orchestration, and is by choreography",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_is_wrong_is_found(
    trial: Trial, shop: FakeShop, fault: Callable[[FakeShop], None], complaint: str
) -> None:
    fault(shop)

    summary = await trial.run()

    assert any(complaint in mismatch for mismatch in summary.mismatches), summary.mismatches
    assert "mismatches:" in summary.verdict()


async def test_totals_that_were_not_at_rest_are_shown_and_not_compared(
    trial: Trial, shop: FakeShop
) -> None:
    shop.partitions = {"counted": 2, "all": 4}

    summary = await trial.run(Manner(rate=500, patience=0.2, rest=0.0))

    assert (summary.compared, summary.mismatches) == (False, [])
    assert trial.notes == ["the totals are not compared: they were not at rest before this run"]
    assert "the totals were not compared" in summary.verdict()


async def test_totals_that_others_change_too_are_not_compared(trial: Trial, shop: FakeShop) -> None:
    shop.miscounts = 7

    summary = await trial.run(Manner(rate=500, patience=0.2, shared=True))

    assert (summary.compared, summary.mismatches, trial.notes) == (False, [], [])


async def test_orders_that_are_not_followed_are_only_sent(trial: Trial, shop: FakeShop) -> None:
    summary = await trial.run(Manner(rate=500, patience=0.2, follow=False))

    assert (summary.accepted, summary.made, summary.mismatches) == (60, None, [])
    assert not any(path.startswith("/orders/") for _, path, _, _ in shop.requests)
    assert "with --wait" in summary.verdict()


async def test_a_server_that_is_away_is_waited_for_and_said_once(
    trial: Trial, shop: FakeShop
) -> None:
    shop.away = 40

    summary = await trial.run(Manner(rate=500, patience=20, in_flight=8))

    assert summary.mismatches == []
    assert summary.accepted == len(shop.orders) == 60
    assert [note.split("\n")[-1] for note in trial.notes] == [
        "waiting for it, up to 20 s",
        "the server answers again",
    ]


async def test_a_server_that_stays_away_ends_the_run(trial: Trial, shop: FakeShop) -> None:
    shop.away = 1_000_000

    with pytest.raises(ServerAway, match="answers 503: Kafka does not answer"):
        await trial.run()


async def test_a_server_that_goes_away_for_good_in_mid_run_ends_it(
    trial: Trial, shop: FakeShop
) -> None:
    def vanish(_: Journey) -> None:
        shop.away = 1_000_000

    async with connected(trial.url) as api:
        simulation = Simulation(api, FAST, note=trial.notes.append, ended=vanish)
        await simulation.stock_up("1")
        with pytest.raises(ServerAway):
            await simulation.run(hurried("r", 500))

    assert simulation.traffic.sent < 500


async def test_no_more_requests_are_in_flight_than_allowed(trial: Trial, shop: FakeShop) -> None:
    await trial.run(Manner(rate=5000, patience=5, in_flight=3))

    assert shop.most_at_once == 3


async def test_the_summary_has_rows_and_a_record(trial: Trial) -> None:
    summary = await trial.run(count=150)

    record, rows = summary.record(), summary.rows()
    assert record["placed"] == 150
    assert record["stock"]["reserved"] == 0
    assert set(record["money"]) == {"USD", "EUR", "KRW", "KWD"}
    for words in ("placed", "  out_of_stock", "captured KWD", "refunded", "stock on hand"):
        assert words in rows
    assert summary.verdict() == "every accepted order is known and has ended, and the totals agree"


async def test_the_styles_of_checkout_stand_side_by_side(trial: Trial) -> None:
    summary = await trial.run(count=150)

    record, rows = summary.record(), summary.rows().splitlines()
    assert rows[0].split() == [*STYLES, "all"]
    assert rows[1].split() == ["sent", "150"]
    assert ["placed", "75", "75", "150"] in [row.split() for row in rows]
    confirmed = [record["styles"][style]["orders"]["CONFIRMED"] for style in STYLES]
    assert sum(confirmed) == record["orders"]["CONFIRMED"]
    assert ["confirmed", *map(str, confirmed), str(sum(confirmed))] in [r.split() for r in rows]


async def test_one_style_is_one_column(trial: Trial, shop: FakeShop) -> None:
    shop.style = "choreography"
    summary = await trial.run()

    assert summary.rows().splitlines()[0].split() == ["sent", "60"]
    assert set(summary.record()["styles"]) == {"choreography"}
