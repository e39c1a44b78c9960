"""The auditor: reads every topic with a Kafka client and JSON, none of our code, and judges it."""
