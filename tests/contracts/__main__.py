"""`python -m tests.contracts`: what a person has looked at is taken for known from now on."""

from __future__ import annotations

import sys

from tests.contracts.sources import DIGESTS, record

record()
sys.stdout.write(f"{DIGESTS.name} now holds the parts as they are installed\n")
