"""Laws 1–6, 8–16, 18–20 and 27: one pair over many nights, everything that needs approval approved."""

from __future__ import annotations

from hypothesis import settings
from machines import World

TestWorld = World.TestCase
TestWorld.settings = settings()  # histories and their length are the profile's
