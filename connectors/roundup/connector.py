"""Reads and writes a Roundup tracker through its REST API.

The tracker must carry ``interfaces.py`` of our template, which publishes its classes at ``/rest/uchet``; REST itself
never tells property types, and booleans come as numbers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeVar

import requests

from ...errors import Blocked, Fatal, Reject, Retry, Stale, Unknown
from ..base import Capabilities, Description, FieldInfo, Page, Query, Raw, Receipt, Rows, Write
from ..http import HttpClient, Retries, encode_json
from .errors import desk_errors, explain_refusal, message_of
from .values import (
    TIMES,
    ClassInfo,
    Cursor,
    clock_of,
    decode,
    encode,
    ids_of,
    next_cursor,
    parse_schema,
    query_string,
    split,
    stamp_of,
    version_of,
    where_pairs,
)

__all__ = ["RoundupConnector"]

#: Roundup takes nothing but this exact type, on bodiless requests too (else 415).
JSON = {"Content-Type": "application/json"}
IDENTITY = "uchet-identity:"
T = TypeVar("T")


class RoundupConnector:
    """One tracker. ``url`` is the tracker's own web address (config.ini, [tracker] web), compared by it on writes.

    ``page_size`` is large by default: Roundup formats everything from the page's start to the end of the listing before
    it cuts the page, so that small pages cost the square of the length. ``marker_field`` holds the key of a create.
    ``timeout`` is in seconds.

    Of a conditional write: a stale ETag is refused (412), but two writes at one instant may both be taken, so one
    connection at a time is used and every write is read back.
    """

    def __init__(
        self,
        url: str,
        user: str,
        password: str,
        *,
        page_size: int = 5000,
        timeout: float = 60.0,
        marker_field: str = "uchet_key",
        retries: Retries | None = None,
        origin: str | None = None,
    ) -> None:
        self.capabilities = Capabilities(
            changes="timestamp",
            versions=True,
            conditional_write=True,
            create="marker_field",
            retire="status",
            page_size=page_size,
            connections=1,
            # The template's rule refuses a second record with one marker, so a late create can do no harm.
            settle=0.0,
            # The template's rules: a movement, or a finished work, changes the rest in its own transaction and stays.
            movements=True,
            works=True,
        )
        self._marker = marker_field
        self._http = HttpClient(
            url,
            user,
            password,
            timeout=(min(5.0, timeout), timeout),
            connections=1,
            retries=retries,
            headers={"X-Requested-With": "rest", "Origin": (origin or url).rstrip("/")},
            errors=desk_errors,
        )
        self._url = url.rstrip("/")
        self._classes: dict[str, ClassInfo] = {}
        self._product = "Roundup"

    def __repr__(self) -> str:
        return f"RoundupConnector({self._url!r})"

    # --- verbs

    def describe(self) -> Description:
        """Classes this login sees; identity = address and the id stored in the tracker when it was made."""
        self._load()
        names: list[str] = []
        if "keyword" in self._classes:
            answer = self._get("data/keyword", [("@fields", "name"), ("@sort", "id")])
            names = self._json(answer, lambda data: [str(row["name"]) for row in data["collection"]])
        stored = [name[len(IDENTITY) :] for name in names if name.startswith(IDENTITY)]
        return Description(
            identity=f"{self._url}#{stored[0] if stored else ''}",
            product=self._product,
            collections={name: _fields(info) for name, info in self._classes.items()},
            marks={name: info.mark for name, info in self._classes.items() if info.mark != "0"},
            address=self._url,
        )

    def read(self, query: Query, since: str | None = None) -> Iterator[Page]:
        """Pages by id. Rows that slipped between two pages (an item deleted meanwhile moves the rest up) are fetched
        one by one; what a plain listing says at its end is therefore everything. Of a single page nothing can slip.

        With ``since``: what changed, less what was seen; deleted items are not in it, a full listing shows them gone.
        """
        info = self._class(query.collection)
        info.check(query.fields)
        before = Cursor.load(since) if since else None
        conditions = where_pairs(info, query.where)
        if before:
            conditions.append(("activity", before.start + ";"))
        seen: dict[str, tuple[str, str]] = {}
        clock, index = "", 1
        while True:
            rows, more, now = self._page(info, conditions, index)
            clock = clock or now
            fresh = [row for row in rows if row.id not in seen]
            if more and not fresh:
                raise Retry("desk_page_loop", "The desk repeats one page of {collection}.", collection=info.name)
            seen.update((row.id, (stamp_of(row.data), row.version or "")) for row in fresh)
            if not more:
                break
            yield self._out(query, fresh, before)
            index += 1
        late = self._late(info, conditions, seen) if index > 1 else []
        seen.update((row.id, (stamp_of(row.data), row.version or "")) for row in late)
        last = self._out(query, [*fresh, *late], before)
        yield Page(last.records, complete=before is None, cursor=next_cursor(before, clock, seen))

    def undecoded(self, query: Query) -> Iterator[Rows]:
        """The whole listing undecoded, under the same rules."""
        info = self._class(query.collection)
        info.check(query.fields)
        conditions = where_pairs(info, query.where)
        seen: set[str] = set()
        more, index = True, 1
        while more:
            rows, more = self._taken(self._listed(info, conditions, index), split)
            fresh = [(id, row) for id, row in rows if id not in seen]
            if more and not fresh:
                raise Retry("desk_page_loop", "The desk repeats one page of {collection}.", collection=info.name)
            seen.update(id for id, _ in fresh)
            yield Rows([row for _, row in fresh], complete=False)
            index += 1
        missing = self._missing(info, conditions, seen) if index > 2 else []
        late = [(id, self._attributes(info, id)) for id in missing]
        try:
            last = [encode_json({"id": id, **found[0]}) for id, found in late if found is not None]
        except (ValueError, TypeError) as error:  # text that no JSON in UTF-8 can hold
            raise _unreadable() from error
        yield Rows(last, complete=True)

    def decoded(self, query: Query, rows: Iterable[bytes]) -> list[Raw]:
        """The records of such rows. Raises ``Retry`` for one that cannot be read."""
        info = self._class(query.collection)
        try:
            found = [json.loads(row, parse_float=Decimal) for row in rows]
            return [_cut(query, _raw(info, str(one["id"]), one)) for one in found]
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise _unreadable() from error

    def get(self, collection: str, id: str) -> Raw | None:
        """By id alone: Roundup would also take a key here. Deleted items still answer, marked ``retired``."""
        found = self._item(self._class(collection), id)
        if found is None:
            return None
        raw = found[0]
        listed = self._ids(self._class(collection), [("id", id)])
        return raw if listed else Raw(raw.collection, raw.id, raw.version, raw.data, retired=True)

    def find(self, collection: str, marker: str) -> Raw | None:
        """Exact and case-sensitive. Deleted items are not found; a create with their marker is refused by the desk."""
        info = self._class(collection)
        if not marker:
            return None
        ids = self._ids(info, where_pairs(info, {self._marker: marker}))
        found = self._item(info, ids[0]) if ids else None
        return found[0] if found else None

    def write(self, write: Write) -> Receipt:
        """A create looks for its marker, takes a post-once token and posts; a change is a PATCH with ``If-Match``."""
        info = self._class(write.collection)
        return self._change(info, write, write.id) if write.id is not None else self._create(info, write)

    def close(self) -> None:
        """Roundup keeps no session for REST."""
        self._http.close()

    # --- writing

    def _create(self, info: ClassInfo, write: Write) -> Receipt:
        if not write.marker:
            raise Reject(
                "desk_marker_missing",
                "A record is created in the desk with a marker only.",
                hint="Report this: the job must give each new record its key.",
                field=self._marker,
            )
        values = {name: value for name, value in write.values.items() if value is not None}
        body = encode(info, {**values, self._marker: write.marker})
        if (found := self.find(info.name, write.marker)) is not None:
            return Receipt(found)
        answer = self._http.request("POST", f"rest/data/{info.name}/@poe", data=b"{}", headers=JSON)
        token = self._json(answer, lambda data: str(data["link"]).rsplit("/", 1)[1])
        path = f"rest/data/{info.name}/@poe/{token}"
        try:
            response = self._send("POST", path, info, body, {})
        except Reject as error:
            # Somebody with the same marker was faster than we.
            found = self.find(info.name, write.marker) if error.code == "desk_marker_taken" else None
            if found is None:
                raise
            return Receipt(found)
        id = self._json(response, lambda data: str(data["id"]), write=True)
        return Receipt(self._back(info, id), created=True)

    def _change(self, info: ClassInfo, write: Write, id: str) -> Receipt:
        body = encode(info, write.values)
        found = self._item(info, id)
        if found is None:
            raise Stale("desk_gone", "The record is no longer in the desk.")
        raw, etag = found
        if write.expected is not None and raw.version != write.expected:
            raise Stale("desk_stale", "The record was changed in the desk since it was read.")
        if all(_same(raw.data.get(name), write.values[name]) for name in body):
            return Receipt(raw)
        self._send("PATCH", f"rest/data/{info.name}/{id}", info, body, {"If-Match": etag})
        return Receipt(self._back(info, id))

    def _send(
        self, method: str, path: str, info: ClassInfo, body: Mapping[str, Any], headers: Mapping[str, str]
    ) -> requests.Response:
        data = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
        try:
            response = self._http.request(method, path, data=data, headers={**JSON, **headers}, write=True)
        except Reject as error:
            links = {name: prop.of for name, prop in info.properties.items()}
            raise explain_refusal(error, info.key, body, links) from None
        if response.status_code == 404:
            raise Stale("desk_gone", "The record is no longer in the desk.")
        return response

    def _back(self, info: ClassInfo, id: str) -> Raw:
        """The item after a write. Here a read that fails leaves the write's outcome open: ``Retry`` would be a lie."""
        try:
            found = self._item(info, id)
        except Retry as error:
            raise Unknown("desk_not_read_back", "The desk took the write but could not be read after it.") from error
        if found is None:
            raise Unknown("desk_not_read_back", "The desk took the write but could not be read after it.")
        return found[0]

    # --- reading

    def _item(self, info: ClassInfo, id: str) -> tuple[Raw, str] | None:
        found = self._attributes(info, id)
        return None if found is None else (_raw(info, id, found[0]), found[1])

    def _attributes(self, info: ClassInfo, id: str) -> tuple[dict[str, Any], str] | None:
        if not id.isascii() or not id.isdigit():
            return None
        response = self._get(f"data/{info.name}/{id}", [("@protected", "true")])
        if response.status_code == 404:
            return None
        return self._json(response, lambda data: ({**data["attributes"]}, str(data["@etag"])))

    def _listed(self, info: ClassInfo, conditions: list[tuple[str, str]], index: int) -> requests.Response:
        wanted = ",".join([*info.properties, "activity", "creation"])
        paging = [("@page_size", str(self.capabilities.page_size)), ("@page_index", str(index)), ("@sort", "id")]
        return self._get(f"data/{info.name}", [("@fields", wanted), *paging, *conditions])

    def _page(self, info: ClassInfo, conditions: list[tuple[str, str]], index: int) -> tuple[list[Raw], bool, str]:
        response = self._listed(info, conditions, index)
        rows, more = self._json(
            response,
            lambda data: (
                [_raw(info, str(row["id"]), row) for row in data["collection"]],
                "next" in data.get("@links", {}),
            ),
        )
        return rows, more, clock_of(response.headers.get("Date", ""))

    def _ids(self, info: ClassInfo, conditions: list[tuple[str, str]]) -> list[str]:
        """Ids alone are cheap: Roundup loads no item for them."""
        return self._taken(self._get(f"data/{info.name}", [("@sort", "id"), *conditions]), ids_of)

    def _missing(self, info: ClassInfo, conditions: list[tuple[str, str]], seen: Collection[str]) -> list[str]:
        missing = [id for id in self._ids(info, conditions) if id not in seen]
        if len(missing) > max(20, len(seen) // 10):
            raise Retry("desk_listing_moved", "{collection} changed too much while it was read.", collection=info.name)
        return missing

    def _late(self, info: ClassInfo, conditions: list[tuple[str, str]], seen: Mapping[str, object]) -> list[Raw]:
        items = [self._item(info, id) for id in self._missing(info, conditions, seen)]
        return [item[0] for item in items if item is not None]

    def _out(self, query: Query, rows: list[Raw], before: Cursor | None) -> Page:
        known = before.seen if before else {}
        kept = [row for row in rows if known.get(row.id) != row.version]
        return Page(tuple(_cut(query, row) for row in kept), complete=False)

    def _class(self, name: str) -> ClassInfo:
        if not self._classes:
            self._load()
        if name not in self._classes:
            raise Blocked(
                "desk_class_absent",
                "The desk has no class {collection}, or its user may not see it.",
                hint="Install our tracker template, or give the user the role Integration.",
                collection=name,
            )
        return self._classes[name]

    def _load(self) -> None:
        response = self._get("uchet", [])
        if response.status_code == 404:
            raise Fatal(
                "desk_schema_absent",
                "The tracker does not publish its classes to uchet.",
                hint="Copy interfaces.py of our tracker template into the tracker's folder and restart Roundup.",
            )
        self._classes, self._product = self._json(
            response, lambda data: (parse_schema(data), f"Roundup {data.get('roundup', '')}".strip())
        )

    def _get(self, path: str, pairs: list[tuple[str, str]]) -> requests.Response:
        return self._http.request("GET", f"rest/{path}", params_raw_query=query_string([*pairs, ("@pretty", "false")]))

    def _json(self, response: requests.Response, take: Callable[[Any], T], write: bool = False) -> T:
        """What ``take`` finds in the answer's JSON."""
        return self._taken(response, lambda content: take(json.loads(content, parse_float=Decimal)["data"]), write)

    def _taken(self, response: requests.Response, take: Callable[[bytes], T], write: bool = False) -> T:
        """What ``take`` finds in the answer; one of another shape than ours is no answer at all."""
        if response.status_code == 404:
            hint = "Check the address of the desk."
            raise Fatal("desk_address", "The desk does not know this address: {message}", hint=hint,
                        message=message_of(response))  # fmt: skip
        try:
            return take(response.content)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            if write:
                raise Unknown("desk_answer", "The desk took the write but its answer cannot be read.") from error
            raise _unreadable() from error


def _unreadable() -> Retry:
    hint = "Check that the address of the desk leads to Roundup itself."
    return Retry("desk_answer_read", "The desk's answer cannot be read.", hint=hint)


def _cut(query: Query, raw: Raw) -> Raw:
    """``raw`` with no other fields than were asked for."""
    if not query.fields:
        return raw
    return Raw(raw.collection, raw.id, raw.version, {n: raw.data[n] for n in query.fields if n in raw.data})


def _raw(info: ClassInfo, id: str, attributes: Mapping[str, Any]) -> Raw:
    data = decode(info, attributes)
    return Raw(info.name, id, version_of(data), data)


def _fields(info: ClassInfo) -> dict[str, FieldInfo]:
    """Its properties, and what every class has and the schema does not name: the id and Roundup's own times."""
    return {"id": FieldInfo("id"), **{name: FieldInfo("date") for name in TIMES}} | {
        name: FieldInfo(f"{prop.type}:{prop.of}" if prop.of else prop.type, required=prop.required)
        for name, prop in info.properties.items()
    }


def _same(held: Any, wanted: Any) -> bool:
    """Nothing to write: equal, or empty either way."""
    return held == wanted or (held in (None, "") and wanted in (None, ""))
