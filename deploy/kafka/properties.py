"""The settings of a broker that is its own controller, for one machine (`server.properties`)."""

from __future__ import annotations

from pathlib import Path

TEMPLATE = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
log.dirs={data}

# A topic is declared in streams/topics.py or it is a typing error.
auto.create.topics.enable=false
# Production waits 3 s for more members of a new group; here every test would.
group.initial.rebalance.delay.ms=0

# After a kill the controller holds the broker's place for this long: with the default of 9 s
# it answers again after 12 to 15 s, so after 5 s.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500

# One broker cannot replicate.
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# The default of 50 partitions each spreads load over brokers; here it is only slower to start.
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
share.coordinator.state.topic.num.partitions=4

log.cleaner.enable=true
# The default of 128 MB would be a quarter of the heap.
log.cleaner.dedupe.buffer.size=33554432
"""


def server_properties(host: str, port: int, controller_port: int, data: Path) -> str:
    """Text of `server.properties` for a broker that is reached on loopback only."""
    return TEMPLATE.format(host=host, port=port, controller_port=controller_port, data=data)
