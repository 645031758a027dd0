"""Documents that stand in the books and are not posted, whoever entered them: what the responsible people have not
handed in before a count.

Which documents move things and what their attributes are called, the mapping says. Each set of them is asked once, for
what is neither posted nor marked for deletion. A set that cannot be read is told, never taken for empty.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from ...connectors.base import Connector, Query, Raw
from ...errors import Blocked, Fatal
from ...i18n import Worded
from ...mappings.shapes import STILL
from ...mappings.system import DocumentMap, SystemMap
from ...mappings.text import parse_day

__all__ = ["PEOPLE", "PLACES", "Paper", "Unread", "read_papers", "titled"]

#: Roles of a document that name who gives, who takes, and where.
PEOPLE = ("from_custodian", "to_custodian", "from_person", "to_person", "person", "custodian")
PLACES = ("place", "from_place", "to_place")
_SORTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "person": PEOPLE,
        "place": PLACES,
        "department": ("department", "from_department", "to_department", "own_department", "location"),
        "organization": ("organization", "to_organization"),
        "asset": ("asset",),
    }
)
#: A set that the base does not publish, or that its user may not read.
_CLOSED = frozenset({"not_published", "field_not_published", "rights"})


@dataclass(frozen=True, slots=True)
class Paper:
    """One document that waits. ``named``: person, place, department, organization, asset → their ids in the books."""

    id: str
    title: Worded
    number: str
    day: date | None
    named: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Unread:
    """A set of documents of which nobody knows what waits in it."""

    collection: str
    title: Worded


def read_papers(book: Connector, system: SystemMap) -> Iterator[Paper | Unread]:
    """Everything that waits, of whatever day; one listing for each set. Raises what reading raises, but for sets that
    are not published or may not be read."""
    sets: dict[str, list[DocumentMap]] = {}
    for document in system.documents.values():
        if document.name not in STILL and {"posted", "deleted", "number", "date"} <= document.header.keys():
            sets.setdefault(document.collection, []).append(document)
    for documents in sets.values():
        try:
            yield from _listed(book, documents)
        except (Blocked, Fatal) as error:
            if error.code not in _CLOSED:
                raise
            yield Unread(documents[0].collection, titled(documents[0]))


def titled(document: DocumentMap) -> Worded:
    """What people call a document of this kind."""
    return Worded(document.title_en, document.title_ru)


def _listed(book: Connector, documents: Collection[DocumentMap]) -> Iterator[Paper | Unread]:
    first = next(iter(documents))
    query = Query(first.collection, (), {first.header["posted"]: False, first.header["deleted"]: False})
    whole = False
    for page in book.read(query):
        whole = page.complete
        yield from (_paper(documents, raw) for raw in page.records if not raw.retired)
    if not whole:
        yield Unread(first.collection, titled(first))


def _paper(documents: Iterable[DocumentMap], raw: Raw) -> Paper:
    """``documents`` keep in one set: the roles of all of them count, the title is that of the one whose kind it has."""
    known = list(documents)
    own = next((one for one in known if _is(one, raw)), known[0])
    number, day = (raw.data.get(own.header[role]) for role in ("number", "date"))
    named = {sort: frozenset(_ids(known, raw, roles)) for sort, roles in _SORTS.items()}
    # A moment of the books' wall clock, as text or decoded: its first ten signs are the day.
    return Paper(raw.id, titled(own), str(number or "").strip(), parse_day(str(day or "")[:10]), named)


def _is(document: DocumentMap, raw: Raw) -> bool:
    """Whether a document has the constants of its kind (such as ВидОперации), as far as it shows them."""
    return all(raw.data.get(name, value) == value for name, value in document.constants.items())


def _ids(documents: Iterable[DocumentMap], raw: Raw, roles: Iterable[str]) -> Iterator[str]:
    for document in documents:
        rows = raw.data.get(document.part) or ()
        for role in roles:
            places = [
                raw.data.get(document.header.get(role, "")),
                *(row.get(document.row.get(role, "")) for row in rows),
            ]
            yield from (str(value) for value in places if value)
