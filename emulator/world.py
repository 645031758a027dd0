"""The base as its own people see it: seeding, and acting as an accountant, without HTTP.

``put`` and ``put_many`` load data past handlers and checks; ``write_document``, ``edit``, ``post``, ``unpost``,
``mark`` and ``remove`` act as a person in the application, with the same rules as requests meet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from . import objects, posting
from .base import Base
from .rules import SECTION, account
from .store import Body

__all__ = ["World"]


class World:
    """Direct access to one base; safe to use while the server answers."""

    def __init__(self, base: Base) -> None:
        self.base = base

    @contextmanager
    def batch(self) -> Iterator[None]:
        """One transaction for many writes: quick seeding."""
        with self.base.store.write():
            yield

    def put(self, collection: str, body: Mapping[str, Any]) -> str:
        """Load one object or record; its ``Ref_Key`` ("" for records). An existing key is overwritten."""
        return str(objects.create_raw(self.base, collection, _numbered(body)).get("Ref_Key", ""))

    def put_many(self, collection: str, bodies: Iterable[Mapping[str, Any]]) -> list[str]:
        """Load many in one transaction."""
        with self.batch():
            return [self.put(collection, body) for body in bodies]

    def write_document(self, collection: str, body: Mapping[str, Any], *, post: bool = True) -> str:
        """A person enters a document and posts it; nothing is kept if posting is refused (ODataError)."""
        with self.batch():
            key = str(objects.create(self.base, collection, _numbered(body))["Ref_Key"])
            if post:
                posting.post(self.base, collection, key)
        return key

    def get(self, collection: str, key: str) -> Body | None:
        """A copy of an object as it is stored, None where nothing has the key."""
        found = self.base.store.get(collection, key)
        return dict(found) if found is not None else None

    def rows(self, collection: str) -> list[Body]:
        """Rows of any set: objects, tabular parts, ``Register`` records with their recorders."""
        if self.base.model.is_record_set(collection):
            return self.base.records(collection)
        return [dict(row) for row in self.base.rows(collection)]

    def find(self, collection: str, **equal: Any) -> Body | None:
        """The first object whose attributes equal these (trailing blanks aside)."""
        for row in self.rows(collection):
            if all(_bare(row.get(name)) == value for name, value in equal.items()):
                return row
        return None

    def edit(self, collection: str, key: str, changes: Mapping[str, Any]) -> Body:
        """A person changes an object; a posted document stays posted with its old records until ``post``."""
        return objects.change(self.base, collection, key, _numbered(changes))

    def post(self, collection: str, key: str) -> Body:
        """The accountant posts; raises ODataError with the reasons."""
        return posting.post(self.base, collection, key)

    def unpost(self, collection: str, key: str) -> Body:
        """The accountant takes a posting back."""
        return posting.unpost(self.base, collection, key)

    def mark(self, collection: str, key: str, on: bool = True) -> Body:
        """A person sets or takes off the deletion mark."""
        return self.edit(collection, key, {"DeletionMark": on})

    def remove(self, collection: str, key: str) -> None:
        """Physical deletion."""
        objects.delete(self.base, collection, key)

    def account(self, code: str) -> str:
        """The key of an account by code; raises KeyError."""
        found = account(self.base, code)
        if found is None:
            raise KeyError(code)
        return found

    def set_constant(self, name: str, value: Any) -> None:
        """Set ``Constant_<name>``."""
        self.put(f"Constant_{name}", {"Value": value})

    def set_user_defaults(self, values: Mapping[str, Any]) -> None:
        """What the user's settings fill into omitted header attributes, by wire name."""
        with self.batch():
            self.base.store.set_meta("user_defaults", dict(values))

    def close_period(self, until: str, organization: str | None = None) -> None:
        """Close the books up to a day (``2026-01-31``) for an organisation or, without one, for the whole section."""
        kinds = "StandardODATA.ChartOfCharacteristicTypes_РазделыДатЗапретаИзменения"
        with self.batch():
            self.set_constant("ИспользоватьДатыЗапретаИзменения", True)
            self.put(
                "InformationRegister_ДатыЗапретаИзменения",
                {
                    "Раздел_Key": SECTION,
                    "Объект": organization or SECTION,
                    "Объект_Type": "StandardODATA.Catalog_Организации" if organization else kinds,
                    "Пользователь": "ДляВсехПользователей",
                    "ДатаЗапрета": f"{until}T00:00:00",
                    "Пользователь_Type": "StandardODATA.ВидыНазначенияДатЗапрета",
                },
            )

    def set_content(self, collection: str, *sets: str) -> None:
        """The sets that an exchange plan registers or a document journal shows (``$metadata`` does not tell)."""
        with self.batch():
            self.base.store.set_meta(f"content:{collection}", list(sets))
        self.base.changes.forget()

    def add_node(self, plan: str, code: str, key: str | None = None) -> str:
        """A node of an exchange plan, as an administrator makes it; from now on changes are registered for it."""
        return self.put(plan, {"Code": code, "Description": code, **({"Ref_Key": key} if key else {})})

    def add_property(self, title: str, key: str | None = None) -> str:
        """An additional attribute of fixed-asset cards, as an administrator adds it by hand; its key."""
        with self.batch():
            wanted = {"ИмяПредопределенногоНабора": "Справочник_ОсновныеСредства"}
            group = self.find("Catalog_НаборыДополнительныхРеквизитовИСведений", **wanted)
            sets = "Catalog_НаборыДополнительныхРеквизитовИСведений"
            owner = group["Ref_Key"] if group else self.put(sets, wanted)
            known = self.base.follow(sets, owner) or {}
            body = {
                "Description": title,
                "Заголовок": title,
                "Имя": title.replace(" ", "").replace(":", "_"),
                "НаборСвойств_Key": owner,
                "ВидСвойств": "ДополнительныеРеквизиты",
                "Виден": True,
                "Доступен": True,
                **({"Ref_Key": key} if key else {}),
            }
            found = self.put("ChartOfCharacteristicTypes_ДополнительныеРеквизитыИСведения", body)
            rows = [*known.get("ДополнительныеРеквизиты", []), {"Свойство_Key": found}]
            self.edit(sets, owner, {"ДополнительныеРеквизиты": rows})
        return found

    def unpublish(self, *names: str) -> None:
        """Take sets (``Catalog_X``) or attributes (``Catalog_X/Attribute``) out of the composition."""
        self._composition(lambda hidden: [*hidden, *(n for n in names if n not in hidden)])

    def publish(self, *names: str) -> None:
        """Put sets or attributes back."""
        self._composition(lambda hidden: [name for name in hidden if name not in names])

    def _composition(self, change: Any) -> None:
        with self.batch():
            self.base.store.set_meta("hidden", change(self.base.store.meta("hidden", [])))
        self.base.refresh_view()


def _bare(value: Any) -> Any:
    return value.rstrip(" ") if isinstance(value, str) else value


def _numbered(body: Mapping[str, Any]) -> Body:
    """A person's form numbers the rows itself."""
    out = dict(body)
    for name, value in out.items():
        if isinstance(value, (list, tuple)) and name != "RecordSet" and all(isinstance(row, Mapping) for row in value):
            out[name] = [{**row, "LineNumber": number} for number, row in enumerate(value, 1)]
    return out
