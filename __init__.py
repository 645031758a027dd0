"""uchet: keeps a company's books in 1C and its IT service desk telling the same story.

A host loads this package as a wheel or as a folder under any name and takes ``Addon``; a notebook takes ``reconcile``.
Nothing else is imported before it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .addon import Addon
    from .jobs.frames import reconcile

__all__ = ["Addon", "reconcile"]


def __getattr__(name: str) -> Any:
    if name == "Addon":
        from .addon import Addon

        return Addon
    if name == "reconcile":
        from .jobs.frames import reconcile

        return reconcile
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
