"""The write side as it is, with an exit point armed if the environment names one."""

from streams.app import app
from tests.faults.exits import arm_from_environment

arm_from_environment()

__all__ = ["app"]
