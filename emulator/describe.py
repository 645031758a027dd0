"""A compact description of a base, read into the objects that such a base publishes (``publish.py`` prints them).

The notation is line by line: ``kind Name options`` opens an object, ``tab Name`` opens a tabular part, any other line
lists attributes ``Name type`` separated by semicolons. Types: ``s100`` string of that length, ``s`` unlimited,
``f9`` fixed length, ``b`` boolean, ``d`` date, ``n5`` integer of five digits, ``n15.2`` number, ``e`` member of an
enumeration, ``g`` identifier, ``>Set`` reference, ``*`` composite value. Real EDMX never tells string lengths
although the platform cuts by them, so they travel beside it; a length of 0 is a string without limit.

After its type a register's attribute may carry ``dim`` (a dimension), ``bal`` (accounting: one value for both sides)
or ``attr`` (neither dimension nor resource). Options: ``folders``, ``tree``, ``owner=Set``, ``code=…`` (or ``none``),
``name=…``; for registers ``subordinate`` (by the recorder's position), ``subordinate
every=second|day|month|quarter|year``, ``subordinate every=none``, ``periodic`` (every second) or ``periodic
every=…``, ``recorder=Document_X`` where one kind of document alone writes it, ``turnover`` for an accumulation
register without balances, ``chart=Set``; ``content=A,B`` for an exchange plan and a document journal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

__all__ = [
    "Description",
    "Field",
    "Thing",
    "entities",
    "read",
    "record_fields",
    "recorder",
    "row_name",
    "split",
    "turnover",
]

PREFIXES = {
    "catalog": "Catalog_",
    "document": "Document_",
    "constant": "Constant_",
    "chart": "ChartOfAccounts_",
    "kinds": "ChartOfCharacteristicTypes_",
    "information": "InformationRegister_",
    "accounting": "AccountingRegister_",
    "accumulation": "AccumulationRegister_",
    "exchange": "ExchangePlan_",
    "journal": "DocumentJournal_",
    "calculations": "ChartOfCalculationTypes_",
}
#: Values of both sides that older descriptions leave unmarked.
_BALANCED = ("Организация_Key", "Сумма", "Содержание", "НеКорректироватьСтоимостьАвтоматически")


@dataclass(frozen=True, slots=True)
class Field:
    """One property on the wire: EDM type, length to cut at (0: none), the set it refers to, its part in a register."""

    name: str
    edm: str
    length: int | None = None
    target: str | None = None
    key: bool = False
    role: str = ""

    @property
    def balanced(self) -> bool:
        """Accounting: one value for debit and credit."""
        return self.role == "bal" or self.name in _BALANCED

    @property
    def resource(self) -> bool:
        """A sum or a quantity of a register."""
        return self.edm == "Edm.Double" and not self.key and self.role != "attr"

    @property
    def dimension(self) -> bool:
        """What balances are kept by: marked so or, in older descriptions of accounting, a reference."""
        return self.key or (self.edm == "Edm.Guid" and self.role != "attr")


@dataclass(slots=True)
class Thing:
    """One described object with its options, attributes and tabular parts."""

    kind: str
    set: str
    options: dict[str, str]
    fields: list[Field] = field(default_factory=list)
    parts: dict[str, list[Field]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Description:
    """All objects of a described base."""

    things: tuple[Thing, ...]

    def lengths(self) -> dict[tuple[str, str], int]:
        """String lengths by (type, attribute), of row types too; fixed lengths are negative (padded)."""
        found = {}
        for name, _keys, fields in entities(self):
            found.update({(name, item.name): item.length for item in fields if item.length is not None})
        for thing in self.things:
            rows = {f"{thing.set}_{part}_RowType": fields for part, fields in thing.parts.items()}
            if "subordinate" in thing.options:
                rows[f"{thing.set}_RowType"] = thing.fields
            for name, fields in rows.items():
                found.update({(name, f.name): f.length for f in fields if f.length is not None})
        return found

    def contents(self) -> dict[str, tuple[str, ...]]:
        """What ``$metadata`` never tells: the sets of exchange plans and document journals."""
        return {t.set: tuple(t.options["content"].split(",")) for t in self.things if t.options.get("content")}

    def periods(self) -> dict[str, str]:
        """How registers round the periods of their records: ``day``, ``month``, ``quarter`` or ``year``."""
        rounded = ("day", "month", "quarter", "year")
        return {t.set: t.options["every"] for t in self.things if t.options.get("every") in rounded}


def read(text: str) -> Description:
    """Parse the notation of this module."""
    things: list[Thing] = []
    target: list[Field] = []
    for line in (raw.strip() for raw in text.splitlines()):
        if not line or line.startswith("#"):
            continue
        head, *rest = line.split()
        if head in PREFIXES:
            options = dict(item.partition("=")[::2] for item in rest[1:])
            things.append(Thing(head, PREFIXES[head] + rest[0], options))
            target = things[-1].fields
        elif head == "tab":
            target = things[-1].parts.setdefault(rest[0], [])
        else:
            for item in line.split(";"):
                if item.strip():
                    target.extend(_fields(*item.split()))
    return Description(tuple(things))


def _fields(name: str, code: str, flag: str = "") -> Iterator[Field]:
    key = flag == "dim"
    letter, digits = code[0], code[1:]
    if letter == ">":
        yield Field(f"{name}_Key", "Edm.Guid", None, digits, key, flag)
    elif letter == "*":
        yield Field(name, "Edm.String", 1024, None, key, flag)
        yield Field(f"{name}_Type", "Edm.String", None, None, key, flag)
    elif letter in "sf":
        length = int(digits) if digits else 0
        yield Field(name, "Edm.String", -length if letter == "f" else length, None, key, flag)
    else:
        yield Field(name, _edm(letter, digits), None, None, key, flag)


def _edm(letter: str, digits: str) -> str:
    if letter == "n":
        if "." in digits:
            return "Edm.Double"
        return "Edm.Int16" if int(digits) <= 4 else "Edm.Int32" if int(digits) <= 9 else "Edm.Int64"
    return {"b": "Edm.Boolean", "d": "Edm.DateTime", "e": "Edm.String", "g": "Edm.Guid"}[letter]


def _standard(thing: Thing) -> list[Field]:
    common = [Field("Ref_Key", "Edm.Guid", key=True), Field("DataVersion", "Edm.String")]
    mark = Field("DeletionMark", "Edm.Boolean")
    if thing.kind == "document":
        return [
            *common,
            mark,
            Field("Number", "Edm.String", 11),
            Field("Date", "Edm.DateTime"),
            Field("Posted", "Edm.Boolean"),
        ]
    if thing.kind == "constant":
        return [Field("SurrogateKey", "Edm.Int16", key=True)]
    if thing.kind in ("information", "accounting", "accumulation"):
        return []
    if thing.kind == "journal":
        ref = [Field("Ref", "Edm.String", key=True), Field("Ref_Type", "Edm.String", key=True)]
        tail = [Field("Number", "Edm.String"), Field("Date", "Edm.DateTime"), Field("Posted", "Edm.Boolean")]
        return [*ref, mark, *tail]
    options, out = thing.options, [*common, mark]
    code = options.get("code", "9")
    if code != "none":  # a catalog whose codes have no length has none at all
        out += list(_fields("Code", code if code[0] in "sf" else f"s{code}"))
    out.append(Field("Description", "Edm.String", int(options.get("name", "100"))))
    out += [Field("Predefined", "Edm.Boolean"), Field("PredefinedDataName", "Edm.String")]
    if "folders" in options or "tree" in options or thing.kind == "chart":
        out.append(Field("Parent_Key", "Edm.Guid", target=thing.set))
    if "folders" in options:
        out.append(Field("IsFolder", "Edm.Boolean"))
    if "owner" in options:
        out.append(Field("Owner_Key", "Edm.Guid", target=options["owner"]))
    if thing.kind == "chart":
        out += [Field("Order", "Edm.String"), Field("OffBalance", "Edm.Boolean"), Field("Type", "Edm.String")]
    if thing.kind == "kinds":
        out.append(Field("ValueType", "StandardODATA.TypeDescription"))
    if thing.kind == "exchange":
        out += [Field("SentNo", "Edm.Int64"), Field("ReceivedNo", "Edm.Int64"), Field("ThisNode", "Edm.Boolean")]
    return out


_LINE = [Field("LineNumber", "Edm.Int64"), Field("Active", "Edm.Boolean")]
_PERIOD = Field("Period", "Edm.DateTime")


def row_name(thing: Thing, part: str) -> str:
    """The type of a tabular part's rows."""
    return f"{thing.set}_{part}" if part == "ExtDimensionTypes" else f"{thing.set}_{part}_RowType"


