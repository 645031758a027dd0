"""What an event was found to be, and the units by which a movement crossed, in places of their own.

Both stood inside other texts: ``claim|document|item|organisation|place|quantity`` in an event's draft, and
``unit / unit × coefficient`` in the rule of a movement's link.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_EVENT = sa.table("event", *(sa.column(name, sa.Text) for name in ("pair", "id", "draft", "claims")))
_LINK = sa.table("link", sa.column("id", sa.Integer), *(sa.column(n, sa.Text) for n in ("kind", "rule", "seen")))


def upgrade() -> None:
    """A column more; texts taken apart."""
    op.add_column("event", sa.Column("claims", sa.Text, nullable=True))
    connection = op.get_bind()
    for row in connection.execute(sa.select(_EVENT).where(_EVENT.c.draft.like("claim|%"))).all():
        _, document, item, organization, place, quantity = row.draft.split("|")
        names = ("document", "item", "organization", "place")
        claim = dict(zip(names, (document, item, organization, place), strict=True)) | {"quantity": {"$d": quantity}}
        where = (_EVENT.c.pair == row.pair, _EVENT.c.id == row.id)
        connection.execute(_EVENT.update().where(*where).values(draft="", claims=json.dumps([{"$Claim": claim}])))
    for row in connection.execute(sa.select(_LINK).where(_LINK.c.kind == "movement")).all():
        seen = json.loads(row.seen)
        seen["$Seen"].setdefault("book", {}).update(units=row.rule, factor={"$d": row.rule.rpartition("× ")[2] or "1"})
        values = {"rule": "created", "seen": json.dumps(seen, ensure_ascii=False)}
        connection.execute(_LINK.update().where(_LINK.c.id == row.id).values(**values))
