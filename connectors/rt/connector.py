"""Reads and writes a Request Tracker 5 through REST 2. See ``RtConnector`` for its collections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from ...errors import Blocked, Reject, UchetError
from ..base import Capabilities, Description, FieldInfo, Page, Query, Raw, Receipt, Write
from ..http import Retries
from . import feed
from .reader import Reader
from .schema import Collection, Schema
from .transport import Transport
from .values import same
from .writer import Writer

__all__ = ["MARKER", "RtConnector"]

MARKER = "Ключ uchet"
#: Seconds for a request that RT's worker is at; measured creates take less than one on a loaded machine.
SETTLE = 5.0
TRANSACTION = "transaction"


class RtConnector:
    """One RT. ``url`` is the address people open it under; without ``user`` the password is an authentication token.

    Collections: ``catalog:NAME`` (assets), ``queue:NAME`` (tickets), ``user``. ``marker_field`` is the custom field
    with the key of a create. ``timeout`` is in seconds.

    A conditional write carries the record's ETag. RT compares it before it locks anything, so that two writes at one
    instant may both be taken: one connection at a time is used and every write is read back.
    """

    def __init__(
        self,
        url: str,
        password: str,
        user: str = "",
        *,
        page_size: int = 100,
        timeout: float = 60.0,
        marker_field: str = MARKER,
        retries: Retries | None = None,
    ) -> None:
        self.capabilities = Capabilities(
            changes="transactions",
            versions=True,
            conditional_write=True,
            create="marker_field",
            retire="status",
            page_size=min(page_size, 100),
            connections=1,
            # A late create is refused for an asset and a user; a ticket would only lose its marker.
            settle=SETTLE,
        )
        self._transport = Transport(url, user, password, timeout=timeout, connections=1, retries=retries)
        self._schema = Schema(self._transport)
        self._reader = Reader(self._transport, page_size)
        self._writer = Writer(self._transport, self._schema, self._reader, f"CF.{marker_field}")
        self._marker = marker_field
        self._product = ""

    def __repr__(self) -> str:
        return f"RtConnector({self._transport.url!r})"

    # --- verbs

    def describe(self) -> Description:
        """Catalogs, queues and users this login sees; identity = address and the id kept with the marker field."""
        self._product = self._transport.begin()
        self._schema.forget()
        found = [one for name in self._schema.names() if (one := self._schema.get(name)) is not None]
        return Description(
            identity=f"{self._transport.url}#{self._identity(found)}",
            product=self._product,
            collections={one.name: _fields(one) for one in found},
            marks={TRANSACTION: str(feed.newest(self._transport))},
            address=self._transport.url.removesuffix("/REST/2.0"),
        )

    def read(self, query: Query, since: str | None = None) -> Iterator[Page]:
        """Pages by number. With ``since``: what has new transactions, deleted records among it as ``retired``."""
        collection = self._collection(query.collection)
        collection.check((*query.fields, *query.where))
        if since is not None:
            yield from self._changes(collection, query, since)
            return
        cursor = feed.position(self._transport, collection.kind)
        fields = _wanted(query)
        for records, done in self._reader.pages(collection, fields, query.where):
            kept = tuple(_only(raw, query.fields) for raw in records if self._fits(collection, raw, query))
            yield Page(kept, complete=done, cursor=cursor.dump() if done else None)

    def get(self, collection: str, id: str) -> Raw | None:
        """By number, deleted ones too. ``transaction`` is a collection of numbers alone (see ``Description.marks``)."""
        if collection == TRANSACTION:
            return self._transaction(id)
        return self._reader.item(self._collection(collection), id)

    def find(self, collection: str, marker: str) -> Raw | None:
        """The record created under ``marker``, deleted ones too. Of two that crossed the later is taken back."""
        one = self._collection(collection)
        return self._writer.find(one, marker) if marker else None

    def write(self, write: Write) -> Receipt:
        """A create carries its marker, a change is a PUT with ``If-Match``; both are read back and compared, because
        RT answers 200 for fields it refused and 201 for values it dropped."""
        collection = self._collection(write.collection)
        if write.id is not None:
            return self._writer.change(collection, write.id, write.values, write.expected)
        if not write.marker:
            raise Reject(
                "desk_marker_missing",
                "A record is created in the desk with a marker only.",
                hint="Report this: the job must give each new record its key.",
                field=self._marker,
            )
        return self._writer.create(collection, write.values, write.marker)

    def review(self) -> Iterator[UchetError]:
        """The account's language and time zone, rights granted for parts only, and the field of the marker."""
        name = self._transport.user
        found = self._transport.json(f"user/{quote(name)}") if name else {}
        if str(found.get("Lang") or "en").partition("_")[0] != "en":
            yield Blocked(
                "desk_account_language",
                "The desk's user {user} speaks another language than English, in which some of RT's answers break off.",
                hint="Set the language of that account in RT to English.",
                user=name,
            )
        if name and found.get("Timezone") != "UTC":
            yield Blocked(
                "desk_account_zone",
                "The desk's user {user} does not live in the time zone UTC, and RT moves times by the difference.",
                hint="Set the time zone of that account in RT to UTC.",
                user=name,
            )
        places = [one for name in self._schema.names() if (one := self._schema.get(name)) and one.form != "user"]
        for one in places:
            try:
                next(self._reader.pages(one, ("Status",), {}), None)
            except Blocked as error:
                yield error
        markers = self._markers(places)
        if not markers:
            yield Blocked(
                "desk_marker_absent",
                "No catalog of the desk has the custom field {field}, so nothing can be created there.",
                hint="“uchet init” writes a file that makes it; an administrator of RT loads that file.",
                field=self._marker,
            )
        elif any(str(one.get("UniqueValues")) != "1" for one in markers):
            yield Blocked(
                "desk_marker_repeats",
                "The custom field {field} of the desk takes one value twice, so a record could be made twice.",
                hint="“uchet init” writes a file that corrects it; an administrator of RT loads that file again.",
                field=self._marker,
            )

    def close(self) -> None:
        """Let the connections go; a session of RT's ends by itself."""
        self._transport.close()

    # --- parts

    def _changes(self, collection: Collection, query: Query, since: str) -> Iterator[Page]:
        ids, cursor = feed.changed(self._transport, collection.kind, feed.Cursor.load(since))
        size = self._reader.page_size
        for start in range(0, max(len(ids), 1), size):
            part = ids[start : start + size]
            found = self._reader.some(collection, part, _wanted(query)) if part else []
            done = start + size >= len(ids)
            kept = tuple(_only(raw, query.fields) for raw in found if self._fits(collection, raw, query))
            yield Page(kept, complete=False, cursor=cursor.dump() if done else None)

    @staticmethod
    def _fits(collection: Collection, raw: Raw, query: Query) -> bool:
        """Exact equality: RT forgives case, each database in its own way."""
        return all(
            same(collection.fields[name], raw.data.get(name), value)
            for name, value in query.where.items()
            if name != "id"
        )

    def _transaction(self, id: str) -> Raw | None:
        """By search: RT fails (500) on the address of a transaction that is not there."""
        if not (id.isascii() and id.isdigit()):
            return None
        items = self._transport.json("transactions", [("query", f"id = {int(id)}")])["items"]
        return Raw(TRANSACTION, id, id, {}) if items else None

    def _markers(self, collections: list[Collection]) -> list[Mapping[str, Any]]:
        """The custom fields of the marker: one for assets, one for tickets."""
        name = f"CF.{self._marker}"
        ids = {one.fields[name].id for one in collections if name in one.fields}
        return [self._transport.json(f"customfield/{id}") for id in sorted(ids, key=str)]

    def _identity(self, collections: list[Collection]) -> str:
        """The description of the marker field, written once when the field was made; empty where it is another's."""
        for one in self._markers(collections):
            text = str(one.get("Description") or "")
            if "uchet-identity:" in text:
                return text.rpartition("uchet-identity:")[2].strip()
        return ""

    def _collection(self, name: str) -> Collection:
        if not self._product:
            self._product = self._transport.begin()
        found = self._schema.get(name)
        if found is None:
            raise Blocked(
                "desk_class_absent",
                "The desk has no class {collection}, or its user may not see it.",
                hint="“uchet init” writes a file that makes it; an administrator of RT loads that file.",
                collection=name,
            )
        return found


def _fields(one: Collection) -> dict[str, FieldInfo]:
    return {"id": FieldInfo("id")} | {
        name: FieldInfo(field.type, length=field.bytes) for name, field in one.fields.items()
    }


def _wanted(query: Query) -> tuple[str, ...]:
    """The fields to ask for: those wanted, and those by which the answer is compared once more."""
    return tuple(dict.fromkeys((*query.fields, *(n for n in query.where if n != "id")))) if query.fields else ()


def _only(raw: Raw, fields: tuple[str, ...]) -> Raw:
    if not fields:
        return raw
    return Raw(raw.collection, raw.id, raw.version, {n: raw.data[n] for n in fields if n in raw.data}, raw.retired)
