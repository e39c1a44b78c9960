"""What can go wrong with the demo."""

from models.errors import OrderflowError


class DemoError(OrderflowError):
    """The demo cannot go on; the message says why, and what to do about it."""
