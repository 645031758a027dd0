"""Purchase requests: where each stood last, and the approvals given in uchet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two tables more."""
    op.create_table(
        "request",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("pair", "id", "state", "body")),
        sa.Column("updated", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("pair", "id", name="pk_request"),
    )
    texts = ("pair", "request", "role", "person", "decision", "version", "comment")
    op.create_table(
        "approval",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in texts),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_approval"),
    )
    op.create_index("ix_approval_pair_request", "approval", ["pair", "request"])
