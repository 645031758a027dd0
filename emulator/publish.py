"""The EDMX that a described base publishes: entity types, associations, complex types, sets and functions."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from .describe import Description, Field, Thing, entities, read, record_fields, row_name
from .edmx import Model, parse
from .tables import tables

__all__ = ["described", "to_edmx"]

EDM = "http://schemas.microsoft.com/ado/2009/11/edm"
META = "http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"


def described(text: str) -> Model:
    """The base that a text in the notation of ``describe.py`` describes."""
    description = read(text)
    model = parse(to_edmx(description), description.lengths())
    model.contents, model.periods = description.contents(), description.periods()
    return model


def to_edmx(description: Description) -> bytes:
    """The ``$metadata`` bytes: entity types, associations, complex types, container with sets and functions."""
    kinds = list(entities(description))
    published = {name for name, _keys, _fields_ in kinds}
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<edmx:Edmx xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx" Version="1.0">',
        f'<edmx:DataServices xmlns:m="{META}" m:DataServiceVersion="3.0" m:MaxDataServiceVersion="3.0">',
        f'<Schema xmlns="{EDM}" Namespace="StandardODATA">',
    ]
    associations: list[str] = []
    for name, keys, fields in kinds:
        lines += _type_lines("EntityType", name, keys, fields, published, associations)
    lines += associations
    lines += _complex_lines(description)
    lines.append('<EntityContainer Name="EnterpriseV8" m:IsDefaultEntityContainer="true">')
    lines += [f'<EntitySet Name="{name}" EntityType="StandardODATA.{name}"/>' for name, _k, _f in kinds]
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
            lines += _type_lines("ComplexType", row_name(thing, part), [], head + rows, set(), [])
        if "subordinate" in thing.options:
            lines += _type_lines("ComplexType", f"{thing.set}_RowType", [], record_fields(thing), set(), [])
        for (_name, tail, _given), columns in tables(thing):
            lines += _type_lines("ComplexType", f"{thing.set}_{tail}", [], columns, set(), [])
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
    if thing.kind in ("accounting", "accumulation"):
        return [
            _function(n, thing.set, f"{thing.set}_{tail}", False, **given) for (n, tail, given), _c in tables(thing)
        ]
    bound = f"{thing.set}_RecordType" if "subordinate" in thing.options else thing.set
    timed = thing.options.keys() & {"subordinate", "periodic"} and thing.options.get("every") != "none"
    if thing.kind == "information" and timed:
        given = {"Condition": "String", "Period": "DateTime"}
        return [_function(name, bound, bound, False, **given) for name in ("SliceLast", "SliceFirst")]
    return []
