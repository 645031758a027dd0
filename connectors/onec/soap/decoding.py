"""From raw XML to typed records: streaming, strict about values, deaf to entities.

zeep builds objects of its own, slowly, reads «Истина» as False, loses texts of faults under a default namespace and
refuses an element more in a closed sequence (measured with 4.3.3). Here a record is a ``msgspec.Struct``: its fields
name local names of elements, elements that it does not name are passed over, a value of another type is refused.
An empty element is an empty text, else no value, as is xsi:nil; so is 1C's empty date.
"""

from __future__ import annotations

import re
import types
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from functools import cache
from typing import IO, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from lxml import etree

from ....errors import Blocked, Fatal, Reject, Retry, UchetError

__all__ = ["elements", "record", "records", "unreadable"]

T = TypeVar("T", bound=msgspec.Struct)
#: How many tags are remembered for a record: its fields, in a handful of namespaces.
_TAGS = 1000
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
#: The library's own limit may stop entities that grow before the first element is there to be asked.
_ENTITIES = re.compile(r"entit|amplification", re.I)
_HUGE = re.compile(r"huge|too long|excessive|too large", re.I)


def records(source: IO[bytes], kind: type[T], tags: Collection[str], *, huge: bool = False) -> Iterator[T]:
    """Every element of these names as a record, one after another in flat memory.

    ``tags`` are Clark names (``{*}Строка`` for any namespace); matched elements must not lie in one another. Raises
    Retry (broken off), Reject (a value), Fatal (a document type), Blocked (a text beyond 10 million characters without
    ``huge``).
    """
    shape = _shape(kind)
    for element in elements(source, tags, huge=huge):
        yield _converted(element, kind, shape)


def record(element: etree._Element, kind: type[T]) -> T:
    """One element as a record; raises Reject where a value does not fit."""
    return _converted(element, kind, _shape(kind))


def elements(source: IO[bytes], tags: Collection[str], *, huge: bool = False) -> Iterator[etree._Element]:
    """The elements themselves; each is emptied when the next is asked for."""
    context = etree.iterparse(
        source,
        events=("end",),
        tag=tuple(tags),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=huge,
    )
    first = True
    try:
        for _, element in context:
            if first and element.getroottree().docinfo.internalDTD is not None:
                raise _document_type()
            first = False
            yield element
            _release(element)
        root = context.root
    except etree.XMLSyntaxError as error:
        raise unreadable(error) from error
    if first and root is not None and root.getroottree().docinfo.internalDTD is not None:
        raise _document_type()


def unreadable(error: etree.XMLSyntaxError) -> UchetError:
    """The error for XML that cannot be read to its end."""
    if _ENTITIES.search(error.msg or ""):
        return _document_type()
    if _HUGE.search(error.msg or ""):
        return Blocked(
            "huge_text",
            "1C sends a text of more than 10 million characters.",
            hint="If the server is trusted, allow them: huge_texts = true in [book.extra].",
        )
    return Retry(
        "malformed",
        "The answer of 1C is broken off or is no XML.",
        hint="Nothing to do: the next run reads it again.",
        evidence={"line": error.lineno},
    )


def _document_type() -> Fatal:
    return Fatal(
        "document_type",
        "The answer holds a document type, which 1C never sends.",
        hint="Check the address: something else answers there.",
    )


def _release(element: etree._Element) -> None:
    """Drop the element's content, and what stands before it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


# --- values

#: What a field takes: its name, is it a list, the shape of a record inside, does an empty text mean no value, is it
#: a date.
_Field = tuple[str, bool, Any, bool, bool]


class _Shape(dict[Any, "_Field | None"]):
    """The field for an element's whole tag, found by its local name once; None where no field has that name."""

    def __init__(self, fields: Mapping[str, _Field]) -> None:
        super().__init__()
        self._fields = fields

    def __missing__(self, tag: Any) -> _Field | None:
        """The tags of the fields are few, those of what is passed over anybody's: these are not kept."""
        found = self._fields.get(tag.rpartition("}")[2]) if isinstance(tag, str) else None
        if found is not None and len(self) < _TAGS:
            self[tag] = found
        return found


@cache
def _shape(kind: type[msgspec.Struct]) -> _Shape:
    hints = get_type_hints(kind)
    return _Shape(
        {field.encode_name: _field(field.encode_name, hints[field.name]) for field in msgspec.structs.fields(kind)}
    )


def _field(name: str, hint: Any) -> _Field:
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(part for part in get_args(hint) if part is not type(None))
    many = get_origin(hint) in (list, tuple)
    inner = get_args(hint)[0] if many else hint
    if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
        return name, many, _shape(inner), False, False
    return name, many, None, inner is not str, inner in (date, datetime)


def _converted(element: etree._Element, kind: type[T], shape: _Shape) -> T:
    try:
        return msgspec.convert(_plain(element, shape), kind, strict=False)
    except msgspec.ValidationError as error:
        raise Reject(
            "answer_value",
            "1C sent a value that cannot be read: {reason}",
            hint="Compare the version of the configuration with the one that uchet knows.",
            reason=str(error),
        ) from error


def _plain(element: etree._Element, shape: _Shape) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for child in element:
        field = shape[child.tag]
        if field is None:
            continue
        name, many, inner, blank, moment = field
        value: Any
        if inner is None:
            value = child.text
            if not value:  # what is nil has no text: most elements need not be asked
                value = None if blank or child.get(_NIL) in ("true", "1") else ""
            elif moment and value.startswith("0001-01-01"):
                value = None
        else:
            value = None if child.get(_NIL) in ("true", "1") else _plain(child, inner)
        if many:
            out.setdefault(name, []).append(value)
        else:
            out[name] = value
    return out
