"""The same laws and law 10: tight limits, approvals only now and then. A file of its own, for the other core."""

from __future__ import annotations

from hypothesis import settings
from machines import GuardedWorld

TestGuardedWorld = GuardedWorld.TestCase
TestGuardedWorld.settings = settings()  # histories and their length are the profile's
