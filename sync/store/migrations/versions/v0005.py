"""Reconciliations with their snapshots, allotments of group cards and kits, and when a question was answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Three tables more, and a column of questions."""
    op.add_column("issue", sa.Column("at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "reconciliation",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("pair", "run", "scope")),
        sa.Column("day", sa.Date, nullable=True),
        sa.Column("taken", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("body", "snapshot")),
        sa.PrimaryKeyConstraint("pair", "run", name="pk_reconciliation"),
    )
    op.create_index("ix_reconciliation_pair_taken", "reconciliation", ["pair", "taken"])
    op.create_table(
        "chunk",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("pair", "digest", "body")),
        sa.PrimaryKeyConstraint("pair", "digest", name="pk_chunk"),
    )
    texts = ("pair", "kind", "card", "desk", "quantity", "role", "reason", "by")
    op.create_table(
        "allotment",
        *(sa.Column(name, sa.Text, nullable=False) for name in texts),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("pair", "kind", "card", "desk", name="pk_allotment"),
    )
