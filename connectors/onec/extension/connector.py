"""A book read through the web service of our extension, under the names that OData uses, so that mappings fit.

Only reading is claimed: writes of the engine need a night on a real platform first. ``client.py`` can write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, NoReturn

from ....errors import Blocked, Reject, Retry
from ...base import Capabilities, Description, FieldInfo, Page, Query, Raw, Receipt, Write
from ...http import Retries
from ..query import unpublished
from ..soap.service import client
from ..url import base_address, base_name, root
from ..values import not_published
from .client import Attribute, ExtensionClient, Info, Object, TypeInfo

__all__ = ["ExtensionConnector"]

_FAMILIES = {"Справочник": "Catalog", "Документ": "Document", "РегистрСведений": "InformationRegister"}
_STANDARD = {
    "Код": "Code",
    "Наименование": "Description",
    "ПометкаУдаления": "DeletionMark",
    "Родитель": "Parent_Key",
    "Владелец": "Owner_Key",
    "ЭтоГруппа": "IsFolder",
    "Номер": "Number",
    "Дата": "Date",
    "Проведен": "Posted",
}
_TYPES = {
    "ref": "Edm.Guid",
    "text": "Edm.String",
    "date": "Edm.DateTime",
    "number": "Edm.Double",
    "flag": "Edm.Boolean",
}


class ExtensionConnector:
    """One published base whose configuration has the extension. ``url`` is its address, ``timeout`` in seconds."""

    def __init__(
        self,
        url: str,
        user: str = "",
        password: str = "",
        *,
        timeout: float = 120.0,
        connections: int = 1,
        page_size: int = 200,
        huge_texts: bool = False,
        zone: str = "",
        retries: Retries | None = None,
    ) -> None:
        self._name = base_name(root(url))
        address = base_address(url)
        self._http = client(address, user, password, timeout=timeout, connections=connections, retries=retries)
        self._client = ExtensionClient(self._http, address, huge=huge_texts)
        self._info: Info | None = None
        self.capabilities = Capabilities(
            changes="full",
            versions=True,
            create="none",
            retire="none",
            page_size=page_size,
            many_ids=page_size,
            connections=connections,
            writes=False,
        )

    def __repr__(self) -> str:
        return f"ExtensionConnector({self._name!r})"

    def describe(self) -> Description:
        """The types that the extension serves."""
        self._info = self._client.ping()
        collections = {_set(kind.name): _fields(kind) for kind in self._info.type}
        product = f"1C:Enterprise {self._info.config_name} {self._info.config_version}"
        return Description(f"{self._name}#{self._info.infobase_id}", product, collections)

    def read(self, query: Query, since: str | None = None) -> Iterator[Page]:
        """A listing by keys in order; complete on its last page unless asked with ``since``."""
        kind = self._kind(query.collection)
        offered = _fields(kind)
        for name in (*query.fields, *query.where):
            if name not in offered:
                raise not_published(query.collection, name)
        if query.params:
            raise unpublished(query.collection)
        for page in self._pages(kind, query):
            yield page if since is None else replace(page, complete=False)

    def get(self, collection: str, id: str) -> Raw | None:
        """One object by its key, a record of a register by its dimension; what is no key is nobody's."""
        kind = self._kind(collection)
        found = self._client.objects(kind.name, [id if _record(kind.name) else id.lower()], limit=1).object
        return _raw(collection, found[0], ()) if found else None

    def find(self, collection: str, marker: str) -> Raw | None:
        """Nothing is created this way, so that a marker can only be a key."""
        return self.get(collection, marker)

    def write(self, write: Write) -> Receipt:
        """Raises ``Blocked``: see above."""
        _not_written()

    def share_licences(self, hold: Callable[[], None]) -> None:
        """See ``base.Licensed``: every call of a web service is a session and takes a licence."""
        self._http.gate = hold

    def close(self) -> None:
        """End the connections."""
        self._http.close()

    def _pages(self, kind: TypeInfo, query: Query) -> Iterator[Page]:
        wanted = query.where.get("Ref_Key")
        refs = None if wanted is None else list(wanted if isinstance(wanted, tuple) else (wanted,))
        after: str | None = None
        while True:
            found = self._client.objects(kind.name, refs, after, self.capabilities.page_size)
            if any((item.ref or "") <= (after or "") for item in found.object):
                raise Retry(
                    "page_repeated",
                    "1C sent the same page of a listing twice.",
                    hint="Nothing to do: the next run reads it again.",
                )
            rows = [_raw(query.collection, item, query.fields) for item in found.object if _fits(item, query.where)]
            yield Page(tuple(rows), complete=not found.has_more)
            if not found.has_more:
                return
            after = found.after

    def _kind(self, collection: str) -> TypeInfo:
        if self._info is None:
            self._info = self._client.ping()
        for kind in self._info.type:
            if _set(kind.name) == collection:
                return kind
        raise unpublished(collection)


