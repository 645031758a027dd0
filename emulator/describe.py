"""A compact description of a base turned into the EDMX that such a base would publish.

The notation is line by line: ``kind Name options`` opens an object, ``tab Name`` opens a tabular part, any other line
lists attributes ``Name type`` separated by semicolons. Types: ``s100`` string of that length, ``s`` unlimited,
``f9`` fixed length, ``b`` boolean, ``d`` date, ``n5`` integer of five digits, ``n15.2`` number, ``e`` member of an
enumeration, ``g`` identifier, ``>Set`` reference, ``*`` composite value. Real EDMX never tells string lengths
although the platform cuts by them, so they travel beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.sax.saxutils import quoteattr

__all__ = ["Description", "Field", "Thing", "read", "to_edmx"]

EDM = "http://schemas.microsoft.com/ado/2009/11/edm"
META = "http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"
PREFIXES = {
    "catalog": "Catalog_",
    "document": "Document_",
    "constant": "Constant_",
    "chart": "ChartOfAccounts_",
    "kinds": "ChartOfCharacteristicTypes_",
    "information": "InformationRegister_",
    "accounting": "AccountingRegister_",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One property on the wire: EDM type, length to cut at, the set it refers to."""

    name: str
    edm: str
    length: int | None = None
    target: str | None = None
    key: bool = False


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
        for name, _keys, fields in _entities(self):
            found.update({(name, item.name): item.length for item in fields if item.length})
        for thing in self.things:
            for part, fields in thing.parts.items():
                found.update({(f"{thing.set}_{part}_RowType", f.name): f.length for f in fields if f.length})
        return found


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
        yield Field(f"{name}_Key", "Edm.Guid", target=digits, key=key)
    elif letter == "*":
        yield Field(name, "Edm.String", 1024, key=key)
        yield Field(f"{name}_Type", "Edm.String", key=key)
    elif letter in "sf":
        length = int(digits) if digits else None
        yield Field(name, "Edm.String", -length if length and letter == "f" else length, key=key)
    else:
        yield Field(name, _edm(letter, digits), key=key)


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
    if thing.kind in ("information", "accounting"):
        return []
    options, out = thing.options, [*common, mark]
    code = options.get("code", "9")
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
    return out


_RECORDER = [Field("Recorder", "Edm.String", key=True), Field("Recorder_Type", "Edm.String", key=True)]
_LINE = [Field("LineNumber", "Edm.Int64"), Field("Active", "Edm.Boolean")]
_BARE_RECORDER = [Field(item.name, item.edm) for item in _RECORDER]


def _entities(description: Description) -> Iterator[tuple[str, list[str], list[Field]]]:
    """(type name, key names, properties) of every entity type."""
    for thing in description.things:
        if "subordinate" in thing.options:
            yield from _recorded(thing)
            continue
        fields = _standard(thing) + list(thing.fields)
        if "periodic" in thing.options:
            fields.insert(0, Field("Period", "Edm.DateTime", key=True))
        parts = [Field(part, f"Collection(StandardODATA.{_row(thing, part)})") for part in thing.parts]
        yield thing.set, [item.name for item in fields if item.key], fields + parts
        for part, rows in thing.parts.items():
            if part != "ExtDimensionTypes":
                line = [Field("Ref_Key", "Edm.Guid", key=True), Field("LineNumber", "Edm.Int64", key=True)]
                yield f"{thing.set}_{part}", ["Ref_Key", "LineNumber"], line + rows


def _row(thing: Thing, part: str) -> str:
    return f"{thing.set}_{part}" if part == "ExtDimensionTypes" else f"{thing.set}_{part}_RowType"


def _recorded(thing: Thing) -> Iterator[tuple[str, list[str], list[Field]]]:
    rows = f"Collection(StandardODATA.{thing.set}_RowType)"
    yield thing.set, ["Recorder", "Recorder_Type"], [*_RECORDER, Field("RecordSet", rows)]
    if thing.kind == "accounting":
        keys = ["Recorder", "Recorder_Type", "LineNumber"]
    else:
        keys = ["Period", "Recorder", "Recorder_Type", *(item.name for item in thing.fields if item.key)]
    yield f"{thing.set}_RecordType", keys, _record_fields(thing)


def _record_fields(thing: Thing) -> list[Field]:
    return [Field("Period", "Edm.DateTime"), *_BARE_RECORDER, *_LINE, *_resources(thing)]


def _resources(thing: Thing) -> list[Field]:
    if thing.kind != "accounting":
        return list(thing.fields)
    chart = thing.options["chart"]
    out = [Field("AccountDr_Key", "Edm.Guid", target=chart), Field("AccountCr_Key", "Edm.Guid", target=chart)]
    for item in thing.fields:
        if item.name in ("Организация_Key", "Сумма", "Содержание", "НеКорректироватьСтоимостьАвтоматически"):
            out.append(item)
            continue
        stem = item.name.removesuffix("_Key")
        tail = item.name[len(stem) :]
        out += [Field(f"{stem}{side}{tail}", item.edm, target=item.target) for side in ("Dr", "Cr")]
    return out


