"""The simulated customers: drawn from the seed, and like customers are."""

from collections import Counter
from dataclasses import replace
from itertools import islice

import msgspec
import pytest

from agents.cli.simulation.catalogue import CATALOGUE, CURRENCIES, SCARCE
from agents.cli.simulation.plan import DECLINED, STYLES, Plan, plans
from models.requests import OrderRequest, flaw_of, total_of

MANY = 4000


def some(seed: int = 1, users: int = 50, run: str = "r", count: int = MANY) -> list[Plan]:
    """The first plans of a seed."""
    return list(islice(plans(seed, users, run), count))


def share(found: list[Plan], count: int) -> float:
    """How many in a hundred."""
    return 100 * count / len(found)


def test_the_same_seed_draws_the_same_and_another_draws_others() -> None:
    assert some(7) == some(7)
    assert some(7) != some(8)


def test_another_run_differs_in_its_keys_only() -> None:
    one, other = some(run="a", count=100), some(run="b", count=100)

    assert {plan.key for plan in one}.isdisjoint(plan.key for plan in other)
    assert [replace(plan, key="") for plan in one] == [replace(plan, key="") for plan in other]


def test_a_longer_run_begins_as_a_shorter_one() -> None:
    assert some(count=200)[:50] == some(count=50)


def test_each_order_is_one_that_the_api_takes_with_the_total_that_is_expected() -> None:
    for plan in some(count=500):
        request = msgspec.convert(plan.body, OrderRequest)
        assert request.saga is None
        assert flaw_of(request) is None
        assert total_of(request) == plan.total
        assert len({line.sku for line in request.lines}) == len(request.lines) <= 5


def test_the_styles_take_turns_and_nothing_else_depends_on_them() -> None:
    found = list(islice(plans(1, 50, "r", STYLES), 5))

    assert [plan.style for plan in found] == [STYLES[n % 2] for n in range(5)]
    for plan, other in zip(found, some(count=5), strict=True):
        assert replace(plan, body=other.body) == other
        assert plan.body == {**other.body, "saga": plan.style}


def test_few_users_place_many_of_the_orders() -> None:
    by_user = Counter(plan.body["user_id"] for plan in some())

    assert len(by_user) == 50
    ten = sum(count for _, count in by_user.most_common(10))
    assert 55 < share(some(), ten) < 75


def test_there_are_as_many_users_as_asked_for() -> None:
    assert {plan.body["user_id"] for plan in some(users=1, count=10)} == {"ada"}
    assert len({plan.body["user_id"] for plan in some(users=500)}) > 300


def test_some_cards_are_declined_some_customers_cancel_and_some_send_twice() -> None:
    found = some()

    assert 5 < share(found, sum(plan.declined for plan in found)) < 7
    assert 3 < share(found, sum(plan.cancel is not None for plan in found)) < 5
    assert 2 < share(found, sum(plan.repeat is not None for plan in found)) < 4
    assert {plan.cancel for plan in found} == {None, "at once", "soon", "confirmed"}
    assert {plan.repeat for plan in found} == {None, "at once", "later"}
    assert {plan.body["payment_method"] for plan in found} == {"card", *DECLINED}


def test_an_order_that_is_to_be_cancelled_is_not_shipped_and_only_shipped_ones_are_delivered() -> (
    None
):
    found = some()

    assert not any(plan.cancel and plan.ship for plan in found)
    assert all(plan.ship for plan in found if plan.deliver)
    assert any(plan.deliver for plan in found)
    assert any(plan.ship and not plan.deliver for plan in found)


def test_every_currency_is_used() -> None:
    assert {plan.body["currency"] for plan in some()} == set(CURRENCIES)


def test_more_is_asked_of_the_scarce_goods_within_a_hundred_orders_than_there_are() -> None:
    scarce = {product.sku for product in CATALOGUE if product.stock == SCARCE}
    asked = Counter[str]()
    for plan in some(count=100):
        asked.update({line["sku"]: line["quantity"] for line in plan.body["lines"]})

    assert len(scarce) == 3
    assert any(asked[sku] > SCARCE for sku in scarce)


@pytest.mark.parametrize(
    ("currency", "price"), [("USD", 790), ("EUR", 726), ("KRW", 10900), ("KWD", 2425)]
)
def test_a_product_has_a_price_in_each_currency(currency: str, price: int) -> None:
    assert CATALOGUE[0].price(currency) == price


def test_each_product_is_listed_once() -> None:
    assert len({product.sku for product in CATALOGUE}) == len(CATALOGUE) == 30
