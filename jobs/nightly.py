"""The nightly job: both sides read, what is safe applied, the rest left as drafts and questions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from ..settings import Settings
from ..sync.types import Run
from .wiring import utc_now, wired

__all__ = ["NAME", "nightly"]

NAME = "nightly"


def nightly(settings: Settings, clock: Callable[[], datetime] = utc_now) -> Run:
    """One run of the pair. Raises ``Blocked`` while another run of it is at work, ``Fatal`` for wrong settings."""
    with wired(settings, clock) as parts:
        return parts.engine.run(NAME)
