"""G5 as far as the read side answers: what it says over HTTP equals the audit's own fold.

Waits until the read side has caught up, for a while; compares the totals, every SKU and orders
spread over the whole log, at most 1 000 of each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import aiohttp

from tests.audit.findings import Audit
from tests.audit.logs import Unreadable

MOST = 1_000
_TOTALS = ("orders", "rejected", "placed", "money", "stock")
_SUMS = ("ordered", "authorized", "captured", "refunded", "voided")
_PAUSE = 0.5  # seconds between two looks at a read side that is behind

Answer = Mapping[str, Any]


async def check(url: str, audit: Audit, patience: float = 30.0) -> None:
    """Compare the read side at `url`.

    Raises:
        Unreadable: it does not answer.
    """
    try:
        async with aiohttp.ClientSession(raise_for_status=True) as http:
            await _compare_totals(http, url, audit, patience)
            for sku, expected in _some(_stock(audit)):
                await _compare(http, f"{url}/stock/{quote(sku, safe='')}", expected, audit)
            for order_id, expected in _some(audit.views):
                await _compare(http, f"{url}/orders/{quote(order_id, safe='')}", expected, audit)
    except (aiohttp.ClientError, OSError, ValueError, TimeoutError) as error:
        raise Unreadable(
            f"the read side at {url} cannot be read ({error!r}): start it"
            " (`faust -A streams.views worker`), or leave --views out"
        ) from error


def expected_totals(audit: Audit) -> dict[str, Any]:
    """What GET /totals should say, zeros left out."""
    totals: dict[str, Any] = _without_zeros(
        {
            "orders": audit.statuses,
            "rejected": audit.rejected,
            "placed": audit.statuses.total(),
            "money": {
                currency: {name: sums[name] for name in _SUMS}
                for currency, sums in audit.money.items()
            },
            "stock": {
                "skus": len(audit.stock),
                "on_hand": sum(each["on_hand"] for each in audit.stock.values()),
                "reserved": sum(each["reserved"] for each in audit.stock.values()),
            },
        }
    )
    return totals


async def _compare_totals(
    http: aiohttp.ClientSession, url: str, audit: Audit, patience: float
) -> None:
    expected = expected_totals(audit)
    clock = asyncio.get_running_loop().time
    deadline = clock() + patience
    while True:
        async with http.get(f"{url}/totals") as answer:
            said = await answer.json()
        found = _without_zeros({name: said.get(name) for name in _TOTALS})
        if found == expected or clock() > deadline:
            break
        await asyncio.sleep(_PAUSE)
    audit.compared["totals"] += 1
    for name in _TOTALS:
        if found.get(name) != expected.get(name):
            said, ours = found.get(name), expected.get(name)
            audit.find("G5", f"the totals say {name} {said}, the topics {ours}")


async def _compare(http: aiohttp.ClientSession, url: str, expected: Answer, audit: Audit) -> None:
    async with http.get(url, raise_for_status=False) as answer:
        status = answer.status
        said = await answer.json() if answer.ok else {}
    audit.compared[url.split("/")[-2]] += 1
    for name, value in expected.items():
        if said.get(name) != value:
            audit.find("G5", f"{url} says {status}, {name} {said.get(name)}; the topics {value}")
            return


def _stock(audit: Audit) -> dict[str, Answer]:
    return {
        sku: {
            "on_hand": each["on_hand"],
            "reserved": each["reserved"],
            "available": each["on_hand"] - each["reserved"],
        }
        for sku, each in audit.stock.items()
    }


def _some(expected: Mapping[str, Answer]) -> Iterator[tuple[str, Answer]]:
    """All, or some that are spread evenly."""
    every = max(1, -(-len(expected) // MOST))
    return (item for number, item in enumerate(expected.items()) if number % every == 0)


def _without_zeros(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    members = {name: _without_zeros(each) for name, each in value.items()}
    return {name: each for name, each in members.items() if each not in (0, None, {})}
