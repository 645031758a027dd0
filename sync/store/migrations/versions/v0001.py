"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _text(*names: str, null: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=null) for name in names]


def _time(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=f"uq_{table}_{'_'.join(columns)}")


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def _number(name: str = "id") -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, autoincrement=True)


def _links() -> None:
    op.create_table(
        "link",
        _number(),
        *_text("pair", "kind", "book", "desk", "rule"),
        sa.Column("score", sa.Integer, nullable=False),
        *_text("by", "seen"),
        _time("created"),
        _time("updated"),
        _key("link", "id"),
        _unique("link", "pair", "kind", "book"),
        _unique("link", "pair", "kind", "desk"),
    )
    op.create_table(
        "rejection",
        *_text("pair", "kind", "book", "desk", "by"),
        _time("at"),
        _key("rejection", "pair", "kind", "book", "desk"),
    )


def _plans() -> None:
    op.create_table(
        "plan",
        _number("number"),
        *_text("id", "pair", "run", "state"),
        *_text("by", null=True),
        sa.Column("format", sa.Integer, nullable=False),
        *_text("body", "verdict"),
        _time("created"),
        _key("plan", "number"),
        _unique("plan", "id"),
    )
    _index("plan", "pair", "state")


def _operations() -> None:
    op.create_table(
        "operation",
        _number("number"),
        *_text("pair", "run", "id", "action", "side", "kind"),
        *_text("book", "desk", null=True),
        *_text("state", "key", "body"),
        *_text("ref", "before_version", "version", "error", null=True),
        _time("started"),
        _time("finished", null=True),
        _key("operation", "number"),
        _unique("operation", "pair", "run", "id"),
    )
    _index("operation", "pair", "state", "side")
    _index("operation", "pair", "kind", "book")
    _index("operation", "pair", "kind", "desk")
    op.create_table(
        "member",
        _number(),
        sa.Column("operation", sa.Integer, nullable=False),
        *_text("kind"),
        *_text("book", "desk", null=True),
        _key("member", "id"),
        sa.ForeignKeyConstraint(["operation"], ["operation.number"], name="fk_member_operation", ondelete="CASCADE"),
    )
    _index("member", "operation")
    _index("member", "kind", "book")
    _index("member", "kind", "desk")
    op.create_table(
        "draft",
        *_text("pair", "id", "state", "ref", "body", "run"),
        _time("created"),
        _time("updated"),
        _key("draft", "pair", "id"),
    )
    _index("draft", "pair", "state")


def _issues() -> None:
    op.create_table(
        "issue",
        _number(),
        *_text("pair", "key", "code", "fingerprint", "body", "state"),
        *_text("decision", null=True),
        sa.Column("until", sa.Date, nullable=True),
        *_text("by", null=True),
        _time("first"),
        _time("last"),
        _key("issue", "id"),
        _unique("issue", "pair", "key"),
    )
    _index("issue", "pair", "state")


def _runs() -> None:
    counts = ("reads", "writes", "drafts", "issues", "skipped", "failed")
    op.create_table(
        "run",
        _number("number"),
        *_text("id", "pair", "job"),
        _time("started"),
        _time("finished", null=True),
        *_text("outcome"),
        *_text("plan", null=True),
        *(sa.Column(name, sa.Integer, nullable=False) for name in counts),
        *_text("notes"),
        _key("run", "number"),
        _unique("run", "id"),
    )
    _index("run", "pair")
    op.create_table(
        "side",
        *_text("pair", "side", "identity", "marks", "sizes", "fingerprint"),
        _time("updated"),
        _key("side", "pair", "side"),
    )
    op.create_table(
        "job",
        *_text("name"),
        _time("last", null=True),
        _time("next", null=True),
        *_text("outcome", null=True),
        _key("job", "name"),
    )
    op.create_table("lock", *_text("pair", "holder", "token", "place"), _time("until"), _key("lock", "pair"))


def _audit() -> None:
    op.create_table(
        "audit",
        _number(),
        *_text("pair"),
        _time("at"),
        *_text("by", "what"),
        *_text("run", "operation", "kind", "book", "desk", null=True),
        *_text("details", "previous", "hash"),
        _key("audit", "id"),
        _unique("audit", "pair", "previous"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "audit_head",
        *_text("pair"),
        sa.Column("last", sa.Integer, nullable=False),
        *_text("hash"),
        _key("audit_head", "pair"),
    )


def upgrade() -> None:
    """Create every table."""
    for part in (_links, _plans, _operations, _issues, _runs, _audit):
        part()
