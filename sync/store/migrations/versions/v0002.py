"""Whom uchet was told to forget: ids alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One table more."""
    op.create_table(
        "forgotten",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("pair", "kind", "book", "desk", "alias", "by")),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("pair", "kind", "book", "desk", name="pk_forgotten"),
    )
