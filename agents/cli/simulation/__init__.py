"""A shop full of customers: orders drawn from a seed, sent at a rate, followed and accounted for.

It knows the system from outside only, by its HTTP API; so what it finds is a proof.
"""