def _balance(thing: Thing) -> list[Field]:
    out = [Field("Account_Key", "Edm.Guid", target=thing.options["chart"])]
    for number in (1, 2, 3):
        out += list(_fields(f"ExtDimension{number}", "*"))
    for item in thing.fields:
        if item.edm == "Edm.Guid":
            out.append(item)
        elif item.edm == "Edm.Double":
            out += [Field(f"{item.name}Balance{side}", "Edm.Double") for side in ("", "Dr", "Cr")]
    return out


def to_edmx(description: Description) -> bytes:
    """The ``$metadata`` bytes: entity types, associations, complex types, container with sets and functions."""
    entities = list(_entities(description))
    published = {name for name, _keys, _fields_ in entities}
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<edmx:Edmx xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx" Version="1.0">',
        f'<edmx:DataServices xmlns:m="{META}" m:DataServiceVersion="3.0" m:MaxDataServiceVersion="3.0">',
        f'<Schema xmlns="{EDM}" Namespace="StandardODATA">',
    ]
    associations: list[str] = []
    for name, keys, fields in entities:
        lines += _type_lines("EntityType", name, keys, fields, published, associations)
    lines += associations
    lines += _complex_lines(description)
    lines.append('<EntityContainer Name="EnterpriseV8" m:IsDefaultEntityContainer="true">')
    lines += [f'<EntitySet Name="{name}" EntityType="StandardODATA.{name}"/>' for name, _k, _f in entities]
    for thing in description.things:
        lines += _function_lines(thing)
    lines.append("</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>")
    return "\n".join(lines).encode()


def _type_lines(
    tag: str, name: str, keys: list[str], fields: list[Field], published: set[str], associations: list[str]
) -> list[str]:
    names = {item.name for item in fields}
    is_open = any(f"{item.name}_Type" in names for item in fields)
    lines = [f"<{tag} Name={quoteattr(name)}{' OpenType=' + quoteattr('true') if is_open and keys else ''}>"]
    if keys:
        lines.append("<Key>" + "".join(f'<PropertyRef Name="{key}"/>' for key in keys) + "</Key>")
    for item in fields:
        nullable = "false" if item.name in keys or item.edm.startswith("Coll") else "true"
        lines.append(f'<Property Name="{item.name}" Type="{item.edm}" Nullable="{nullable}"/>')
    for item in fields if keys else []:
        if item.target in published:
            link = item.name.removesuffix("_Key")
            lines.append(
                f'<NavigationProperty Name="{link}" Relationship="StandardODATA.{name}_{link}" '
                'FromRole="Begin" ToRole="End"/>'
            )
            associations.append(
                f'<Association Name="{name}_{link}"><End Role="Begin" Type="StandardODATA.{name}" Multiplicity="*"/>'
                f'<End Role="End" Type="StandardODATA.{item.target}" Multiplicity="0..1"/></Association>'
            )
    return [*lines, f"</{tag}>"]


def _complex_lines(description: Description) -> list[str]:
    types = Field("Types", "Collection(Edm.String)")
    lines = _type_lines("ComplexType", "TypeDescription", [], [types], set(), [])
    line = [Field("Ref_Key", "Edm.Guid"), Field("LineNumber", "Edm.Int64")]
    for thing in description.things:
        for part, rows in thing.parts.items():
            head = line[1:] if part == "ExtDimensionTypes" else line
            lines += _type_lines("ComplexType", _row(thing, part), [], head + rows, set(), [])
        if "subordinate" in thing.options:
            lines += _type_lines("ComplexType", f"{thing.set}_RowType", [], _record_fields(thing), set(), [])
        if thing.kind == "accounting":
            lines += _type_lines("ComplexType", f"{thing.set}_Balance", [], _balance(thing), set(), [])
    return lines


def _function(name: str, bound: str, returns: str | None, changes: bool, **parameters: str) -> str:
    result = f' ReturnType="Collection(StandardODATA.{returns})"' if returns else ""
    inner = "".join(f'<Parameter Name="{n}" Type="Edm.{t}"/>' for n, t in parameters.items())
    return (
        f'<FunctionImport Name="{name}" IsBindable="true" IsSideEffecting="{str(changes).lower()}"{result}>'
        f'<Parameter Name="bindingParameter" Type="StandardODATA.{bound}"/>{inner}</FunctionImport>'
    )


def _function_lines(thing: Thing) -> list[str]:
    if thing.kind == "document":
        return [_function(n, thing.set, None, True, PostingModeOperational="Boolean") for n in ("Post", "Unpost")]
    if thing.kind == "accounting":
        return [
            _function(
                "Balance",
                thing.set,
                f"{thing.set}_Balance",
                False,
                Period="DateTime",
                AccountCondition="String",
                Condition="String",
                Dimensions="String",
                ExtraDimensions="String",
            )
        ]
    bound = f"{thing.set}_RecordType" if "subordinate" in thing.options else thing.set
    if thing.kind == "information" and thing.options.keys() & {"subordinate", "periodic"}:
        given = {"Condition": "String", "Period": "DateTime"}
        return [_function(name, bound, bound, False, **given) for name in ("SliceLast", "SliceFirst")]
    return []
