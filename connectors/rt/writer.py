"""Writes an RT: creates under numbers of our own, changes with ``If-Match``, and everything read back.

A create is made at most once, whatever breaks: an asset's or ticket's number is drawn from the key of the create, a
user's login *is* the key, and both are unique in the database itself, which custom fields with unique values are not
(measured: four parallel creates made up to four assets on PostgreSQL).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import requests

from ...errors import Reject, Retry, Stale, Unknown
from ..base import Raw, Receipt
from .errors import message_of
from .reader import DELETED, PEOPLE, Reader
from .schema import Collection, Schema
from .transport import Transport
from .values import bodies, no_user, same

__all__ = ["FIRST_NUMBER", "NUMBERS", "Writer", "login_of", "numbers_of"]

#: Our numbers lie in a band that leaves room on both sides: RT counts in 32 bits, and on SQLite and MySQL the next
#: automatic number follows the highest.
FIRST_NUMBER, NUMBERS = 1_000_000_000, 2**29
#: Two keys may draw one number; the second goes to its next one.
DRAWS = 20


def numbers_of(key: str) -> Iterator[str]:
    """The numbers to try for a key, always the same ones in the same order."""
    for draw in range(DRAWS):
        digest = hashlib.sha256(f"{key}/{draw}".encode()).digest()
        yield str(FIRST_NUMBER + int.from_bytes(digest[:8], "big") % NUMBERS)


def login_of(key: str) -> str:
    """The login of a user created under ``key``."""
    return f"uchet-{key}"


class Writer:
    """``marker``: our name of the custom field that tells whose number it is."""

    def __init__(self, transport: Transport, schema: Schema, reader: Reader, marker: str) -> None:
        self._transport = transport
        self._schema = schema
        self._reader = reader
        self._marker = marker

    def _body(self, collection: Collection, values: Mapping[str, Any], *, create: bool) -> dict[str, Any]:
        """Users are looked up first: for one that is not there RT breaks off a PUT and keeps its beginning."""
        body = bodies(collection, values, self._schema.choices, create=create)
        for name, given in body.items():
            if name in PEOPLE:
                for id in given if isinstance(given, list) else [given]:
                    if isinstance(id, int) and not self._reader.knows(str(id)):
                        raise no_user(name, id)
        return body

    # --- creates

    def find(self, collection: Collection, key: str) -> Raw | None:
        """The record created under ``key``, deleted ones too; where there is none, there never was one."""
        if collection.form == "user":
            return self._user(collection, key)
        self._marked(collection)
        return self._taken(collection, key)[0]

    def create(self, collection: Collection, values: Mapping[str, Any], key: str) -> Receipt:
        """Raises ``Reject`` where RT refuses it or drops a value: then nothing stays under this key."""
        body = self._body(collection, values, create=True)
        links = _links(values)
        if collection.form != "user":
            self._marked(collection)
            body = self._placed(collection, body, key, links)
        found, free = (self._user(collection, key), login_of(key)) if collection.form == "user" else (
            self._taken(collection, key)
        )  # fmt: skip
        if found is not None:
            return Receipt(found)
        named = {"Name": free} if collection.form == "user" else {"id": int(free)}
        try:
            response = self._transport.send("POST", collection.form, {**body, **named})
        except Reject as error:
            return self._refused(collection, values, key, error)
        if response.status_code == 404:
            raise Reject("desk_refused", "The desk refused the record: {message}", message=message_of(response))
        self._transport.parsed(response, write=True)
        made = self._back(lambda: self.find(collection, key))
        if made is None:
            raise Unknown("desk_not_read_back", "The desk took the write but could not be read after it.")
        return Receipt(self._checked(collection, made, values, response), created=True)

    def _placed(
        self, collection: Collection, body: Mapping[str, Any], key: str, links: Mapping[str, tuple[str, ...]]
    ) -> dict[str, Any]:
        marker = str(collection.fields[self._marker].id)
        where = {"Catalog": collection.title} if collection.form == "asset" else {
            "Queue": collection.title, "ContentType": "text/plain",
        }  # fmt: skip
        custom = {**body.get("CustomFields", {}), marker: key}
        return {**where, **body, "CustomFields": custom, **{name: list(of) for name, of in links.items() if of}}

    def _taken(self, collection: Collection, key: str) -> tuple[Raw | None, str]:
        """The record under ``key``, or the number that is free for it."""
        for number in numbers_of(key):
            response = self._transport.get(f"{collection.form}/{number}")
            if response.status_code == 404:
                return None, number
            item = self._transport.parsed(response)
            if self._is_ours(collection, item, key):
                raw = self._reader.item(collection, number)
                if raw is not None:
                    return raw, number
        raise Reject("desk_numbers", "No free number was found in the desk for a new record.")

    def _is_ours(self, collection: Collection, item: Any, key: str) -> bool:
        marker = collection.fields[self._marker].id
        found = [one for one in item.get("CustomFields") or () if str(one.get("id")) == marker]
        return any(key in (one.get("values") or ()) for one in found)

    def _user(self, collection: Collection, key: str) -> Raw | None:
        response = self._transport.get(f"user/{login_of(key)}")
        if response.status_code == 404:
            return None
        item = self._transport.parsed(response)
        if str(item.get("Name", "")).lower() != login_of(key).lower():
            return None
        return self._reader.item(collection, str(item["id"]))

    def _marked(self, collection: Collection) -> None:
        collection.check((self._marker,))

    def _refused(self, collection: Collection, values: Mapping[str, Any], key: str, error: Reject) -> Receipt:
        """Refused because somebody with the same key was faster, or for what the record says."""
        found = self.find(collection, key)
        if found is not None:
            return Receipt(found)
        message = str(error.params.get("message", ""))
        named = [name for name in values if f"'{name.removeprefix('CF.')}'" in message]
        error.field = named[0] if len(named) == 1 else None
        raise error

    def _checked(
        self, collection: Collection, made: Raw, values: Mapping[str, Any], response: requests.Response
    ) -> Raw:
        wrong = self._differs(collection, made, values)
        if wrong is None:
            return made
        # RT drops what it does not like from tickets and users; half a record is taken back and its key set free.
        if collection.form != "user":
            marker = {str(collection.fields[self._marker].id): None}
            self._transport.send("PUT", f"{collection.form}/{made.id}", {"CustomFields": marker})
            self._transport.send("PUT", f"{collection.form}/{made.id}", {"Status": DELETED})
        else:
            self._transport.send("PUT", f"user/{made.id}", {"Name": f"refused-{made.id}-{made.version}"})
            self._transport.send("PUT", f"user/{made.id}", {"Disabled": 1})
        raise _dropped(wrong, message_of(response))

    # --- changes

    def change(self, collection: Collection, id: str, values: Mapping[str, Any], expected: str | None) -> Receipt:
        """Only what differs is sent. ``Stale``: another version; ``Reject`` names the field RT did not take."""
        body = self._body(collection, values, create=False)
        said = {n: str(v) for n, v in values.items() if collection.fields[n].way == "say" and v}
        raw = self._reader.item(collection, id)
        if raw is None:
            raise Stale("desk_gone", "The record is no longer in the desk.")
        if expected is not None and raw.version != expected:
            raise Stale("desk_stale", "The record was changed in the desk since it was read.")
        kept = {n: v for n, v in values.items() if n not in said}
        differs = [n for n, v in kept.items() if not same(collection.fields[n], raw.data.get(n), v)]
        if differs:
            raw = self._put(collection, raw, body, {n: kept[n] for n in differs})
        for name, text in said.items():
            self._say(id, name, text)
        return Receipt(self._again(collection, id) if said else raw)

    def _put(self, collection: Collection, raw: Raw, body: Mapping[str, Any], values: Mapping[str, Any]) -> Raw:
        custom = {collection.fields[name].id: name for name in values if collection.fields[name].id is not None}
        sent: dict[str, Any] = {
            n: v for n, v in body.items() if n in values or (n == "Disabled" and "Enabled" in values)
        }
        if custom:
            sent["CustomFields"] = {id: v for id, v in body["CustomFields"].items() if id in custom}
        for name, wanted in _links(values).items():
            held = raw.data.get(name) or ()
            sent[f"Add{name}"] = [link for link in wanted if link not in held]
            sent[f"Delete{name}"] = [link for link in held if link not in wanted]
        address = f"{collection.form}/{raw.id}"
        try:
            response = self._transport.send("PUT", address, sent, {"If-Match": f'"{raw.version}"'})
        except Reject as error:
            raise _named(error, values) from None
        if response.status_code == 404:
            raise Stale("desk_gone", "The record is no longer in the desk.")
        self._transport.parsed(response, write=True)
        after = self._again(collection, raw.id)
        wrong = self._differs(collection, after, values)
        if wrong is not None:
            raise _dropped(wrong, message_of(response))
        return after

    def _say(self, id: str, name: str, text: str) -> None:
        """A message on a ticket, alone: RT's worker dies after the commit where its answer holds Cyrillic, so an answer
        that was lost is looked for in the ticket's history."""
        before = self._messages(id, name)
        body = {"Content": text, "ContentType": "text/plain"}
        try:
            self._transport.send("POST", f"ticket/{id}/{'correspond' if name == 'Correspond' else 'comment'}", body)
        except Unknown:
            if self._messages(id, name) == before:
                raise

    def _messages(self, id: str, name: str) -> tuple[str, ...]:
        kind = "Correspond" if name == "Correspond" else "Comment"
        pairs = [("query", f"ObjectType = 'RT::Ticket' AND ObjectId = {int(id)} AND Type = '{kind}'"),
                 ("orderby", "id"), ("order", "DESC"), ("per_page", "1")]  # fmt: skip
        return tuple(str(row["id"]) for row in self._transport.json("transactions", pairs)["items"])

    def _again(self, collection: Collection, id: str) -> Raw:
        found = self._back(lambda: self._reader.item(collection, id))
        if found is None:
            raise Unknown("desk_not_read_back", "The desk took the write but could not be read after it.")
        return found

    @staticmethod
    def _back(read: Any) -> Raw | None:
        """After a write a read that fails leaves its outcome open: ``Retry`` would be a lie."""
        try:
            found: Raw | None = read()
        except Retry as error:
            raise Unknown("desk_not_read_back", "The desk took the write but could not be read after it.") from error
        return found

    @staticmethod
    def _differs(collection: Collection, raw: Raw, values: Mapping[str, Any]) -> str | None:
        """The first of ``values`` that the record does not hold."""
        for name, value in values.items():
            one = collection.fields[name]
            if one.way == "both" and not same(one, raw.data.get(name), value):
                return name
        return None


def _links(values: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {n: tuple(map(str, values[n] or ())) for n in ("RefersTo", "DependsOn") if n in values}


def _dropped(name: str, message: str) -> Reject:
    """A field that RT passed over, with its own words."""
    template = "The desk did not take {name}: {message}"
    return Reject("desk_refused", template, field=name, name=name, message=message)


def _named(error: Reject, values: Mapping[str, Any]) -> Reject:
    error.field = next(iter(values)) if len(values) == 1 else None
    return error
