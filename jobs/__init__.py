"""What runs: each job takes settings and returns its ``Run``. ``JOBS`` names them for the scheduler and for hosts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..settings import Settings
from ..sync.types import Run

if TYPE_CHECKING:
    from .wiring import Wired

__all__ = ["JOBS", "run_in"]


def _nightly(settings: Settings) -> Run:
    from .nightly import nightly  # the engine is loaded when it is needed, not when the addon is listed

    return nightly(settings)


def _reconcile(settings: Settings) -> Run:
    from .reconcile import nightly_reconcile

    return nightly_reconcile(settings)


JOBS: Mapping[str, Callable[[Settings], Run]] = MappingProxyType({"nightly": _nightly, "reconcile": _reconcile})


def run_in(parts: Wired, job: str) -> Run:
    """One run of ``job`` on what is wired already. ``KeyError`` for a job that is not in ``JOBS``."""
    if job == "reconcile":
        from .reconcile import reconcile

        return reconcile(parts).run
    return {"nightly": parts.engine.run}[job](job)
