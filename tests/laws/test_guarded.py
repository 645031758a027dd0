"""The same laws and law 10: tight limits, approvals only now and then. A file of its own, for the other core."""

from __future__ import annotations

from history import share
from hypothesis import settings
from machines import GuardedWorld

TestGuardedWorld = GuardedWorld.TestCase
TestGuardedWorld.settings = settings(max_examples=share(2))  # all but law 10 are tried in test_machine.py too
