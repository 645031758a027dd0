"""Our words: the kinds of record both sides keep, their fields, who owns each and what an empty value means.

Structure and rules live here; the names each system uses for them live in ``book/*.toml`` and ``desk/*.toml``.
Nothing in this package does input or output.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

__all__ = [
    "EQUIPMENT",
    "KINDS",
    "NOTE",
    "ORGANIZATION",
    "POSITION",
    "SHOWN",
    "SIDES",
    "Field",
    "Kind",
    "Ref",
    "Side",
    "Value",
    "Values",
    "ref_to",
]

Side = Literal["book", "desk"]
SIDES: tuple[Side, ...] = ("book", "desk")
Owner = Literal["book", "desk", "either"]
Mode = Literal["sync", "fill", "once"]
Empty = Literal["ignore", "clear"]
FieldType = Literal["text", "name", "number", "money", "quantity", "date", "flag", "choice", "reference"]


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """Where a record lives: side, kind and the id that side gave it."""

    side: Side
    kind: str
    id: str

    def __str__(self) -> str:
        return f"{self.side}:{self.kind}:{self.id}"


@lru_cache(maxsize=4096)
def ref_to(side: Side, kind: str, id: str) -> Ref:
    """A reference out of a record: a hundred thousand things stand in a few rooms, and each room is held once."""
    return Ref(side, kind, id)


#: One canonical value. ``None`` is an empty value; a field that is not in the answer is missing from the mapping.
Value = None | str | bool | int | Decimal | date | datetime | Ref
Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Field:
    """One canonical field.

    ``owner`` decides who wins; ``mode``: ``sync`` always, ``fill`` only into an empty twin, ``once`` only at creation.
    ``empty``: ``ignore`` = an empty value says nothing and changes nothing; ``clear`` = it empties the twin.
    ``of`` names the kind a reference points to. ``personal`` fields hold personal data (152-ФЗ).
    """

    name: str
    type: FieldType
    ru: str
    en: str
    owner: Owner = "book"
    mode: Mode = "sync"
    empty: Empty = "ignore"
    of: str | None = None
    choices: tuple[str, ...] = ()
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record.

    ``creates``: sides on which a missing twin is created. ``retires``: sides on which a twin is retired when the other
    side's record left service. ``keys``: groups of fields that identify a record when linking, strongest first.
    ``final``: a record is never edited once it is made.
    ``scope`` is the reference field naming the organisation. ``lonely``: sides whose unmatched records raise an issue.
    """

    name: str
    ru: str
    en: str
    fields: tuple[Field, ...]
    keys: tuple[tuple[str, ...], ...] = ()
    scope: str | None = None
    label: str = "name"
    creates: frozenset[Side] = frozenset({"desk"})
    retires: frozenset[Side] = frozenset({"desk"})
    lonely: frozenset[Side] = frozenset()
    final: bool = False
    by_name: Mapping[str, Field] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", MappingProxyType({f.name: f for f in self.fields}))


ORGANIZATION = Kind(
    "organization",
    "Организация",
    "Organisation",
    (
        Field("name", "name", "Наименование", "Name"),
        Field("inn", "text", "ИНН", "Taxpayer number"),
    ),
    keys=(("inn",), ("name",)),
    retires=frozenset(),
)

DEPARTMENT = Kind(
    "department",
    "Подразделение",
    "Department",
    (
        Field("name", "name", "Наименование", "Name"),
        Field("code", "text", "Код", "Code"),
        Field("organization", "reference", "Организация", "Organisation", of="organization"),
    ),
    keys=(("organization", "code"), ("organization", "name")),
    scope="organization",
    retires=frozenset(),
)

PERSON = Kind(
    "person",
    "Сотрудник",
    "Person",
    (
        Field("name", "name", "ФИО", "Full name", personal=True),
        Field("number", "text", "Табельный номер", "Personnel number"),
        Field("organization", "reference", "Организация", "Organisation", of="organization"),
        Field("department", "reference", "Подразделение", "Department", of="department"),
        Field("active", "flag", "Работает", "Employed"),
    ),
    keys=(("organization", "number"), ("organization", "name")),
    scope="organization",
    retires=frozenset(),
)

PLACE = Kind(
    "place",
    "Место",
    "Place",
    (
        Field("name", "name", "Наименование", "Name"),
        Field("code", "text", "Код", "Code"),
        Field("type", "choice", "Вид места", "Kind of place", choices=("branch", "warehouse", "room")),
    ),
    keys=(("code",), ("name",)),
    retires=frozenset(),
)

