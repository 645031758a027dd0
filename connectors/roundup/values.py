"""Roundup's values on the wire: what a tracker publishes, JSON → Python, Python → JSON, versions, cursors.

Measured on Roundup 2.6.0: booleans come back as 0 and 1; a JSON ``null`` is dropped before the server looks at it, an
empty string is what clears a property (links too); strings lose blanks at both ends; the ETag is a keyed digest of all
properties whose times have one-second resolution, so that A → B → A inside a second repeats it unless the class counts
its edits (``revision`` of our template).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar
from urllib.parse import quote

import msgspec

from ...errors import Blocked, Fatal, Reject
from ..http import encode_json

__all__ = [
    "ClassInfo",
    "Cursor",
    "Prop",
    "clock_of",
    "decode",
    "encode",
    "ids_of",
    "next_cursor",
    "parse_schema",
    "query_string",
    "split",
    "stamp_of",
    "version_of",
    "where_pairs",
]

#: Set by Roundup itself, readable in every class. UTC, whole seconds.
TIMES = ("activity", "creation")
STAMP = "%Y-%m-%d.%H:%M:%S"
_STAMP = re.compile(r"\d{4}-(0\d|1[0-2])-([0-2]\d|3[01])\.\d\d:[0-5]\d:[0-5]\d")


@dataclass(frozen=True, slots=True)
class Prop:
    """One property: ``type`` in Roundup's words, ``of`` the class a link points to."""

    type: str
    of: str | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class ClassInfo:
    """One class as published: ``key`` its unique property, ``mark`` the highest id ever handed out and kept."""

    name: str
    properties: Mapping[str, Prop]
    key: str | None = None
    mark: str = "0"

    def check(self, names: Sequence[str]) -> None:
        """Raise ``Blocked`` where one of ``names`` is not published."""
        for name in names:
            if name not in self.properties and name not in TIMES and name != "id":
                raise Blocked(
                    "desk_field_absent",
                    "The desk has no property {field} in class {collection}.",
                    hint="Add the property to schema.py of the tracker, or correct the mapping.",
                    field=name,
                    collection=self.name,
                )


def parse_schema(data: Mapping[str, Any]) -> dict[str, ClassInfo]:
    """The answer of ``/rest/uchet``."""
    return {
        name: ClassInfo(
            name,
            {p: Prop(i["type"], i.get("of"), bool(i.get("required"))) for p, i in entry["properties"].items()},
            entry.get("key"),
            entry.get("mark", "0"),
        )
        for name, entry in data["classes"].items()
    }


def decode(info: ClassInfo, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes of an item: links as id strings, booleans as such, fractions as ``Decimal``; ``id`` left out.

    Properties that came with the answer but are not published are ignored.
    """
    return {
        name: _decoded(info.properties[name].type if name in info.properties else "date", value)
        for name, value in attributes.items()
        if name in info.properties or name in TIMES
    }


def _decoded(kind: str, value: Any) -> Any:
    """A value of another type than the property's is passed on as it came: the mapping asks about that record alone."""
    if value is None:
        return None
    if kind == "link":
        return _link(value)
    if kind == "multilink" and isinstance(value, list):
        return tuple(_link(one) for one in value)
    if kind == "boolean" and value in (0, 1):
        return bool(value)
    if kind == "number" and not isinstance(value, bool):
        try:
            return Decimal(str(value))
        except InvalidOperation:
            return value
    return value


def _link(value: Any) -> Any:
    if isinstance(value, Mapping):
        return value.get("id")
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def encode(info: ClassInfo, values: Mapping[str, Any]) -> dict[str, str | list[str]]:
    """Values for the body of a POST or PATCH; ``None`` becomes the empty string, which clears.

    Raises ``Blocked`` for an unpublished property and ``Reject`` for a value that JSON to Roundup cannot say.
    """
    info.check(tuple(values))
    return {name: _encoded(name, value) for name, value in values.items()}


def _encoded(name: str, value: Any) -> str | list[str]:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal) and value.is_finite():
        return format(value, "f")
    if isinstance(value, (str, int)):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [str(item) for item in value]
    raise Reject(
        "desk_value",
        "The value of {name} cannot be sent to the desk ({type}).",
        field=name,
        name=name,
        hint="Correct the mapping of this field.",
        type=type(value).__name__,
    )


class _Id(msgspec.Struct):
    id: str


class _Ids(msgspec.Struct):
    collection: list[_Id]


class _Collection(msgspec.Struct):
    collection: list[msgspec.Raw]
    links: dict[str, Any] = msgspec.field(name="@links", default_factory=dict)


class _IdsAnswer(msgspec.Struct):
    data: _Ids


class _RowsAnswer(msgspec.Struct):
    data: _Collection


