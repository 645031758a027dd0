"""The store: links, plans, the journal, issues, runs, locks and the audit, in SQLite or PostgreSQL.

What it hands out is imported when it is asked for: who reads movement lines alone needs no SQLAlchemy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .backup import restore
    from .beside import BesideError
    from .forgetting import Forgotten
    from .lines import Lines
    from .locking import Lock
    from .rows import (
        AuditRow,
        Decision,
        Intent,
        IssueReport,
        IssueRow,
        JobRow,
        OperationRow,
        PaperRow,
        PlanRow,
        ReceiptRow,
        SideState,
    )
    from .stage import Known, Past, Stage
    from .store import Store

__all__ = [
    "AuditRow",
    "BesideError",
    "Decision",
    "Forgotten",
    "Intent",
    "IssueReport",
    "IssueRow",
    "JobRow",
    "Known",
    "Lines",
    "Lock",
    "OperationRow",
    "PaperRow",
    "Past",
    "PlanRow",
    "ReceiptRow",
    "SideState",
    "Stage",
    "Store",
    "restore",
]

#: Where those lie that are not rows.
_MODULES = {
    "BesideError": "beside",
    "Forgotten": "forgetting",
    "Known": "stage",
    "Lines": "lines",
    "Lock": "locking",
    "Past": "stage",
    "Stage": "stage",
    "Store": "store",
    "restore": "backup",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULES.get(name, 'rows')}", __name__), name)
