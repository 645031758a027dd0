"""The tables. A change here needs a migration in ``migrations/versions`` (a test compares the two)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeDecorator

__all__ = [
    "HEAD",
    "Utc",
    "allotment",
    "approval",
    "audit",
    "audit_head",
    "chunk",
    "count",
    "count_line",
    "draft",
    "event",
    "forgotten",
    "issue",
    "job",
    "link",
    "lock",
    "member",
    "metadata",
    "operation",
    "plan",
    "reconciliation",
    "rejection",
    "request",
    "run",
    "side",
    "version",
    "writes",
]

#: The revision of this schema, the newest in ``migrations/versions``.
HEAD = "0008"


class Utc(TypeDecorator[datetime]):
    """Aware datetimes only, kept in UTC; a naive one is a programmer's error (``ValueError``)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("the store takes aware datetimes only")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _text(name: str, *, null: bool = False) -> Column[str]:
    return Column(name, Text, nullable=null)


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True, autoincrement=True)


#: Alembic's own table, declared so that in-memory stores are stamped without Alembic.
version = Table("alembic_version", metadata, Column("version_num", String(32), primary_key=True))

link = Table(
    "link",
    metadata,
    _id(),
    _text("pair"),
    _text("kind"),
    _text("book"),
    _text("desk"),
    _text("rule"),
    Column("score", Integer, nullable=False),
    _text("by"),
    _text("seen"),
    Column("created", Utc, nullable=False),
    Column("updated", Utc, nullable=False),
    UniqueConstraint("pair", "kind", "book"),
    UniqueConstraint("pair", "kind", "desk"),
)

