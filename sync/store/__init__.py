"""The store: links, plans, the journal, issues, runs, locks and the audit, in SQLite or PostgreSQL."""

from .backup import restore
from .forgetting import Forgotten
from .locking import Lock
from .rows import (
    AuditRow,
    Decision,
    Intent,
    IssueReport,
    IssueRow,
    JobRow,
    OperationRow,
    PlanRow,
    ReceiptRow,
    SideState,
)
from .store import Store

__all__ = [
    "AuditRow",
    "Decision",
    "Forgotten",
    "Intent",
    "IssueReport",
    "IssueRow",
    "JobRow",
    "Lock",
    "OperationRow",
    "PlanRow",
    "ReceiptRow",
    "SideState",
    "Store",
    "restore",
]
