"""How messages travel: topics, codec, and the runtime that commits units of work."""
