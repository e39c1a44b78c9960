"""Contracts with libraries whose private parts the runtime uses."""
