"""What runs: each job takes settings and returns its ``Run``. ``JOBS`` names them for the scheduler and for hosts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ..settings import Settings
from ..sync.types import Run

__all__ = ["JOBS"]


def _nightly(settings: Settings) -> Run:
    from .nightly import nightly  # the engine is loaded when it is needed, not when the addon is listed

    return nightly(settings)


JOBS: Mapping[str, Callable[[Settings], Run]] = MappingProxyType({"nightly": _nightly})
