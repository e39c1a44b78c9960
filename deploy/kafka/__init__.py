"""A real Apache Kafka on loopback, for people, tests and benchmarks."""
