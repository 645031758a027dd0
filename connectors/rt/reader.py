"""Reads an RT: single records, whole listings by id, and the versions of what was listed.

Measured on RT 5.0.3: pages hold at most 100; the listing walks by ``id >`` so that nothing slips between two pages; an
unknown ``orderby`` or a bad AssetSQL answers 200 with nothing or everything, so only checked names go into a query;
deleted assets and tickets are in no search, though they answer by id; ``total`` is missing where a right is not
granted globally, and then hidden rows leave holes that nobody can tell from the end.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...errors import Blocked, Reject, Retry
from ..base import Raw
from . import feed
from .schema import Collection
from .transport import Pairs, Transport
from .values import NOBODY, decode

__all__ = ["DELETED", "PEOPLE", "Reader", "links_of", "quoted"]

DELETED = "deleted"
#: What RT needs for itself; nobody works under these names.
SYSTEM = frozenset({"RT_System", NOBODY})
PATHS: Mapping[str, str] = {"asset": "assets", "ticket": "tickets", "user": "users"}
PEOPLE = ("Owner", "HeldBy", "Contact", "Requestor", "Cc")
#: Fields that are read off a record's links.
LINKED: Mapping[str, str] = {"RefersTo": "refers-to", "DependsOn": "depends-on"}


@dataclass(slots=True)
class Deleted:
    """The deleted records of one collection by marker, as far as the transaction ``at``."""

    at: int = 0
    held: dict[str, str] = field(default_factory=dict)


class Reader:
    """``page_size`` up to 100."""

    def __init__(self, transport: Transport, page_size: int) -> None:
        self.transport = transport
        self.page_size = max(1, min(page_size, 100))
        self._logins: dict[str, str | None] = {NOBODY: None}
        self._people: set[str] = set()
        self._deleted: dict[str, Deleted] = {}

    # --- single records

    def item(self, collection: Collection, id: str) -> Raw | None:
        """The record by its number, deleted ones too; ``None`` where it is not there or lives in another collection."""
        if not (id.isascii() and id.isdigit()) or len(id) > 10:
            return None
        response = self.transport.get(f"{collection.form}/{id}")
        if response.status_code == 404:
            return None
        item = self.transport.parsed(response)
        if not isinstance(item, Mapping) or "id" not in item:
            raise Retry("desk_answer_read", "The desk's answer cannot be read.")
        if str(item["id"]) != id or not self._inside(collection, item):  # merged into another ticket, or moved away
            return None
        version = response.headers.get("ETag", "").strip('"') or None
        return self._raw(collection, id, version, self._grown(collection, [item], ())[0], ())

    @staticmethod
    def _inside(collection: Collection, item: Mapping[str, Any]) -> bool:
        if collection.form == "user":
            return item.get("Name") not in SYSTEM
        place = item.get("Catalog" if collection.form == "asset" else "Queue")
        return isinstance(place, Mapping) and str(place.get("id")) == collection.place

    def _raw(
        self, collection: Collection, id: str, version: str | None, item: Mapping[str, Any], fields: Sequence[str]
    ) -> Raw:
        data = decode(collection, item, self.login)
        if fields:
            data = {name: data[name] for name in fields if name in data}
        return Raw(collection.name, id, version, data, retired=item.get("Status") == DELETED)

    def _grown(
        self, collection: Collection, items: list[Mapping[str, Any]], fields: Sequence[str]
    ) -> list[Mapping[str, Any]]:
        """Tickets with what is read off their links."""
        if collection.form != "ticket":
            return items
        grown = [
            {**item, **{n: links_of(item, ref) for n, ref in LINKED.items()}} if "_hyperlinks" in item else item
            for item in items
        ]
        if not fields or "Approval" in fields:
            stand = self._approvals(items)
            grown = [{**item, "Approval": state} for item, state in zip(grown, stand, strict=True)]
        return grown

    def login(self, name: str) -> str | None:
        """The number of a user by login, asked once; a search, since a login of digits alone is read as a number."""
        if name not in self._logins:
            rows = list(self._users({"Name": name}, "id,Name", disabled=True))
            self._logins[name] = next((str(row["id"]) for row in rows if row.get("Name") == name), None)
        return self._logins[name]

    def knows(self, id: str) -> bool:
        """Whether there is a user of this number."""
        if id not in self._people:
            if self.transport.get(f"user/{id}").status_code == 404:
                return False
            self._people.add(id)
        return True

    def holders(self, collection: Collection, name: str, value: str) -> list[tuple[str, str]]:
        """Number and creator of each living record whose field ``name`` is exactly ``value``, the oldest first."""
        query = [self._place(collection), *self._conditions(collection, {name: value})]
        pairs = [("query", " AND ".join(query)), ("orderby", "id"), ("per_page", "100")]
        pairs += [("fields", "Creator,CustomFields"), ("fields[Creator]", "id")]
        items = self._items(self.transport.json(PATHS[collection.form], pairs))
        held = [item for item in items if decode(collection, item, self.login).get(name) == value]
        return [(str(item["id"]), str((item.get("Creator") or {}).get("id"))) for item in held]

    def deleted(self, collection: Collection, name: str, value: str) -> str | None:
        """The number of a deleted record whose field ``name`` is ``value``. No search shows those, so the transactions
        that deleted them are walked, from where the last walk of this connection ended."""
        walked = self._deleted.setdefault(collection.name, Deleted())
        ids, walked.at = feed.deleted(self.transport, collection.kind, walked.at)
        for id in ids:
            raw = self.item(collection, id)
            if raw is not None and raw.retired:
                walked.held[str(raw.data.get(name))] = id
        return walked.held.get(value)

    def _approvals(self, items: Sequence[Mapping[str, Any]]) -> list[str]:
        """Where the approvals of tickets stand: none, pending, approved or rejected.

        A rejected approval deletes its siblings, which no search shows: what is not found is asked for by number.
        """
        needs = [[link.partition(":")[2] for link in links_of(item, "depends-on") if link.startswith("ticket:")]
                 for item in items]  # fmt: skip
        states: dict[str, str] = {}
        every = sorted({id for ids in needs for id in ids}, key=int)
        for start in range(0, len(every), 50):
            query = " OR ".join(f"id = {int(id)}" for id in every[start : start + 50])
            pairs = [("query", query), ("fields", "Status,Type"), ("per_page", "100"), ("orderby", "id")]
            for row in self._items(self.transport.json("tickets", pairs)):
                states[str(row["id"])] = str(row["Status"]) if row.get("Type") == "approval" else ""
        for id in every:
            if id not in states:
                response = self.transport.get(f"ticket/{id}")
                row = {} if response.status_code == 404 else self.transport.parsed(response)
                states[id] = str(row.get("Status")) if row.get("Type") == "approval" else ""
        return [_stand([states[id] for id in ids if states[id]]) for ids in needs]

    # --- listings

    def pages(
        self, collection: Collection, fields: Sequence[str], where: Mapping[str, Any]
    ) -> Iterator[tuple[list[Raw], bool]]:
        """Parts of a listing and whether each is the last, by number."""
        if collection.form == "user":
            yield from self._user_pages(collection, fields, where)
            return
        last, seen = 0, 0
        while True:
            condition = f"{self._place(collection)} AND id > {last}"
            items, total = self._search(collection, [condition, *self._conditions(collection, where)], fields)
            ids = [int(item["id"]) for item in items]
            if ids and min(ids) <= last:
                raise Retry("desk_page_loop", "The desk repeats one page of {collection}.", collection=collection.name)
            seen, last = seen + len(ids), max(ids, default=last)
            done = len(ids) >= total
            yield self._listed(collection, items, fields), done
            if done:
                return
            if not ids:
                raise Retry("desk_listing_cut", "The desk lists less of {collection} than it has.",
                            collection=collection.name)  # fmt: skip

    def some(self, collection: Collection, ids: Sequence[str], fields: Sequence[str]) -> list[Raw]:
        """Records by number, in few requests; what is not in them is looked up one by one, deleted ones too."""
        found: dict[str, Raw] = {}
        if collection.form != "user":
            for start in range(0, len(ids), 50):
                part = " OR ".join(f"id = {int(id)}" for id in ids[start : start + 50])
                items, _ = self._search(collection, [self._place(collection), f"({part})"], fields, size=100)
                found.update((raw.id, raw) for raw in self._listed(collection, items, fields))
        for id in ids:
            raw = found.get(id) or self.item(collection, id)
            if raw is not None:
                kept = {n: raw.data[n] for n in fields if n in raw.data} if fields else raw.data
                found[id] = Raw(raw.collection, raw.id, raw.version, kept, raw.retired)
        return [found[id] for id in ids if id in found]

    def versions(self, kind: str, ids: Iterable[str]) -> dict[str, str]:
        """The newest transaction of each record, which is its ETag. Newest first, so that old histories stay unread."""
        left, found = set(ids), dict[str, str]()
        while left:
            query = [
                {"field": "ObjectType", "value": kind},
                {"field": "ObjectId", "operator": "IN", "value": sorted(map(int, left))},
            ]
            pairs = [("query", json.dumps(query)), ("fields", "ObjectId"), ("orderby", "id"), ("order", "DESC")]
            rows = self._items(self.transport.json("transactions", [*pairs, ("per_page", "100")]))
            for row in rows:
                found.setdefault(str(row["ObjectId"]), str(row["id"]))
            if not rows or not left & found.keys():
                break
            left -= found.keys()
        return found

    @staticmethod
    def _place(collection: Collection) -> str:
        return f"{'Catalog' if collection.form == 'asset' else 'Queue'} = {int(collection.place)}"

    def _search(
        self, collection: Collection, conditions: Sequence[str], fields: Sequence[str], size: int = 0
    ) -> tuple[list[Mapping[str, Any]], int]:
        pairs = [("query", " AND ".join(conditions)), ("orderby", "id"), ("per_page", str(size or self.page_size))]
        answer = self.transport.json(PATHS[collection.form], [*pairs, *self._fields(collection, fields)])
        items = self._items(answer)
        if answer.get("total") is None:
            raise Blocked(
                "desk_rights_partial",
                "The desk does not show its user the whole of {collection}.",
                hint="Grant the rights of the service account globally, not for single catalogs or queues.",
                collection=collection.name,
            )
        return items, int(answer["total"])

    @staticmethod
    def _items(answer: Any) -> list[Mapping[str, Any]]:
        items = answer.get("items") if isinstance(answer, Mapping) else None
        if not isinstance(items, list) or not all(isinstance(one, Mapping) and "id" in one for one in items):
            raise Retry("desk_answer_read", "The desk's answer cannot be read.")
        return items

    @staticmethod
    def _fields(collection: Collection, fields: Sequence[str]) -> Pairs:
        wanted = fields or tuple(collection.fields)
        names = dict.fromkeys(
            "CustomFields" if name.startswith("CF.") else "_hyperlinks" if name in (*LINKED, "Approval") else name
            for name in wanted
            if name not in ("id", "Enabled", "Content", "Correspond", "Comment")
        )
        names["Status" if collection.form != "user" else "Name"] = None
        people = [(f"fields[{name}]", "id") for name in names if name in PEOPLE]
        return [("fields", ",".join([*(["id"] if collection.form == "user" else []), *names])), *people]

    def _conditions(self, collection: Collection, where: Mapping[str, Any]) -> list[str]:
        """Equality; the desk forgives case, so the answer is compared once more (``exact``)."""
        collection.check(where)
        found = []
        for name, value in where.items():
            one = collection.fields.get(name)
            term = name if one is None or one.id is None else f"'CF.{{{one.id}}}'"
            if name == "id":
                if not str(value).isdigit():
                    raise _unsearchable(name)
                found.append(f"id = {int(value)}")
            elif one is not None and one.type not in ("text", "status") and one.id is None:
                raise _unsearchable(name)
            elif value in (None, ""):
                found.append(f"{term} IS NULL" if one is not None and one.id is not None else f"{term} = ''")
            else:
                found.append(f"{term} = {quoted(str(value))}")
        return found

    def _listed(self, collection: Collection, items: list[Mapping[str, Any]], fields: Sequence[str]) -> list[Raw]:
        ids = [str(item["id"]) for item in items]
        versions = self.versions(collection.kind, ids) if ids else {}
        items = self._grown(collection, items, fields)
        return [self._raw(collection, id, versions.get(id), i, fields) for id, i in zip(ids, items, strict=True)]

    # --- users: no search by number, so pages are counted; nobody is ever removed from them

    def _user_pages(
        self, collection: Collection, fields: Sequence[str], where: Mapping[str, Any]
    ) -> Iterator[tuple[list[Raw], bool]]:
        collection.check(where)
        names = "id,Name"
        enabled = {str(row["id"]) for row in self._users(where, names)}
        asked = dict(self._fields(collection, fields))["fields"]
        batch: list[Mapping[str, Any]] = []
        for row in self._users(where, asked, disabled=True):
            if row.get("Name") in SYSTEM:
                continue
            self._logins[str(row.get("Name"))] = str(row["id"])
            self._people.add(str(row["id"]))
            batch.append({**row, "Disabled": 0 if str(row["id"]) in enabled else 1})
            if len(batch) > self.page_size:
                yield self._listed(collection, batch[:-1], fields), False
                batch = batch[-1:]
        yield self._listed(collection, batch, fields), True

    def _users(self, where: Mapping[str, Any], fields: str, *, disabled: bool = False) -> Iterator[Mapping[str, Any]]:
        """Rows by number. Conditions that RT does not know are dropped by it and the answer is everybody, so only names
        of custom fields and of RT's own searchable fields go out."""
        query = [_user_condition(name, value) for name, value in where.items()]
        pairs = [("fields", fields), ("orderby", "id"), ("per_page", str(self.page_size))]
        if query:
            pairs.append(("query", json.dumps(query)))
        if disabled:
            pairs.append(("find_disabled_rows", "1"))
        last, page = 0, 1
        while True:
            rows = self._items(self.transport.json("users", [*pairs, ("page", str(page))]))
            fresh = [row for row in rows if int(row["id"]) > last]
            if rows and not fresh:
                raise Retry("desk_page_loop", "The desk repeats one page of {collection}.", collection="user")
            yield from fresh
            last = max((int(row["id"]) for row in fresh), default=last)
            if len(rows) < self.page_size:
                return
            page += 1


def _stand(states: Sequence[str]) -> str:
    if not states:
        return "none"
    if "rejected" in states:
        return "rejected"
    return "approved" if all(state == "resolved" for state in states) else "pending"


def _user_condition(name: str, value: Any) -> Mapping[str, Any]:
    if name.startswith("CF."):
        return {"field": f"CustomField.{{{name[3:]}}}", "value": str(value)}
    if name not in ("Name", "RealName", "EmailAddress") or value in (None, ""):
        raise _unsearchable(name)
    return {"field": name, "value": str(value)}


def _unsearchable(name: str) -> Reject:
    return Reject("desk_where", "The desk cannot search by this value of {name}.", field=name, name=name)


def quoted(text: str) -> str:
    """A literal of AssetSQL or TicketSQL."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def links_of(item: Mapping[str, Any], ref: str) -> tuple[str, ...]:
    """Links of one sort as ``ticket:7``, ``asset:2`` or an address."""
    found = [one for one in item.get("_hyperlinks") or () if one.get("ref") == ref]
    return tuple(
        f"{one['type']}:{one['id']}" if one.get("id") and one.get("type") != "external" else str(one.get("_url"))
        for one in found
    )
