"""What runs: a job is one run on what is wired together. ``JOBS`` names them for commands, the scheduler and hosts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..settings import Settings
from ..sync.types import Run

if TYPE_CHECKING:
    from .wiring import Wired

__all__ = ["JOBS", "run_job"]


def _nightly(parts: Wired) -> Run:
    """Both sides read, what is safe applied, the rest left as drafts and questions."""
    return parts.engine.run("nightly")


def _reconcile(parts: Wired) -> Run:
    """Everything, as of now."""
    from .reconcile import reconcile

    return reconcile(parts).run


JOBS: Mapping[str, Callable[[Wired], Run]] = MappingProxyType({"nightly": _nightly, "reconcile": _reconcile})


def run_job(settings: Settings, job: str) -> Run:
    """One run of ``job``, a name in ``JOBS``. Raises ``Blocked`` while another run of the pair is at work, ``Fatal``
    for wrong settings or a side that cannot be entered."""
    from .wiring import wired  # the engine is loaded when it is needed, not when the addon is listed

    with wired(settings) as parts:
        return JOBS[job](parts)
