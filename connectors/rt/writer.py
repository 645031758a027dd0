"""Writes an RT: creates under markers of our own, changes with ``If-Match``, and everything read back.

A create is made once, whatever breaks. A user's login *is* the marker, which the database itself keeps unique. An asset
or ticket carries it in a custom field: RT refuses an asset with a marker that is there and leaves the field of such a
ticket empty, but it looks first and writes then (measured: four parallel creates made up to four assets on
PostgreSQL). So we look again after each create, and of several records with one marker the first stays.

Numbers of our own choosing are no way: since the security update of autumn 2026 (Debian 5.0.3+dfsg-3~deb12u7) RT passes
over an ``id`` in a create without a word.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import requests

from ...errors import Reject, Retry, Stale, Unknown
from ..base import Raw, Receipt
from .errors import message_of
from .reader import DELETED, PEOPLE, Reader
from .schema import Collection, Schema
from .transport import Transport
from .values import bodies, no_user, same

__all__ = ["Writer", "login_of"]

T = TypeVar("T")


def login_of(key: str) -> str:
    """The login of a user created under the marker ``key``."""
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
        id = self._first(collection, key) or self._reader.deleted(collection, self._marker, key)
        return None if id is None else self._reader.item(collection, id)

    def create(self, collection: Collection, values: Mapping[str, Any], key: str) -> Receipt:
        """Raises ``Reject`` where RT refuses it or drops a value: then nothing stays under this key."""
        body = self._body(collection, values, create=True)
        links = _links(values)
        if collection.form == "user":
            body = {**body, "Name": login_of(key)}
        else:
            self._marked(collection)
            body = self._placed(collection, body, key, links)
        found = self.find(collection, key)
        if found is not None:
            return Receipt(found)
        try:
            response = self._transport.send("POST", collection.form, body)
        except Reject as error:
            return self._refused(collection, values, key, error)
        if response.status_code == 404:
            raise Reject("desk_refused", "The desk refused the record: {message}", message=message_of(response))
        number = str(self._transport.parsed(response, write=True).get("id", ""))
        first = number if collection.form == "user" else self._back(lambda: self._first(collection, key)) or number
        if first != number:
            self._take_back(collection, number)
        made = self._back(lambda: self._made(collection, first, key))
        if made is None:
            raise Unknown("desk_not_read_back", "The desk took the write but could not be read after it.")
        if first != number:
            return Receipt(made)
        return Receipt(self._checked(collection, made, values, response, key), created=True)

    def _made(self, collection: Collection, number: str, key: str) -> Raw | None:
        """RT answers with the login of a user, not with a number."""
        return self._user(collection, key) if collection.form == "user" else self._reader.item(collection, number)

    def _placed(
        self, collection: Collection, body: Mapping[str, Any], key: str, links: Mapping[str, tuple[str, ...]]
    ) -> dict[str, Any]:
        marker = str(collection.fields[self._marker].id)
        where = {"Catalog": collection.title} if collection.form == "asset" else {
            "Queue": collection.title, "ContentType": "text/plain",
        }  # fmt: skip
        custom = {**body.get("CustomFields", {}), marker: key}
        return {**where, **body, "CustomFields": custom, **{name: list(of) for name, of in links.items() if of}}

    def _first(self, collection: Collection, key: str) -> str | None:
        """The number of the living record under ``key``. Of several that we made the first stays: two creates crossed,
        one of them by a run that was killed. A person's copy is left alone."""
        held = self._reader.holders(collection, self._marker, key)
        for number, creator in held[1:]:
            if creator == held[0][1]:
                self._take_back(collection, number)
        return held[0][0] if held else None

    def _take_back(self, collection: Collection, number: str) -> None:
        """Its marker goes first: whatever breaks, it is never found again as the one that was created."""
        marker = {str(collection.fields[self._marker].id): None}
        self._transport.send("PUT", f"{collection.form}/{number}", {"CustomFields": marker})
        self._transport.send("PUT", f"{collection.form}/{number}", {"Status": DELETED})

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
        self, collection: Collection, made: Raw, values: Mapping[str, Any], response: requests.Response, key: str
    ) -> Raw:
        marker = {} if collection.form == "user" else {self._marker: key}
        wrong = self._differs(collection, made, {**values, **marker})
        if wrong is None:
            return made
        # RT drops what it does not like from tickets and users; half a record is taken back and its key set free.
        if collection.form != "user":
            self._take_back(collection, made.id)
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
    def _back(read: Callable[[], T]) -> T:
        """After a write a read that fails leaves its outcome open: ``Retry`` would be a lie."""
        try:
            found = read()
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
