"""Following: commits of the view tables reach those who wait and those who watch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agents.web.site import Site
from streams.lane import Lane
from tables import order_views, stock_views


@dataclass(frozen=True)
class OrderChanges:
    """Follows the views of orders."""

    site: Site

    def opened(self, _: Lane) -> None:
        """Another worker may have written what is waited for here."""
        self.site.changed.wake_all()

    def committed(self, _: Lane, states: Mapping[bytes, bytes | None]) -> None:
        """Orders have changed, or commands about none were refused."""
        for view in order_views.changed_orders(states):
            self.site.feed.note_order(view)
            self.site.changed.wake(view.order_id)
        if self.site.changed:
            for order_id, _entry in order_views.new_entries(states):
                self.site.changed.wake(order_id)

    def closed(self, _: Lane) -> None:
        """Who waits goes on waiting: the partition may come back."""


@dataclass(frozen=True)
class StockChanges:
    """Follows the views of stock."""

    site: Site

    def opened(self, _: Lane) -> None:
        """As for orders."""
        self.site.changed.wake_all()

    def committed(self, _: Lane, states: Mapping[bytes, bytes | None]) -> None:
        """Stock has moved, or commands were refused."""
        for view in stock_views.changed_stock(states):
            self.site.feed.note_stock(view)
            self.site.changed.wake(view.sku)
        if self.site.changed:
            for sku, _entry in stock_views.new_answers(states):
                self.site.changed.wake(sku)

    def closed(self, _: Lane) -> None:
        """As for orders."""
