"""Everything at once, to be watched: Kafka, the gateway, both workers, and a stream of orders."""
