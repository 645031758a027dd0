"""Operations that write to a side are found without a look at all the others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two indexes more, of those operations alone."""
    writes = sa.text("action IN ('create', 'draft', 'retire', 'update')")
    for column in ("id", "side"):
        columns = ["pair", column, "number"]
        name = f"ix_operation_{'_'.join(columns)}"
        op.create_index(name, "operation", columns, sqlite_where=writes, postgresql_where=writes)
