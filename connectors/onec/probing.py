"""Asking a live base what no public source settles.

Reading questions change nothing. Writing ones use objects of their own, with a marker in the name or the comment, and
mark each for deletion at the end; nothing is posted, so question 9 (are records renewed) stays open, and question 8 (no
licence) needs the administrator. What is kept of the answers are statuses and codes, never a name or a value.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ...errors import UchetError
from ..base import Asked
from . import url
from .answers import Answers
from .metadata import EntityType, Index
from .periods import ClosedPeriods
from .transport import Transport

__all__ = ["Prober"]

MARK = "uchet probe"
_COMMENT = "Комментарий"


@dataclass(slots=True)
class Prober:
    """``write``: the questions that need objects of their own may be asked too. ``plan``: set and key of the exchange
    node, where there is one."""

    transport: Transport
    index: Index
    periods: ClosedPeriods
    write: bool
    plan: Callable[[], tuple[str, str] | None]
    root: str
    found: dict[str, bool] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    made: list[tuple[str, str]] = field(default_factory=list)

    def run(self) -> tuple[Answers, list[Asked]]:
        """Ask everything that may be asked now."""
        reading = (self._counts, self._text, self._slice, self._session, self._case, self._enum, self._predefined)
        writing = (self._key, self._version, self._closed, self._json)
        try:
            for question in (*reading, *(writing if self.write else ())):
                try:
                    question()
                except UchetError as error:
                    self._note(question.__name__.strip("_"), None, error)
        finally:
            self._clean()
        return Answers(**self.found), self.asked

    def _note(self, name: str, holds: bool | None, error: UchetError | None = None) -> None:
        if holds is not None:
            self.found[name] = holds
        evidence = error.evidence if error is not None else {}
        status, code = evidence.get("status"), evidence.get("code")
        self.asked.append(Asked(name, holds, int(str(status)) if status else 200, str(code or "")))

    def _try(self, name: str, call: Callable[[], bool]) -> bool | None:
        """An answer that is a refusal of the platform means no; anything else leaves the question open."""
        try:
            holds = call()
        except UchetError as error:
            refused = error.evidence.get("shape") == "odata" and error.evidence.get("status") != 401
            self._note(name, False if refused else None, error)
            return False if refused else None
        self._note(name, holds)
        return holds

    def _sets(self, prefix: str, *names: str) -> Iterator[tuple[str, EntityType]]:
        """Published sets that have the properties named."""
        for name in self.index.sets:
            entity = self.index.entity(name)
            if entity is not None and name.startswith(prefix) and set(names) <= entity.properties.keys():
                if entity.key != ("Ref_Key",):
                    continue
                yield name, entity

    def _rows(self, name: str, **options: str) -> list[dict[str, Any]]:
        return self.transport.rows(url.segment(name), url.options(**options), what=name)

    def _listing(self, answer: str, empty: bool, name: str, condition: str, **options: str) -> None:
        """Ask for a listing that is empty, or not, where the answer is yes."""
        self._try(answer, lambda: (self._rows(name, _filter=condition, _top="1", **options) == []) is empty)

    # --- reading

    def _counts(self) -> None:
        for name, _ in self._sets("Catalog_", "Description"):
            rows = self._rows(name, _top="3", _select="Ref_Key")
            if len(rows) == 3:
                break
        else:
            return
        self._try("count", lambda: self.transport.text(f"{url.segment(name)}/$count").strip("\ufeff").strip().isdigit())
        page = url.options(_inlinecount="allpages", _top="2", _select="Ref_Key")
        self._try("inline_pages", lambda: len(self.transport.rows(url.segment(name), page, what=name)) == 2)

    def _text(self) -> None:
        for prefix in ("Document_", "Catalog_"):
            for name, _ in self._sets(prefix, _COMMENT):
                condition = f"{_COMMENT} eq {url.text('нет такого текста')}"
                self._listing("compare_text", True, name, condition)
                return

    def _slice(self) -> None:
        for name, functions in self.index.functions.items():
            function = functions.get("SliceLast")
            entity = self.index.types.get(function.returns) if function else None
            if entity is None:
                continue
            guids = [key for key in entity.key if key.endswith("_Key") and key != "Recorder_Key"]
            if not guids:
                continue
            one = f"{guids[0]} eq {url.guid(str(uuid.uuid4()))}"
            for answer, condition in (("condition", one), ("long_condition", " or ".join([one] * 6))):
                call = url.call(name, "SliceLast", {"Condition": url.text(condition)})
                self._called(answer, *call)
            return

    def _called(self, answer: str, path: str, query: str) -> None:
        self._try(answer, lambda: self.transport.rows(path, query, what=path) == [])

    def _session(self) -> None:
        self._try("sessions", self.transport.gives_session)

    def _case(self) -> None:
        for name, entity in self._sets("Catalog_", "Description"):
            if "IsFolder" in entity.properties:
                continue
            for row in self._rows(name, _top="20", _select="Ref_Key,Description"):
                text = str(row.get("Description") or "")
                if text.swapcase() == text:
                    continue
                key = url.guid(str(row["Ref_Key"]))
                condition = f"Ref_Key eq {key} and Description eq {url.text(text.swapcase())}"
                self._listing("case_sensitive", True, name, condition, _select="Ref_Key")
                return

    def _enum(self) -> None:
        """A register of БСП that holds an enumeration in a composite, where somebody has filled it."""
        name = "InformationRegister_ДатыЗапретаИзменения"
        if name not in self.index.sets:
            return
        for row in self._rows(name, _top="50"):
            if row.get("Пользователь") and not url.is_guid(row["Пользователь"]):
                self._note("enum_as_text", row.get("Пользователь_Type") == "Edm.String")
                return

    def _predefined(self) -> None:
        for name, _ in self._sets("ChartOfAccounts_", "PredefinedDataName"):
            rows = self._rows(name, _top="20", _select="PredefinedDataName")
            word = next((str(row["PredefinedDataName"]) for row in rows if row.get("PredefinedDataName")), "")
            if word:
                condition = f"PredefinedDataName eq {url.text(word)}"
                self._listing("filter_predefined", False, name, condition)
                return

    # --- writing

    def _post(self, name: str, body: dict[str, Any]) -> str:
        answer = self.transport.send("POST", url.segment(name), body, what=name)
        self.made.append((name, str(answer["Ref_Key"])))
        return str(answer["Ref_Key"]).lower()

    def _plain_set(self) -> tuple[str, dict[str, Any]] | None:
        """Where an item of ours does least: a document with a comment, else a catalog without owner."""
        for name, _ in self._sets("Document_", _COMMENT):
            return name, {"Date": self._open_day().isoformat(), _COMMENT: f"{MARK} {uuid.uuid4()}"}
        for name, entity in self._sets("Catalog_", "Description"):
            if "Owner_Key" not in entity.properties and "Owner" not in entity.properties:
                return name, {"Description": f"{MARK} {uuid.uuid4()}"[:25]}
        return None

    def _open_day(self) -> datetime:
        today = datetime.combine(self.periods.today(), datetime.min.time())
        until = self.periods.until(None)
        return today if until is None or until < today.date() else today.replace(year=today.year + 1)

    def _key(self) -> None:
        place = self._plain_set()
        if place is None:
            return
        name, body = place
        key = str(uuid.uuid4())
        if self._try("own_key", lambda: self._post(name, {"Ref_Key": key, **body}) == key):
            repeated = self._try("again", lambda: bool(self._post(name, {"Ref_Key": key, **body})))
            self.found.pop("again", None)
            if repeated is not None:
                self._note("repeat_refused", not repeated)

    def _version(self) -> None:
        place = self._plain_set()
        if place is None:
            return
        name, body = place
        key = self._post(name, body)
        path = url.segment(name) + url.key({"Ref_Key": url.guid(key)})
        try:
            self.transport.send("PATCH", path, {"DeletionMark": False}, {"If-Match": "AAAAAAAAAAA="}, what=name)
        except UchetError as error:
            stale = error.evidence.get("status") == 412
            self._note("if_match", True if stale else None, error)
            return
        self._note("if_match", False)

    def _closed(self) -> None:
        """A draft dated into a period that is closed for everybody, where one is."""
        until = self.periods.until(None)
        if until is None:
            return
        for name, _ in self._sets("Document_", _COMMENT):
            day = datetime.combine(until, datetime.min.time()) - timedelta(days=1)
            body = {"Date": day.isoformat(), _COMMENT: f"{MARK} {uuid.uuid4()}"}
            self._made("closed_drafts", name, body)
            return

    def _made(self, answer: str, name: str, body: dict[str, Any]) -> None:
        self._try(answer, lambda: bool(self._post(name, body)))

    def _json(self) -> None:
        node = self.plan()
        if node is None:
            return
        point = f"'{self.root}/{node[0]}({url.guid(node[1])})'"
        query = url.options(DataExchangePoint=point, MessageNo="1", _format="json")
        self._try("changes_json", lambda: self.transport.packet("SelectChanges", query).lstrip()[:1] == b"{")

    def _clean(self) -> None:
        """Mark what was made for deletion; what is left behind is told."""
        left = 0
        for name, key in self.made:
            path = url.segment(name) + url.key({"Ref_Key": url.guid(key)})
            try:
                self.transport.send("PATCH", path, {"DeletionMark": True}, what=name)
            except UchetError:
                left += 1
        if left:
            with suppress(ValueError):
                self.asked.append(Asked("left_behind", True, left, ""))
