"""How Orderflow is run: a local Kafka from jars, and what containers need."""
