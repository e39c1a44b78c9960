"""What can go wrong with a local Kafka."""

from models.errors import OrderflowError


class LocalKafkaError(OrderflowError):
    """The local Kafka cannot do what was asked; the message names what is at fault."""
