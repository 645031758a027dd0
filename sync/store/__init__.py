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
    PaperRow,
    PlanRow,
    ReceiptRow,
    SideState,
)
from .stage import Known, Past, Stage, StageError
from .store import Store

__all__ = [
    "AuditRow",
    "Decision",
    "Forgotten",
    "Intent",
    "IssueReport",
    "IssueRow",
    "JobRow",
    "Known",
    "Lock",
    "OperationRow",
    "PaperRow",
    "Past",
    "PlanRow",
    "ReceiptRow",
    "SideState",
    "Stage",
    "StageError",
    "Store",
    "restore",
]
