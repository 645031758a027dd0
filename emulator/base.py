"""The base itself: published model over stored objects, with the switches that make it kinder or harsher."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from .edmx import EntityType, Model
from .exchange import Changes
from .store import Body, Store
from .values import UNDEFINED, ZERO, default
from .view import published, rebound
from .wire import ODataError

__all__ = ["Base", "Switches"]

ASSET = "ОсновноеСредство_Key"


@dataclass(slots=True)
class Switches:
    """Behaviours that differ between real bases or cannot be asked of every test.

    ``if_match``: honour the header (real bases were measured to ignore it). ``client_keys``: accept ``Ref_Key`` in
    POST. ``fill_accounts``: the writing user does not manage accounts, so documents fill them. ``licences``: how many
    requests may run at once, the rest get ``licence_status``. ``session_delay``: seconds to start a session.
    ``sessions``: the ``IBSession`` header works. ``counts``: the ``$count`` endpoint exists. ``control``: the control
    path beside OData is open. ``plain_refusal``: a closed period is told only as «Не удалось записать».
    Answers to questions that no public source settles, each either way: ``inline_pages``: ``$top`` and ``$skip`` act
    beside ``$inlinecount``. ``compare_text``: texts of unlimited length can be compared by ``eq``.
    ``slices_on_main``: slices of recorder-subordinate registers are bound to the register's own set.
    ``licence_odata``: an exhausted licence comes as 1C's own error. ``renew_movements``: a change of a posted document
    posts it anew. ``closed_drafts``: the closed period stops posted documents only. ``case_sensitive``: texts compare
    by case. ``enum_as_text``: an enumeration inside a composite attribute has the type ``Edm.String``.
    ``filter_predefined``: ``PredefinedDataName`` can be filtered by.
    ``slice_conditions``: slices take ``Condition``. ``long_conditions``: a parameter of over 260 characters is read
    from the query string. ``refuse_repeats``: a POST with a key that exists is refused, else it writes over the object.
    ``changes_json``: ``SelectChanges`` answers in JSON when asked to (without the deleted ones), else always in Atom.
    ``forbidden``: sets that the user may not touch (401, code 20). ``segment_limit``: IIS refuses longer path
    segments (260 by default there).
    Web services: ``active_polls``: how often a finished background job is still told as active. ``address``: what the
    description names as the service's address instead of the real one (a name that only the server knows).
    """

    if_match: bool = False
    client_keys: bool = True
    fill_accounts: bool = True
    licences: int | None = None
    licence_status: int = 406
    session_delay: float = 0.0
    sessions: bool = True
    counts: bool = True
    control: bool = False
    plain_refusal: bool = False
    inline_pages: bool = False
    compare_text: bool = False
    slices_on_main: bool = False
    licence_odata: bool = False
    renew_movements: bool = False
    closed_drafts: bool = False
    case_sensitive: bool = False
    enum_as_text: bool = False
    filter_predefined: bool = True
    slice_conditions: bool = True
    long_conditions: bool = True
    refuse_repeats: bool = True
    changes_json: bool = False
    forbidden: tuple[str, ...] = ()
    segment_limit: int | None = None
    active_polls: int = 1
    address: str | None = None


class Base:
    """One 1C base: everything that OData can show or change, without HTTP."""

    def __init__(
        self,
        model: Model,
        store: Store,
        switches: Switches | None = None,
        clock: Callable[[], datetime] = datetime.now,
        user: str | None = None,
    ) -> None:
        self.switches = switches or Switches()
        self.model = rebound(model) if self.switches.slices_on_main else model
        self.store = store
        self.clock = clock
        self.user = user
        self.view = self.model
        #: Exchange plans of the configuration that its OData description does not name.
        self.hidden_plans: set[str] = set()
        self._by_asset: dict[tuple[str, str], dict[str, list[Body]]] = {}
        for collection, key, body in store.items():
            self._index(collection, key, None, body)
        store.watch = self._index
        self.changes = Changes(self)
        self.refresh_view()

    def _index(self, collection: str, key: str, before: Body | None, after: Body | None) -> None:
        if not collection.startswith("InformationRegister_"):
            return
        for row in (before or {}).get("RecordSet", ()):
            self._by_asset.get((collection, row.get(ASSET, "")), {}).pop(key, None)
        for row in (after or {}).get("RecordSet", ()):
            held = self._by_asset.setdefault((collection, row.get(ASSET, "")), {})
            held.setdefault(key, []).append({**row, "Recorder": (after or {})["Recorder"]})

    def records_of(self, register: str, asset: str) -> list[Body]:
        """Records of one fixed asset, found without reading the whole register."""
        return [row for rows in self._by_asset.get((register, asset), {}).values() for row in rows]

    def refresh_view(self) -> None:
        """Rebuild what is published after sets or attributes were hidden or shown."""
        hidden = self.store.meta("hidden", [])
        self.view = published(self.model, hidden) if hidden else self.model

    def kind(self, collection: str) -> EntityType:
        """The entity type of a set of the configuration, published or not; raises 404 code 8."""
        found = self.model.type_of(collection)
        if found is None:
            raise not_published(collection)
        return found

    def next_version(self) -> str:
        """A new DataVersion: base64 of eight bytes, never repeated, in no meaningful order; inside ``write``."""
        count = self.store.meta("version", 0) + 1
        self.store.set_meta("version", count)
        return base64.b64encode(struct.pack(">IHH", count * 2654435761 % 2**32, count % 7, 0)).decode()

    def version_count(self) -> int:
        """How many writes the base has seen."""
        return int(self.store.meta("version", 0))

    def follow(self, collection: str, key: str) -> Body | None:
        """The object behind a reference, None where it points to nothing."""
        return self.store.get(collection, key) if key != ZERO else None

    def rows(self, collection: str) -> list[Body]:
        """All rows of any set: objects, rows of tabular parts, records, the single row of a constant."""
        part = self.model.owner_of_part(collection)
        if part is not None:
            return [
                {**row, "Ref_Key": owner["Ref_Key"]}
                for owner in self.store.all(part[0])
                for row in owner.get(part[1]) or []
            ]
        register = self.model.record_set(collection)
        if register is not None:
            return self.records(register)
        if collection.startswith("DocumentJournal_"):
            return self._journal(collection)
        found = self.store.all(collection)
        if collection.startswith("Constant_") and not found:
            return [self.blank(self.kind(collection))]
        return found

    def content(self, collection: str) -> tuple[str, ...]:
        """The sets of an exchange plan or a document journal, as described or as set by ``World.set_content``."""
        return tuple(self.store.meta(f"content:{collection}") or self.model.contents.get(collection, ()))

    def _journal(self, collection: str) -> list[Body]:
        """Documents as their journal shows them: its columns, taken from each document by name."""
        kind, out = self.kind(collection), []
        for source in self.content(collection):
            for body in self.store.all(source):
                shown = {name: body[name] for name in kind.properties if name in body}
                ref = {"Ref": body["Ref_Key"], "Ref_Type": f"StandardODATA.{source}"}
                out.append({**self.blank(kind), **shown, **ref})
        return out

    def recorder_key(self, register: str, recorder: str, recorder_type: str) -> str:
        """The stored key of a recorder's records; registers of one kind of document do not keep the type."""
        single = "Recorder_Key" in self.kind(register).properties
        return f"|{recorder}" if single else f"{recorder_type}|{recorder}"

    def records(self, register: str) -> list[Body]:
        """Records of a recorder-subordinate register, each with its recorder."""
        return [
            {
                **row,
                "Recorder": entry["Recorder"],
                "Recorder_Type": entry["Recorder_Type"],
                "Recorder_Key": entry["Recorder"],
            }
            for entry in self.store.all(register)
            for row in entry["RecordSet"]
        ]

    def blank(self, kind: EntityType) -> Body:
        """An object nobody has filled."""
        return {prop.name: default(prop) for prop in kind.properties.values()}

    def presentation(self, collection: str, key: str) -> str:
        """What a person sees for a reference."""
        found = self.follow(collection, key)
        return self.title(collection, found) if found else ""

    def title(self, collection: str, body: Body) -> str:
        """What a person sees for an object: its name, or kind, number and date for a document."""
        if "Description" in body:
            return str(body["Description"])
        name = collection.partition("_")[2]
        when = str(body.get("Date", ""))
        return f"{name} {body.get('Number', '')} от {russian_date(when)} {when[11:]}".strip()

    def constant(self, name: str) -> Any:
        """The value of a constant, None where the configuration has none."""
        collection = f"Constant_{name}"
        if self.model.type_of(collection) is None:
            return None
        row = self.rows(collection)[0]
        return row.get("Value", row.get("Value_Key"))


def not_published(collection: str) -> ODataError:
    """The answer for a set outside the composition."""
    return ODataError(404, 8, f'Тип сущности "{collection}" не найден.')


def not_found(collection: str) -> ODataError:
    """The answer for a key that nothing has."""
    return ODataError(404, 9, f'Экземпляр сущности "{collection}" не найден по переданному ключу.')


def russian_date(text: str) -> str:
    """``2026-02-10T…`` as ``10.02.2026``."""
    return f"{text[8:10]}.{text[5:7]}.{text[:4]}" if len(text) >= 10 else text


def register_key(kind: EntityType, body: Body) -> str:
    """The stored key of an independent register's record."""
    return json.dumps([_plain(body.get(name, UNDEFINED)) for name in kind.keys], ensure_ascii=False)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value
