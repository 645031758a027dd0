"""The laws that hold when everything is quiet; what one run may do is judged in ``ledger.py`` as the run ends."""

from __future__ import annotations

from typing import Any

from company import Company, Verdicts
from hostile import FIELDS, Row
from ledger import CLEARS, OWNER, SIDES, meaning, same

from uchet.mappings.model import Side
from uchet.sync.store import IssueRow
from uchet.sync.types import Link


class _Open:
    """The questions people are being asked (or have answered, or put off)."""

    def __init__(self, company: Company) -> None:
        self.rows = [row for row in company.store.issues("laws", None) if row.state != "closed"]

    def about(self, link: Link, name: str | None = None) -> list[IssueRow]:
        """Those about this pair: its field ``name``, or the pair as a whole."""
        found = []
        for row in self.rows:
            issue = row.issue
            mine = issue.kind == link.kind and (issue.book == link.book or issue.desk == link.desk)
            if mine and (issue.field_name is None or (name or "") in issue.field_name):
                found.append(row)
        return found

    def named(self, kind: str, side: Side, id: str) -> bool:
        """Whether some question names this record."""
        for row in self.rows:
            issue = row.issue
            inside = str(issue.params.get("books" if side == "book" else "desks", ""))
            if issue.kind == kind and id in (issue.book, issue.desk, *inside.split(", ")):
                return True
        return False


def _excused(company: Company, rows: list[IssueRow], kind: str, name: str, book: Any, desk: Any) -> bool:
    """``lossy`` is an excuse only where one side really cannot hold what the other says."""
    as_desk, as_book = company.desk.stored(name, book), company.book.stored(name, desk)
    cannot = meaning(kind, name, as_desk) == meaning(kind, name, desk) or meaning(kind, name, as_book) == meaning(
        kind, name, book
    )
    return any(row.issue.code != "lossy" or cannot for row in rows)


def converged(company: Company, found: Verdicts) -> None:
    """Law 1: linked pairs agree on every field, or a person is being asked; nobody is left alone unnoticed."""
    links, asked = company.store.links("laws"), _Open(company)
    for link in links:
        book, desk = (company.side(side).rows[link.kind].get(link.on(side)) for side in SIDES)
        if not (_here(book) and _here(desk)):
            if _here(book) or _here(desk):
                found.expect(
                    bool(asked.about(link)), f"law 1: {link.kind} {link.book}/{link.desk}: only one in service"
                )
            continue
        assert book is not None
        assert desk is not None
        for name in FIELDS[link.kind]:
            a, b = book.data.get(name), desk.data.get(name)
            if same(links, link.kind, name, a, b) or _silent(company, link, name, a, b):
                continue
            rows = asked.about(link, name)
            found.expect(
                _excused(company, rows, link.kind, name, a, b),
                f"law 1: {link.kind}.{name}: {a!r} against {b!r}, nobody asked",
            )
    for side in company.sides():
        for kind, records in side.rows.items():
            for id, row in records.items():
                if _here(row) and not any(x.kind == kind and x.on(side.side) == id for x in links):
                    quiet = kind == "room" and side.side == "desk"
                    found.expect(quiet or asked.named(kind, side.side, id), f"law 1: {side.side} {kind} {id} is alone")


def _silent(company: Company, link: Link, name: str, a: Any, b: Any) -> bool:
    """An empty value says nothing, unless the field is one that clears its twin and was agreed on before."""
    empty = meaning(link.kind, name, a) is None or meaning(link.kind, name, b) is None
    return empty and (link.kind, name) not in CLEARS


def _here(row: Row | None) -> bool:
    return row is not None and row.data["state"] == "in"


def conflicts(company: Company, found: Verdicts) -> None:
    """Law 5: a conflict is asked exactly where both differ from the base and from each other and nobody owns it."""
    links, asked = company.store.links("laws"), _Open(company)
    for link in links:
        book, desk = (company.side(side).rows[link.kind].get(link.on(side)) for side in SIDES)
        if not (book and desk and _here(book) and _here(desk)):
            continue
        for name in FIELDS[link.kind]:
            key = (link.kind, link.book, link.desk, name)
            bases = company.ledger.known(key)
            if not bases or OWNER[link.kind, name] != "either":
                continue
            now = book.data.get(name), desk.data.get(name)
            says = [meaning(link.kind, name, x) is not None or (link.kind, name) in CLEARS for x in now]
            real = {
                _both_moved(link.kind, name, now, base) and all(says) and not same(links, link.kind, name, *now)
                for base in bases
            }
            # Compared as on the first day: a side that a person took as it is now, and what no night is known to have
            # looked at whole. More is asked then, never less.
            first = company.accepted or key not in company.ledger.base
            codes = {"conflict", "first_difference"} if first else {"conflict"}
            rows = [r for r in asked.about(link, name) if r.issue.code in codes and r.issue.field_name == name]
            right = bool(rows) in real or (first and bool(rows))
            found.expect(right, f"law 5: {link.kind}.{name}: {bases} became {now}, conflict asked: {bool(rows)}")


def _both_moved(kind: str, name: str, now: tuple[Any, Any], base: tuple[Any, Any]) -> bool:
    return all(meaning(kind, name, x) != meaning(kind, name, y) for x, y in zip(now, base, strict=True))


def settled(company: Company) -> None:
    """The laws that hold once everything postponed went through."""
    found = Verdicts()
    converged(company, found)
    conflicts(company, found)
    before, writes = company.ledger.snapshot(company), company.writes()
    seen = company.store.links("laws")
    run = company.sync()
    found.expect(company.writes() == writes, f"law 2: a quiet night wrote {company.writes() - writes} times")
    found.expect(run.writes == 0, f"law 2: the run says it wrote {run.writes} times")
    found.expect(company.store.links("laws") == seen, "law 2: a quiet night changed what was agreed")
    found.expect(company.ledger.snapshot(company) == before, "law 2: a quiet night changed a side")
    found.check()
