"""The laws' oracle: looks at the two sides and at the journal, never at what the engine thinks of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from company import Company, Edit, Verdicts, cut
from hostile import FIELDS, KINDS, Row

from uchet.sync.types import Link

_OWNERS = {(k.name, f.name): f.owner for k in KINDS for f in k.fields}


def _open(company: Company, link: Link, name: str) -> bool:
    """Whether a person is being asked about this field, or about this pair as a whole."""
    for row in company.store.issues("laws", None):
        issue = row.issue
        if row.state == "closed" or issue.kind != link.kind:
            continue
        same = issue.book == link.book or issue.desk == link.desk
        if issue.code == "lossy" and not _cut_off(issue.values):
            continue  # an excuse only where the desk really cut the text off
        if same and (issue.field_name is None or name in issue.field_name):
            return True
    return False


def _cut_off(values: Mapping[str, Any]) -> bool:
    return cut(str(values["book"] or "")) == (values["desk"] or "")


def _pairs(company: Company) -> list[tuple[Link, Row, Row]]:
    found = []
    for link in company.store.links("laws"):
        book = company.book.rows[link.kind].get(link.book)
        desk = company.desk.rows[link.kind].get(link.desk)
        if book and desk and book.data["state"] == "in" and desk.data["state"] == "in":
            found.append((link, book, desk))
    return found


def _same(company: Company, name: str, book: Any, desk: Any) -> bool:
    if name == "room":
        twins = {(one.book, one.desk) for one in company.store.links("laws", "room")}
        return (book, desk) in twins or (not book and not desk)
    return " ".join((book or "").split()) == " ".join((desk or "").split())


def converged(company: Company, found: Verdicts) -> None:
    """Law 1: linked pairs agree on every field, or a person is being asked, or an empty value says nothing."""
    for link, book, desk in _pairs(company):
        for name in FIELDS[link.kind]:
            a, b = book.data.get(name), desk.data.get(name)
            quiet = not a or not b
            asked = _open(company, link, name)
            found.expect(
                quiet or asked or _same(company, name, a, b),
                f"law 1: {link.kind}.{name}: {a!r} against {b!r}, nobody asked",
            )


def nothing_lost(company: Company, found: Verdicts) -> None:
    """Law 4: the last thing a person wrote is still there, or was replaced on record."""
    for edit in company.edits.values():
        row = company.side(edit.side).rows[edit.kind].get(edit.id)
        if row is None or row.data.get(edit.name) == edit.value:
            continue
        found.expect(_recorded(company, edit), f"law 4: {edit} became {row.data.get(edit.name)!r} without a record")


def _recorded(company: Company, edit: Edit) -> bool:
    ids = {edit.side: edit.id}
    for entry in company.store.operations("laws", kind=edit.kind, book=ids.get("book"), desk=ids.get("desk")):
        if entry.operation.side == edit.side and entry.state == "done":
            for change in entry.operation.changes:
                before = getattr(change.before, "id", change.before)
                if change.name == edit.name and (before or None) == (edit.value or None):
                    return True
    return False


def nothing_invented(company: Company, found: Verdicts) -> None:
    """Law 3: every value on a side was written by a person there, or is the twin's as that side stores it."""
    written = {e.value for e in company.edits.values()} | company.book.values | company.desk.values
    for side in (company.book, company.desk):
        for rows in side.rows.values():
            for row in rows.values():
                for name, value in row.data.items():
                    if isinstance(value, str) and name not in ("notes", "state", "room"):
                        found.expect(value in written, f"law 3: {value!r} was never written by anybody")


def one_twin(company: Company, found: Verdicts) -> None:
    """Law 6: one record per key, one link per record."""
    for side in (company.book, company.desk):
        for kind, rows in side.rows.items():
            keys = [row.key for row in rows.values() if row.key]
            found.expect(len(keys) == len(set(keys)), f"law 6: {kind} created twice on the {side.side}")
    links = company.store.links("laws")
    for side_name in ("book", "desk"):
        ids = [(one.kind, one.on(side_name)) for one in links]  # type: ignore[arg-type]
        found.expect(len(ids) == len(set(ids)), f"law 6: a record of the {side_name} is linked twice")


def untouched(company: Company, found: Verdicts) -> None:
    """Laws 16 and 20: a write carries only what differs; what is not mapped stays as it was."""
    for side in (company.book, company.desk):
        found.expect(not side.wide, f"law 16: written though equal on the {side.side}: {side.wide}")
        for rows in side.rows.values():
            for id, row in rows.items():
                found.expect(row.data["notes"] == f"n-{id}", f"law 20: notes of {id} changed")


def standing(company: Company) -> None:
    """The laws that hold after every step."""
    found = Verdicts()
    nothing_lost(company, found)
    nothing_invented(company, found)
    one_twin(company, found)
    untouched(company, found)
    found.check()


def settled(company: Company) -> None:
    """The laws that hold once everything postponed went through."""
    found = Verdicts()
    converged(company, found)
    before = company.writes()
    run = company.sync()
    found.expect(company.writes() == before, f"law 2: a quiet night wrote {company.writes() - before} times")
    found.expect(run.writes == 0, f"law 2: the run says it wrote {run.writes} times")
    found.check()
    standing(company)
