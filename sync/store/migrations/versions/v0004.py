"""Events that cross exactly once, and the drafts they are allocated to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TEXTS = ("record", "kind", "item", "state", "reason", "draft", "body", "digest")


def upgrade() -> None:
    """One table more."""
    op.create_table(
        "event",
        sa.Column("pair", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in _TEXTS),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("number", "attempt")),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in ("created", "updated")),
        sa.PrimaryKeyConstraint("pair", "id", name="pk_event"),
        sa.UniqueConstraint("pair", "number", name="uq_event_pair_number"),
    )
    for name in ("state", "draft", "record"):
        op.create_index(f"ix_event_pair_{name}", "event", ["pair", name])