rejection = Table(
    "rejection",
    metadata,
    Column("pair", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("book", Text, primary_key=True),
    Column("desk", Text, primary_key=True),
    _text("by"),
    Column("at", Utc, nullable=False),
)

#: People whose name is not kept, by the two ends of their link.
forgotten = Table(
    "forgotten",
    metadata,
    Column("pair", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("book", Text, primary_key=True),
    Column("desk", Text, primary_key=True),
    _text("alias"),
    _text("by"),
    Column("at", Utc, nullable=False),
)

plan = Table(
    "plan",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    _text("pair"),
    _text("run"),
    _text("state"),
    _text("by", null=True),
    Column("format", Integer, nullable=False),
    _text("body"),
    _text("verdict"),
    Column("created", Utc, nullable=False),
    Index(None, "pair", "state"),
)

#: Operations that write to a side: of a journal that is mostly links and agreements, the few that every night looks
#: through. A statement uses their indexes only if it says this in the very same words.
writes = text("action IN ('create', 'draft', 'retire', 'update')")

operation = Table(
    "operation",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    _text("pair"),
    _text("run"),
    _text("id"),
    _text("action"),
    _text("side"),
    _text("kind"),
    _text("book", null=True),
    _text("desk", null=True),
    _text("state"),
    _text("key"),
    _text("body"),
    _text("ref", null=True),
    _text("before_version", null=True),
    _text("version", null=True),
    _text("error", null=True),
    Column("started", Utc, nullable=False),
    Column("finished", Utc, nullable=True),
    UniqueConstraint("pair", "run", "id"),
    Index(None, "pair", "state", "side"),
    Index(None, "pair", "kind", "book"),
    Index(None, "pair", "kind", "desk"),
    Index(None, "pair", "id", "number", sqlite_where=writes, postgresql_where=writes),
    Index(None, "pair", "side", "number", sqlite_where=writes, postgresql_where=writes),
)

#: The assets a draft operation moves, so that an asset's history finds the documents it travelled in.
member = Table(
    "member",
    metadata,
    _id(),
    Column("operation", Integer, ForeignKey("operation.number", ondelete="CASCADE"), nullable=False, index=True),
    _text("kind"),
    _text("book", null=True),
    _text("desk", null=True),
    Index(None, "kind", "book"),
    Index(None, "kind", "desk"),
)

draft = Table(
    "draft",
    metadata,
    Column("pair", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    _text("state"),
    _text("ref"),
    _text("body"),
    _text("run"),
    Column("created", Utc, nullable=False),
    Column("updated", Utc, nullable=False),
    Index(None, "pair", "state"),
)

#: What happened once on the desk. ``draft``: the draft an event is allocated to; ``claims``: where it was found.
event = Table(
    "event",
    metadata,
    Column("pair", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    _text("record"),
    _text("kind"),
    _text("item"),
    Column("number", Integer, nullable=False),
    _text("state"),
    _text("reason"),
    Column("attempt", Integer, nullable=False),
    _text("draft"),
    _text("claims", null=True),
    _text("body"),
    _text("digest"),
    Column("created", Utc, nullable=False),
    Column("updated", Utc, nullable=False),
    UniqueConstraint("pair", "number"),
    Index(None, "pair", "state"),
    Index(None, "pair", "draft"),
    Index(None, "pair", "record"),
)

issue = Table(
    "issue",
    metadata,
    _id(),
    _text("pair"),
    _text("key"),
    _text("code"),
    _text("fingerprint"),
    _text("body"),
    _text("state"),
    _text("decision", null=True),
    Column("until", Date, nullable=True),
    _text("by", null=True),
    Column("at", Utc, nullable=True),
    Column("first", Utc, nullable=False),
    Column("last", Utc, nullable=False),
    UniqueConstraint("pair", "key"),
    Index(None, "pair", "state"),
)

#: Where each purchase request stood last, and the contents that were checked.
request = Table(
    "request",
    metadata,
    Column("pair", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    _text("state"),
    _text("body"),
    Column("updated", Utc, nullable=False),
)

#: Approvals given in uchet: never changed, never deleted.
approval = Table(
    "approval",
    metadata,
    _id(),
    _text("pair"),
    _text("request"),
    _text("role"),
    _text("person"),
    _text("decision"),
    _text("version"),
    _text("comment"),
    Column("day", Date, nullable=False),
    _text("by"),
    Column("at", Utc, nullable=False),
    Index(None, "pair", "request"),
)

#: One finished comparison and the snapshot it stands on; neither is ever written again. ``snapshot`` names chunks.
reconciliation = Table(
    "reconciliation",
    metadata,
    Column("pair", Text, primary_key=True),
    Column("run", Text, primary_key=True),
    _text("scope"),
    Column("day", Date, nullable=True),
    Column("taken", Utc, nullable=False),
    _text("body"),
    _text("snapshot"),
    Index(None, "pair", "taken"),
)

#: Parts of snapshots under the digest of what was in them when they were written: what did not change is kept once.
chunk = Table(
    "chunk",
    metadata,
    Column("pair", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    _text("body"),
)

#: Which things of the desk a card or position of the books stands for; ``desk`` is empty in the row about the card.
allotment = Table(
    "allotment",
    metadata,
    Column("pair", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("card", Text, primary_key=True),
    Column("desk", Text, primary_key=True),
    _text("quantity"),
    _text("role"),
    _text("reason"),
    _text("by"),
    Column("at", Utc, nullable=False),
)

#: A physical count: the order, the commission, the comparison it was opened on and the one that closed it.
count = Table(
    "count",
    metadata,
    Column("pair", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    _text("state"),
    _text("body"),
    Column("opened", Utc, nullable=False),
    Column("closed", Utc, nullable=True),
)

#: What a counter saw: only ever added. ``target`` is empty for what nobody could tell.
count_line = Table(
    "count_line",
    metadata,
    _id(),
    _text("pair"),
    Column("count", Integer, nullable=False),
    _text("target"),
    _text("text"),
    _text("quantity"),
    _text("place"),
    _text("condition"),
    _text("photo"),
    _text("counter"),
    Column("recount", Integer, nullable=False),
    Column("at", Utc, nullable=False),
    Index(None, "pair", "count"),
)

run = Table(
    "run",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    _text("pair"),
    _text("job"),
    Column("started", Utc, nullable=False),
    Column("finished", Utc, nullable=True),
    _text("outcome"),
    _text("plan", null=True),
    Column("reads", Integer, nullable=False),
    Column("writes", Integer, nullable=False),
    Column("drafts", Integer, nullable=False),
    Column("issues", Integer, nullable=False),
    Column("skipped", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    _text("notes"),
    Index(None, "pair"),
)

side = Table(
    "side",
    metadata,
    Column("pair", Text, primary_key=True),
    Column("side", Text, primary_key=True),
    _text("identity"),
    _text("marks"),
    _text("sizes"),
    _text("fingerprint"),
    Column("updated", Utc, nullable=False),
)

job = Table(
    "job",
    metadata,
    Column("name", Text, primary_key=True),
    Column("last", Utc, nullable=True),
    Column("next", Utc, nullable=True),
    _text("outcome", null=True),
)

lock = Table(
    "lock",
    metadata,
    Column("pair", Text, primary_key=True),
    _text("holder"),
    _text("token"),
    _text("place"),
    Column("until", Utc, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    _id(),
    _text("pair"),
    Column("at", Utc, nullable=False),
    _text("by"),
    _text("what"),
    _text("run", null=True),
    _text("operation", null=True),
    _text("kind", null=True),
    _text("book", null=True),
    _text("desk", null=True),
    _text("details"),
    _text("previous"),
    _text("hash"),
    UniqueConstraint("pair", "previous"),
    sqlite_autoincrement=True,
)

#: The end of each chain: a cut-off tail shows, and writers of one pair queue up on its row.
audit_head = Table(
    "audit_head",
    metadata,
    Column("pair", Text, primary_key=True),
    Column("last", Integer, nullable=False),
    _text("hash"),
)
