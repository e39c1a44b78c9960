"""The broker gate: nothing consumes before Kafka answers and every topic is as declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mode import Service, get_logger

from streams.patience import Patience
from streams.provision import provision

if TYPE_CHECKING:
    from streams.application import Orderflow

logger = get_logger(__name__)


class BrokerGate(Service):
    """Waits for the broker, then creates or compares the app's topics."""

    def __init__(self, app: Orderflow) -> None:
        super().__init__(beacon=app.beacon)
        self.app = app
        self.passed = False

    async def on_start(self) -> None:
        """Returns once the broker has answered.

        Raises:
            TopicMismatch: a topic exists with other settings than declared.
        """
        settings = self.app.settings
        servers = ",".join(settings.bootstrap)
        async for attempt in Patience(f"Kafka at {servers}"):
            with attempt:
                await provision(
                    servers,
                    self.app.all_topics,
                    partitions=settings.partitions,
                    replication=settings.replication,
                )
        self.passed = True
        changed = ", ".join(f"{name}={value}" for name, value in settings.differences().items())
        logger.info(
            "%s: connected to Kafka at %s; %d topics are as declared; changed settings: %s",
            self.app.conf.id,
            servers,
            len(self.app.all_topics),
            changed or "none",
        )
