"""What an RT publishes: catalogs of assets, queues of tickets and users, each with its fields.

Custom fields are told apart by id: two catalogs may have fields of one name, and RT then takes either (measured).
On our side they are called ``CF.<name>``, the fields of RT itself by their own names.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ...errors import Blocked, Retry
from .transport import Transport

__all__ = ["ASSET", "TICKET", "USER", "Collection", "Field", "Form", "Schema"]

Form = Literal["asset", "ticket", "user"]
ASSET, TICKET, USER = "asset", "ticket", "user"
#: RT's text columns hold so many bytes and cut the rest in silence.
NAME_BYTES, REAL_NAME_BYTES, MAIL_BYTES, SUBJECT_BYTES = 255, 120, 120, 200


@dataclass(frozen=True, slots=True)
class Field:
    """One field. ``type``: text, time, number, person (a user's number), people, links, flag, or a custom field's type.

    ``id`` is that of a custom field. ``way``: ``both``, ``read`` (RT sets it), ``create``, ``say`` (a message).
    ``bytes``: how many of them RT keeps.
    """

    name: str
    type: str
    id: str | None = None
    multiple: bool = False
    way: Literal["both", "read", "create", "say"] = "both"
    bytes: int | None = None


def _core(*fields: Field) -> dict[str, Field]:
    return {one.name: one for one in fields}


_TIMES = (Field("Created", "time", way="read"), Field("LastUpdated", "time", way="read"))
CORE: Mapping[Form, Mapping[str, Field]] = {
    "asset": _core(
        Field("Name", "text", bytes=NAME_BYTES),
        Field("Description", "text", bytes=NAME_BYTES),
        Field("Status", "status"),
        Field("Owner", "person"),
        Field("HeldBy", "people", multiple=True),
        Field("Contact", "people", multiple=True),
        *_TIMES,
    ),
    "ticket": _core(
        Field("Subject", "text", bytes=SUBJECT_BYTES),
        Field("Status", "status"),
        Field("Owner", "person"),
        Field("Requestor", "people", multiple=True),
        Field("Cc", "people", multiple=True),
        Field("Due", "time"),
        Field("Starts", "time"),
        Field("Priority", "number"),
        Field("Type", "text", way="read"),
        Field("RefersTo", "links", multiple=True),
        Field("DependsOn", "links", multiple=True),
        # Where approvals stand: none, pending, approved, rejected. The ticket's own status does not tell.
        Field("Approval", "text", way="read"),
        Field("Content", "text", way="create"),
        Field("Correspond", "text", way="say"),
        Field("Comment", "text", way="say"),
        *_TIMES,
    ),
    "user": _core(
        Field("Name", "text", way="read"),
        Field("RealName", "text", bytes=REAL_NAME_BYTES),
        Field("EmailAddress", "text", bytes=MAIL_BYTES),
        Field("Enabled", "flag"),
        *_TIMES,
    ),
}


@dataclass(frozen=True, slots=True)
class Collection:
    """One catalog, one queue, or all users. ``place`` is the number of the catalog or queue, ``title`` its name."""

    name: str
    form: Form
    place: str = ""
    title: str = ""
    fields: Mapping[str, Field] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """RT's class, as transactions name it."""
        return {"asset": "RT::Asset", "ticket": "RT::Ticket", "user": "RT::User"}[self.form]

    def check(self, names: Iterable[str]) -> None:
        """Raise ``Blocked`` where one of ``names`` is not published."""
        for name in names:
            if name not in self.fields and name != "id":
                raise Blocked(
                    "desk_field_absent",
                    "The desk has no property {field} in class {collection}.",
                    hint="Apply the custom field to that catalog or queue (or to all users), or correct the mapping.",
                    field=name,
                    collection=self.name,
                )


class Schema:
    """Collections by name, each asked for when it is first needed: a catalog costs a request for its fields."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._places: dict[str, tuple[Form, str, str]] = {}
        self._custom: dict[str, Mapping[str, Any]] = {}
        self._known: dict[str, Collection] = {}
        self._choices: dict[str, tuple[str, ...]] = {}

    def forget(self) -> None:
        """What is published may have changed."""
        self._places, self._custom, self._known, self._choices = {}, {}, {}, {}

    def names(self) -> tuple[str, ...]:
        """Every catalog and queue that this login sees, and the users."""
        self._load()
        return tuple(self._places)

    def get(self, name: str) -> Collection | None:
        """The collection, ``None`` where this login sees none of that name."""
        self._load()
        if name not in self._known and name in self._places:
            self._known[name] = self._read(name)
        return self._known.get(name)

    def choices(self, one: Field) -> tuple[str, ...] | None:
        """The values a Select takes; ``None`` for other fields."""
        if one.type != "Select" or one.id is None:
            return None
        if one.id not in self._choices:
            answer = self._transport.json(f"customfield/{one.id}")
            self._choices[one.id] = tuple(map(_value, answer.get("Values") or ()))
        return self._choices[one.id]

    def _load(self) -> None:
        if self._places:
            return
        places: dict[str, tuple[Form, str, str]] = {"user": ("user", "", "")}
        for form, word in (("asset", "catalog"), ("ticket", "queue")):
            for row in _rows(self._transport, f"{word}s", "Name"):
                kind: Form = "asset" if form == "asset" else "ticket"
                places[f"{word}:{row['Name']}"] = (kind, row["id"], str(row["Name"]))
        rows = _rows(self._transport, "customfields", "Name,Type,MaxValues,LookupType")
        self._custom = {row["id"]: row for row in rows}
        self._places = places

    def _read(self, name: str) -> Collection:
        form, place, title = self._places[name]
        if form == "user":
            rows = [row for row in self._custom.values() if row["LookupType"] == "RT::User"]
        else:
            applied = _rows(
                self._transport, f"{'catalog' if form == 'asset' else 'queue'}/{place}/customfields", "Name"
            )
            rows = [self._custom[row["id"]] for row in applied if row["id"] in self._custom]
        return Collection(name, form, place, title, {**CORE[form], **_fields(rows)})


def _rows(transport: Transport, path: str, fields: str) -> list[Mapping[str, Any]]:
    """A whole listing; without a condition RT answers with nothing."""
    query = json.dumps([{"field": "id", "operator": ">", "value": 0}])
    rows: list[Mapping[str, Any]] = []
    for page in range(1, 1000):
        pairs = [("query", query), ("fields", fields), ("per_page", "100"), ("page", str(page)), ("orderby", "id")]
        answer = transport.json(path, pairs)
        try:
            found = [{**row, "id": str(row["id"])} for row in answer["items"]]
        except (KeyError, TypeError) as error:
            raise Retry("desk_answer_read", "The desk's answer cannot be read.") from error
        rows += found
        if len(found) < 100:
            break
    return rows


def _value(one: Any) -> str:
    """A choice; later versions of RT give it with its category."""
    return str(one["name"] if isinstance(one, Mapping) else one)


def _fields(rows: list[Mapping[str, Any]]) -> dict[str, Field]:
    """Custom fields by name. Two of one name on one catalog cannot be told apart by name: neither is published."""
    names = [row["Name"] for row in rows]
    return {
        f"CF.{row['Name']}": Field(
            f"CF.{row['Name']}", str(row["Type"]), str(row["id"]), multiple=str(row["MaxValues"]) != "1"
        )
        for row in rows
        if names.count(row["Name"]) == 1
    }
