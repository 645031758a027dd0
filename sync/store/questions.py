"""Issues: questions for a person, each asked once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, get_args

from sqlalchemy import Connection, Row, bindparam, select

from ...errors import Reject
from ..reconcile.types import KEY
from ..types import OURS, Issue, Link
from . import audit
from .core import Core
from .journal import forgive_in
from .linking import link_in, linker, reject_in
from .rows import Choice, Decision, IssueReport, IssueRow
from .schema import issue as issues
from .serial import dumps, load_as

__all__ = ["Questions"]

_COLS = issues.c
_PAIR = select(issues).where(_COLS.pair == bindparam("p")).order_by(_COLS.id)
_IN_STATE = _PAIR.where(_COLS.state == bindparam("s"))
_ONE = select(issues).where(_COLS.id == bindparam("i"))
_DECIDED = _PAIR.where(_COLS.state.in_(("decided", "ignored")))
_CHANGE = issues.update().where(_COLS.id == bindparam("i"))

_ASKED_AGAIN: Mapping[str, Any] = {"state": "open", "decision": None, "until": None, "by": None, "at": None}


def _row(row: Row[Any]) -> IssueRow:
    body = load_as(Issue, row.body)
    return IssueRow(row.id, body, row.state, row.decision, row.until, row.by, row.first, row.last, row.at)


def _silent(row: IssueRow, fingerprint: str, today: date) -> bool:
    """A person has spoken about exactly these values, and it still holds."""
    if row.issue.fingerprint != fingerprint:
        return False
    return row.state == "decided" or (row.state == "ignored" and (row.until is None or row.until >= today))


def _content(issue: Issue) -> dict[str, Any]:
    return {"code": issue.code, "fingerprint": issue.fingerprint, "body": dumps(issue)}


class Questions(Core):
    """The review queue of a pair."""

    def report_issues(
        self, pair: str, run: str, found: Sequence[Issue], covered: Callable[[IssueRow], bool]
    ) -> IssueReport:
        """Get-or-create each of ``found`` by its key.

        Decided or ignored about the same values stays so; other values, a passed date or a closed one ask again.
        Open ones not found are closed where ``covered`` says that this run looked; so are answered ones: an answer
        is about the question it was given to, not about one with the same values in another year.
        """
        now = self._clock()
        wanted = {issue.key: issue for issue in found}
        with self._write() as connection:
            known = {row.issue.key: row for row in map(_row, connection.execute(_PAIR, {"p": pair}))}
            asked = [self._ask(connection, pair, known.get(key), issue, now) for key, issue in wanted.items()]
            ended = (x for x in known.values() if x.state in ("open", "decided") and x.issue.key not in wanted)
            gone = [x for x in ended if covered(x)]
            if gone:
                connection.execute(_CHANGE, [{"i": row.id, "state": "closed", "last": now} for row in gone])
            fresh = {row.issue.key: row for row in map(_row, connection.execute(_PAIR, {"p": pair}))}
            report = IssueReport(
                tuple(fresh[key] for key, new in zip(wanted, asked, strict=True) if new),
                tuple(fresh[key] for key in wanted if fresh[key].state == "open"),
                tuple(fresh[row.issue.key] for row in gone),
            )
            entries = [_entry("issue_asked", run, x) for x in report.new]
            entries += [_entry("issue_closed", run, x) for x in report.closed]
            audit.append(connection, pair, now, entries)
        return report

    @staticmethod
    def _ask(connection: Connection, pair: str, old: IssueRow | None, issue: Issue, now: datetime) -> bool:
        """Write one issue; True when a person is asked something he was not being asked before."""
        if old is None:
            row = {"pair": pair, "key": issue.key, "state": "open", "first": now, "last": now, **_content(issue)}
            connection.execute(issues.insert(), row)
            return True
        same = old.issue.fingerprint == issue.fingerprint
        if _silent(old, issue.fingerprint, now.date()) or (same and old.state == "open"):
            connection.execute(_CHANGE, {"i": old.id, "last": now, "body": dumps(issue)})
            return False
        # A difference that was gone and is there again is a new one: its age begins anew.
        again = {"first": now} if old.state == "closed" and issue.key.startswith(KEY) else {}
        connection.execute(_CHANGE, {"i": old.id, "last": now, **_content(issue), **_ASKED_AGAIN, **again})
        return True

    def issues(self, pair: str, state: str | None = "open") -> list[IssueRow]:
        """Issues in ``state`` (``None``: all), oldest first."""
        where = {"p": pair} if state is None else {"p": pair, "s": state}
        with self._read() as connection:
            found = connection.execute(_PAIR if state is None else _IN_STATE, where).all()
        return [_row(row) for row in found]

    def issue(self, id: int) -> IssueRow | None:
        """The issue with this number; ``None`` if there is none."""
        with self._read() as connection:
            row = connection.execute(_ONE, {"i": id}).one_or_none()
        return None if row is None else _row(row)

    def decide(self, id: int, choice: Choice, *, by: str, until: date | None = None) -> IssueRow:
        """A person answers.

        ``take-book``/``take-desk`` hold for the values asked about. ``ignore-until`` is silent through ``until`` (UTC
        day; without one, until the values change). ``link`` and ``reject`` also make the link, or the rejection, at
        once when the issue names both records, and ``reject`` closes it.
        ``accept``: what is proposed shall be done; ``formed``: the budget asked about is. Raises Reject for an
        unknown number ("issue_unknown"), an unknown choice ("choice_unknown"), a reject of an issue that does not
        name two records ("choice_unfit") and a link that contradicts another ("already_linked").
        """
        now = self._clock()
        _check_choice(choice)
        with self._write() as connection:
            row = connection.execute(_ONE, {"i": id}).one_or_none()
            if row is None:
                raise Reject("issue_unknown", "There is no issue {id}.", hint="See them with uchet issues list.", id=id)
            issue = load_as(Issue, row.body)
            _act(connection, row.pair, issue, choice, by, now)
            connection.execute(_CHANGE, {"i": id, "by": by, "at": now, **_answer(choice, until)})
            details = {"issue": id, "code": row.code, "choice": choice, "until": until, "field": issue.field_name}
            where = (issue.kind, issue.book, issue.desk)
            entry = audit.Entry("decide", by, None, None, *where, details=details)
            audit.append(connection, row.pair, now, [entry])
            return _row(connection.execute(_ONE, {"i": id}).one())

    def decisions(self, pair: str) -> Mapping[str, Decision]:
        """Issue key → what a person said; ignored ones while their date has not passed."""
        today = self._clock().date()
        with self._read() as connection:
            found = [_row(row) for row in connection.execute(_DECIDED, {"p": pair})]
        return {
            row.issue.key: Decision(row.decision or "ignore-until", row.issue.fingerprint, row.until)
            for row in found
            if _silent(row, row.issue.fingerprint, today)
        }


def _entry(what: str, run: str, row: IssueRow) -> audit.Entry:
    issue = row.issue
    details = {"issue": row.id, "code": issue.code, "field": issue.field_name}
    return audit.Entry(what, "uchet", run, None, issue.kind, issue.book, issue.desk, details)


def _check_choice(choice: str) -> None:
    if choice not in get_args(Choice):
        raise Reject(
            "choice_unknown",
            "{choice} is not an answer.",
            hint="Answers: take-book, take-desk, ignore-until, link, reject, retry, accept, repair, modernization, "
            "formed.",
            choice=choice,
        )


def _answer(choice: Choice, until: date | None) -> dict[str, Any]:
    if choice == "ignore-until":
        return {"state": "ignored", "decision": None, "until": until}
    state = "closed" if choice in ("reject", "retry") else "decided"
    return {"state": state, "decision": choice, "until": None}


def _act(connection: Connection, pair: str, issue: Issue, choice: Choice, by: str, now: datetime) -> None:
    if choice == "retry":
        forgive_in(connection, pair, str(issue.params.get("operation", "")))
    if choice not in ("link", "reject"):
        return
    if issue.book is None or issue.desk is None:
        if choice == "link":
            return
        raise Reject(
            "choice_unfit",
            "This issue does not name two records, so there is nothing to tell apart.",
            hint="Choose ignore-until, or correct the record in its own system.",
        )
    link = Link(issue.kind, issue.book, issue.desk, rule="decision", by=by)
    if choice == "reject":
        reject_in(connection, pair, link, by, now)
    elif linker(connection, pair, issue.kind, issue.book, issue.desk) in (None, OURS):  # ours becomes theirs
        link_in(connection, pair, link, by, None, now)
