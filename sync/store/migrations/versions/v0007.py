"""Counts as sessions, and what counters saw."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two tables more."""
    op.create_table(
        "count",
        sa.Column("pair", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("state", "body")),
        sa.Column("opened", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("pair", "number", name="pk_count"),
    )
    texts = ("target", "text", "quantity", "place", "condition", "photo", "counter")
    op.create_table(
        "count_line",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=True),
        sa.Column("pair", sa.Text, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in texts),
        sa.Column("recount", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_count_line"),
    )
    op.create_index("ix_count_line_pair_count", "count_line", ["pair", "count"])
