"""Restoring a table from its changelog on an empty disk. Each module here is a participant."""