_IDS, _ROWS = msgspec.json.Decoder(_IdsAnswer), msgspec.json.Decoder(_RowsAnswer)


def ids_of(content: bytes) -> list[str]:
    """The ids of a listing, which may be long. Raises like ``json.loads`` and look-ups do."""
    try:
        return [one.id for one in _IDS.decode(content).data.collection]
    except (msgspec.DecodeError, UnicodeDecodeError):
        return [str(row["id"]) for row in json.loads(content)["data"]["collection"]]


def split(content: bytes) -> tuple[list[tuple[str, bytes]], bool]:
    """(id, row as it came) of a page, and whether there are more. Raises like ``json.loads`` and look-ups do."""
    try:
        ids, data = _IDS.decode(content).data.collection, _ROWS.decode(content).data
        return [(one.id, row) for one, row in zip(ids, data.collection, strict=True)], "next" in data.links
    except (msgspec.DecodeError, UnicodeDecodeError):
        answer = json.loads(content, parse_float=Decimal)["data"]
        return [(str(row["id"]), encode_json(row)) for row in answer["collection"]], "next" in answer.get("@links", {})


def query_string(pairs: Sequence[tuple[str, str]]) -> str:
    """Percent-encoded query; names keep their ``@`` and ``:``."""
    return "&".join(f"{quote(name, safe='@:._')}={quote(value, safe='')}" for name, value in pairs)


def where_pairs(info: ClassInfo, where: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Equality conditions. ``name:=value`` is exact; plain ``name=value`` would find substrings, in any case."""
    info.check(tuple(where))
    pairs = []
    for name, value in where.items():
        if name == "id":
            pairs.append((name, str(value)))
        elif value is None or value == "":
            # Links say "none" as -1; an empty text is stored as NULL, which no exact search finds.
            if info.properties[name].type not in ("link", "multilink"):
                raise Reject("desk_where_empty", "The desk cannot search for an empty {name}.", field=name, name=name)
            pairs.append((f"{name}:", "-1"))
        else:
            pairs.append((f"{name}:", str(_encoded(name, value))))
    return pairs


def stamp_of(data: Mapping[str, Any]) -> str:
    """When an item was changed, in Roundup's form; empty where it does not say so in that form."""
    text = data.get("activity")
    return text if isinstance(text, str) and _STAMP.fullmatch(text) else ""


def version_of(data: Mapping[str, Any]) -> str:
    """Digest of an item's own properties and its time of change: equal in listings and single reads."""
    plain = {name: str(value) if isinstance(value, Decimal) else value for name, value in data.items()}
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where reading by ``activity`` goes on: a server time (UTC) and the versions already seen around it.

    Times have whole seconds and are given when an edit begins, not when it is committed, so each read goes back by
    ``OVERLAP`` and leaves out what it has seen; where too much was seen to remember, repeats are let through.
    """

    at: str
    seen: Mapping[str, str] = field(default_factory=dict)

    OVERLAP: ClassVar[timedelta] = timedelta(seconds=60)
    REMEMBERED: ClassVar[int] = 2000

    @property
    def start(self) -> str:
        """The time to ask from."""
        return (datetime.strptime(self.at, STAMP) - self.OVERLAP).strftime(STAMP)

    def dump(self) -> str:
        """As text for the store."""
        seen = dict(self.seen) if len(self.seen) <= self.REMEMBERED else {}
        return json.dumps({"at": self.at, "seen": seen}, separators=(",", ":"))

    @classmethod
    def load(cls, text: str) -> Cursor:
        """The text back; ``Fatal`` where it is not one of ours."""
        try:
            raw = json.loads(text)
            datetime.strptime(raw["at"], STAMP)
            return cls(raw["at"], dict(raw["seen"]))
        except (ValueError, KeyError, TypeError) as error:
            hint = "Run the job once with a full listing."
            raise Fatal("desk_cursor", "The stored reading position of the desk is damaged.", hint=hint) from error


def clock_of(date_header: str) -> str:
    """The server's time of an answer (its ``Date``), in Roundup's form; empty where it does not say."""
    try:
        return parsedate_to_datetime(date_header).astimezone(UTC).strftime(STAMP)
    except (TypeError, ValueError):
        return ""


def next_cursor(before: Cursor | None, clock: str, seen: Mapping[str, tuple[str, str]]) -> str | None:
    """Where to go on: never later than the moment this reading began, nor than the newest change it saw."""
    newest = max((at for at, _ in seen.values()), default=before.at if before else "")
    at = min(t for t in (newest, clock) if t) if newest else ""
    if before:
        at = max(at, before.at)
    if not at:
        return None
    start = Cursor(at).start
    return Cursor(at, {id: version for id, (changed, version) in seen.items() if changed >= start}).dump()
