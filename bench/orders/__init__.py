"""Whole orders, from command to confirmed, paid and deducted: `python -m bench.orders`."""