def entities(description: Description) -> Iterator[tuple[str, list[str], list[Field]]]:
    """(type name, key names, properties) of every entity type."""
    for thing in description.things:
        if "subordinate" in thing.options:
            yield from _recorded(thing)
            continue
        fields = _standard(thing) + list(thing.fields)
        if "periodic" in thing.options:
            fields.insert(0, Field("Period", "Edm.DateTime", key=True))
        parts = [Field(part, f"Collection(StandardODATA.{row_name(thing, part)})") for part in thing.parts]
        yield thing.set, [item.name for item in fields if item.key], fields + parts
        for part, rows in thing.parts.items():
            if part != "ExtDimensionTypes":
                line = [Field("Ref_Key", "Edm.Guid", key=True), Field("LineNumber", "Edm.Int64", key=True)]
                yield f"{thing.set}_{part}", ["Ref_Key", "LineNumber"], line + rows


def recorder(thing: Thing) -> list[Field]:
    """One property where one kind of document writes the register, a composite pair otherwise."""
    if "recorder" in thing.options:
        return [Field("Recorder_Key", "Edm.Guid", target=thing.options["recorder"])]
    return [Field("Recorder", "Edm.String"), Field("Recorder_Type", "Edm.String")]


def _recorded(thing: Thing) -> Iterator[tuple[str, list[str], list[Field]]]:
    rows = f"Collection(StandardODATA.{thing.set}_RowType)"
    names = [item.name for item in recorder(thing)]
    yield thing.set, names, [*recorder(thing), Field("RecordSet", rows)]
    dimensions = [item.name for item in thing.fields if item.key]
    every = thing.options.get("every")
    if thing.kind != "information":
        keys = [*names, "LineNumber"]
    elif every == "none":
        keys = dimensions
    else:
        keys = ["Period", *([] if every else names), *dimensions]
    yield f"{thing.set}_RecordType", keys, record_fields(thing)


def record_fields(thing: Thing) -> list[Field]:
    """One record as the register keeps it; the ext. dimensions of accounting are not part of it."""
    period = [] if thing.options.get("every") == "none" else [_PERIOD]
    receipt = [Field("RecordType", "Edm.String")] if thing.kind == "accumulation" and not turnover(thing) else []
    return [*period, *recorder(thing), *_LINE, *receipt, *_values(thing)]


def turnover(thing: Thing) -> bool:
    """An accumulation register that keeps turnovers only."""
    return "turnover" in thing.options


def _values(thing: Thing) -> list[Field]:
    if thing.kind != "accounting":
        return list(thing.fields)
    chart = thing.options["chart"]
    out = [Field("AccountDr_Key", "Edm.Guid", target=chart), Field("AccountCr_Key", "Edm.Guid", target=chart)]
    for item in thing.fields:
        out += [item] if item.balanced or item.role == "attr" else split(item)
    return out


def split(item: Field) -> list[Field]:
    """A value kept for each side by itself: ``ПодразделениеDr_Key``, ``КоличествоCr``."""
    stem = item.name.removesuffix("_Key")
    tail = item.name[len(stem) :]
    return [replace(item, name=f"{stem}{side}{tail}") for side in ("Dr", "Cr")]