EQUIPMENT = Kind(
    "equipment",
    "Оборудование",
    "Equipment",
    (
        Field("inventory_number", "text", "Инвентарный номер", "Inventory number"),
        Field("name", "text", "Наименование по учёту", "Name in the books"),
        Field("accounting", "choice", "Вид учёта", "Accounting", choices=("fixed_asset", "low_value")),
        Field("organization", "reference", "Организация", "Organisation", of="organization"),
        Field("department", "reference", "Подразделение", "Department", owner="either", of="department"),
        Field("custodian", "reference", "МОЛ", "Responsible person", owner="either", of="person"),
        Field("commissioned", "date", "Дата ввода в эксплуатацию", "Commissioned"),
        Field("cost", "money", "Первоначальная стоимость", "Initial cost"),
        Field("serial", "text", "Заводской номер", "Serial number", owner="desk"),
        Field("model", "text", "Модель", "Model", owner="desk"),
        Field("room", "text", "Место", "Room", owner="desk"),
        Field("user", "text", "Пользователь", "User", owner="desk", personal=True),
        Field("desk_number", "text", "Номер в ИТ", "Number on the desk", owner="desk"),
        Field("desk_link", "text", "Ссылка на ИТ", "Link to the desk", owner="desk"),
        Field(
            "condition",
            "choice",
            "Состояние",
            "Condition",
            owner="desk",
            choices=("in_use", "in_stock", "faulty", "in_repair"),
        ),
    ),
    scope="organization",
    lonely=frozenset({"desk"}),
)

#: Low-value items in use (МЦ.04): a quantity, not a card. Compared with the desk as a balance, never merged;
#: a position of quantity 1 that is linked also appears as an ``equipment`` record with ``accounting = low_value``.
POSITION = Kind(
    "position",
    "Малоценное имущество в эксплуатации",
    "Low-value items in use",
    (
        Field("name", "text", "Номенклатура", "Item"),
        Field("organization", "reference", "Организация", "Organisation", of="organization"),
        Field("custodian", "reference", "Сотрудник", "Employee", of="person"),
        Field("quantity", "quantity", "Количество", "Quantity"),
        Field("cost", "money", "Сумма", "Amount"),
        Field("item", "reference", "Номенклатура (ссылка)", "Item (reference)", of="item"),
        # Some books keep these of things in use too (ERP): then one row can be one thing.
        Field("department", "reference", "Подразделение", "Department", of="department"),
        Field("inventory_number", "text", "Инвентарный номер", "Inventory number"),
    ),
    scope="organization",
    creates=frozenset(),
    retires=frozenset(),
)

#: IT assets as the books' readers see them: one row of a register a thing, with or without a card. Written by us alone.
SHOWN = Kind(
    "shown",
    "ИТ-актив",
    "IT asset shown in the books",
    (
        Field("number", "text", "Номер в ИТ", "Number on the desk", owner="desk"),
        Field("name", "text", "Наименование", "Name", owner="desk"),
        Field("inventory_number", "text", "Инвентарный номер", "Inventory number", owner="desk"),
        Field("serial", "text", "Заводской номер", "Serial number", owner="desk"),
        Field("model", "text", "Модель", "Model", owner="desk"),
        Field("organization", "reference", "Организация", "Organisation", owner="desk", of="organization"),
        Field("department", "reference", "Подразделение", "Department", owner="desk", of="department"),
        Field("custodian", "reference", "МОЛ", "Responsible person", owner="desk", of="person"),
        Field("user", "text", "Пользователь", "User", owner="desk", personal=True),
        Field("room", "text", "Место", "Room", owner="desk"),
        Field(
            "condition", "choice", "Состояние", "Condition", owner="desk",
            choices=("in_use", "in_stock", "faulty", "in_repair"),
        ),
        Field("in_service", "flag", "В эксплуатации", "In service", owner="desk"),
        Field("card", "reference", "Объект учёта", "Book object", owner="desk", of="equipment"),
        Field("link", "text", "Ссылка", "Link", owner="desk"),
    ),
    scope="organization",
    creates=frozenset(),
    retires=frozenset(),
)  # fmt: skip
#: A note beside a document that has no place for it (ДополнительныеСведения). Written by us alone.
NOTE = Kind(
    "note",
    "Дополнительное сведение",
    "Note beside a document",
    tuple(Field(n, "text", n, n, owner="desk") for n in ("object", "type", "property", "value", "value_type")),
    creates=frozenset(),
    retires=frozenset(),
)

#: In order of reference: a kind comes after every kind its fields point to.
KINDS: tuple[Kind, ...] = (ORGANIZATION, DEPARTMENT, PERSON, PLACE, EQUIPMENT, POSITION, SHOWN, NOTE)