def _set(kind: str) -> str:
    family, _, name = kind.partition(".")
    return f"{_FAMILIES.get(family, family)}_{name}"


def _record(kind: str) -> bool:
    """Whether objects of a type are records of a register: without reference, version and standard attributes."""
    return kind.startswith("РегистрСведений.")


def _field(name: str, kind: str, record: bool = False) -> str:
    own = f"{name}_Key" if kind == "ref" else name
    return own if record else _STANDARD.get(name, own)


def _fields(kind: TypeInfo) -> dict[str, FieldInfo]:
    record = _record(kind.name)
    found = {} if record else {"Ref_Key": FieldInfo("Edm.Guid"), "DataVersion": FieldInfo("Edm.String")}
    for item in kind.attribute:
        found[_field(item.name, item.kind, record)] = FieldInfo(_TYPES.get(item.kind, "Edm.String"), item.length)
    return {**found, **{part.name: FieldInfo(f"Collection({part.name})") for part in kind.part}}


def _raw(collection: str, found: Object, fields: tuple[str, ...]) -> Raw:
    data = _head(found)
    for part in found.part:
        data[part.name] = [{"LineNumber": n, **_values(row.attribute)} for n, row in enumerate(part.row, 1)]
    retired = data.get("DeletionMark") is True
    if fields:
        data = {name: value for name, value in data.items() if name in {*fields, "Ref_Key"}}
    return Raw(collection, found.ref or "", found.data_version, data, retired)


def _head(found: Object) -> dict[str, Any]:
    record = _record(found.type)
    own = {} if record else {"Ref_Key": found.ref, "DataVersion": found.data_version}
    return {**own, **_values(found.attribute, record)}


def _values(attributes: list[Attribute], record: bool = False) -> dict[str, Any]:
    return {_field(item.name, item.kind, record): _value(item) for item in attributes}


def _value(item: Attribute) -> Any:
    text = item.value or ""
    if item.kind == "text":
        return text
    if item.kind == "flag":
        return text == "true"
    if not text or item.kind != "number":
        return (text or None) if item.kind != "number" else Decimal(0)
    try:
        return Decimal(text)
    except ArithmeticError as error:
        raise Reject(
            "answer_value",
            "1C sent a value that cannot be read: {reason}",
            hint="Compare the version of the configuration with the one that uchet knows.",
            reason=item.name,
        ) from error


def _fits(found: Object, where: Mapping[str, Any]) -> bool:
    held = _head(found)
    return all(_equal(held.get(name), value) for name, value in where.items())


def _equal(held: Any, wanted: Any) -> bool:
    if isinstance(wanted, tuple):
        return any(_equal(held, one) for one in wanted)
    if isinstance(wanted, bool) or isinstance(held, bool):
        return held is wanted
    return bool(held == wanted)


def _not_written() -> NoReturn:
    raise Blocked(
        "not_by_extension",
        "Through the extension uchet only reads so far.",
        hint="For this, publish the standard OData interface and use the connector onec.",
    )
