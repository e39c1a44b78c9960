"""Killing things: the relay application, its workers, its auditor, and what is done to them."""
