"""What became of a draft: the table of states, and what counts as "posted as written"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from msgspec import structs
from rows import Rows

from uchet.connectors.base import Raw
from uchet.mappings.load import load_system
from uchet.sync.types import Draft
from uchet.sync.watch import Trail, content_of, follow, next_state, trail

BOOK = load_system("book", "bp30")
MOVE = BOOK.documents["move"]
DATA: Mapping[str, Any] = {
    "Number": "РМ00-000017",
    "Date": datetime(2026, 11, 20, 12),
    "Posted": False,
    "Комментарий": "uchet 1",
    "Организация_Key": "o",
    "СобытиеОС_Key": "e",
    "ПодразделениеОрганизации_Key": "d1",
    "МОЛОрганизации_Key": "p1",
    "ПодразделениеПолучатель_Key": "d2",
    "МОЛПолучатель_Key": "p2",
    "ОС": [{"LineNumber": 1, "ОсновноеСредство_Key": "a"}, {"LineNumber": 2, "ОсновноеСредство_Key": "b"}],
}


def raw(version: str = "v2", retired: bool = False, **changed: Any) -> Raw:
    return Raw(MOVE.collection, "r", version, {**DATA, **changed}, retired)


OURS = content_of(MOVE, raw())
DRAFT = Draft("d", "move", "r", "v1", OURS, "open", "")
OTHER_PERSON: dict[str, Any] = {"МОЛПолучатель_Key": "p3"}


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (None, "refused"),  # physically deleted
        (raw(retired=True), "refused"),  # marked for deletion
        (raw(retired=True, **OTHER_PERSON), "refused"),
        (raw(), "open"),
        (raw(**OTHER_PERSON), "edited"),
        (raw(Posted=True), "posted"),
        (raw(Posted=True, **OTHER_PERSON), "adopted"),
    ],
)
def test_states(now: Raw | None, state: str) -> None:
    assert next_state(DRAFT, MOVE, now).state == state


@pytest.mark.parametrize("before", ["open", "posted", "adopted", "edited"])
def test_where_it_goes_does_not_depend_on_where_it_was(before: Any) -> None:
    """Posting undone, an edit taken back: the document as it is now says it all."""
    assert next_state(replace(DRAFT, state=before), MOVE, raw()).state == "open"


def test_the_number_and_the_version_are_remembered() -> None:
    now = next_state(DRAFT, MOVE, raw("v9"))
    assert (now.number, now.version, now.content) == ("РМ00-000017", "v9", OURS)
    assert next_state(replace(DRAFT, number="РМ00-000001"), MOVE, raw(Number="")).number == "РМ00-000001"
    assert next_state(DRAFT, MOVE, None).version is None


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ({"Комментарий": "проверено"}, True),
        ({"Number": "РМ00-000099"}, True),
        ({"Posted": True}, True),
        ({"СуммаДокумента": 5}, True),
        ({"ОС": [*reversed(DATA["ОС"])]}, True),
        ({"ОС": DATA["ОС"][:1]}, False),
        ({"ОС": [*DATA["ОС"], {"ОсновноеСредство_Key": "c"}]}, False),
        ({"Организация_Key": "o2"}, False),
        ({"ПодразделениеОрганизации_Key": "d9"}, False),
        ({"МОЛОрганизации_Key": "p9"}, False),
        ({"ПодразделениеПолучатель_Key": "d9"}, False),
        ({"МОЛПолучатель_Key": ""}, False),
    ],
)
def test_what_we_said_in_the_document(changed: dict[str, Any], same: bool) -> None:
    assert (content_of(MOVE, raw(**changed)) == OURS) == same


class Documents(Rows):
    """A book that holds some documents; counts how often it was asked."""

    def __init__(self, *held: Raw) -> None:
        super().__init__({})
        self.held = {one.id: one for one in held}
        self.asked: list[str] = []

    def get(self, collection: str, id: str) -> Raw | None:
        self.asked.append(id)
        return self.held.get(id)


@pytest.fixture
def drafts() -> list[Draft]:
    return [replace(DRAFT, id=ref, ref=ref) for ref in ("same", "posted", "deleted")]


def test_only_what_changed_is_reported(drafts: list[Draft]) -> None:
    book = Documents(structs.replace(raw("v1"), id="same"), structs.replace(raw(Posted=True), id="posted"))
    found = follow(book, BOOK, drafts)
    assert [(d.id, d.state) for d in found] == [("posted", "posted"), ("deleted", "refused")]
    assert book.asked == ["same", "posted", "deleted"]


def test_the_same_version_is_not_read_any_further(drafts: list[Draft]) -> None:
    """A document whose version is the one we know holds what we know, whatever we would make of it now."""
    held = structs.replace(raw("v1", **OTHER_PERSON), id="same")
    assert follow(Documents(held), BOOK, drafts[:1]) == []


@pytest.mark.parametrize(
    ("state", "version", "found"),
    [
        ("agreed", "v2", Trail(1)),
        ("agreed", "v3", Trail(1)),  # posted anew: a version of its own
        ("agreed", "v1", Trail(1, older=1)),
        ("agreed", None, Trail(1, gone=1)),
        ("posted", "v1", Trail(1, older=1)),
        ("open", None, Trail()),  # people delete drafts
        ("open", "v2", Trail()),
    ],
)
def test_what_the_book_still_shows_of_our_drafts(state: Any, version: str | None, found: Trail) -> None:
    """Written as v1, seen as v2 since."""
    draft = replace(DRAFT, version="v2", state=state)
    book = Documents(*([raw(version)] if version else []))
    moved = follow(book, BOOK, [draft]) if state != "agreed" else []
    assert trail(book, BOOK, [(draft, "v1")], moved) == found
    fresh = replace(draft, version="v1", state="open")
    assert trail(book, BOOK, [(fresh, "v1")], []) == Trail(), "nothing happened to it yet"


ISSUE = BOOK.documents["consume"]
SAID: Mapping[str, Any] = {
    "Организация_Key": "o", "Склад_Key": "w", "Posted": True, "ПодразделениеЗатрат_Key": "d1",
    "Материалы": [{"LineNumber": 1, "Номенклатура_Key": "i", "Количество": 2}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("said", "department", "state"),
    [
        (("department",), "d1", "posted"),
        (("department",), "d2", "adopted"),  # another department than we said
        ((), "d2", "posted"),  # we said none: the accountant's to fill in
    ],
)
def test_what_we_said_beside_the_demanded_counts_too(said: tuple[str, ...], department: str, state: str) -> None:
    written = Raw(ISSUE.collection, "r", "v1", SAID)
    draft = Draft("d", "consume", "r", "v1", content_of(ISSUE, written, said), "open", said=said)
    now = Raw(ISSUE.collection, "r", "v2", {**SAID, "ПодразделениеЗатрат_Key": department, "СчетЗатрат_Key": "26"})
    assert next_state(draft, ISSUE, now).state == state


def test_persons_in_the_rows_of_another_configuration_count() -> None:
    custody = load_system("book", "erp25").documents["custody"]
    row = {"Номенклатура_Key": "i", "Количество": 1, "ФизическоеЛицо_Key": "p1", "ФизическоеЛицоПолучатель_Key": "p2"}
    written = Raw(custody.collection, "r", "v1", {"Организация_Key": "o", "Товары": [row]})
    draft = Draft("d", "custody", "r", "v1", content_of(custody, written), "open", "")
    other = Raw(
        custody.collection,
        "r",
        "v2",
        {"Организация_Key": "o", "Товары": [{**row, "ФизическоеЛицоПолучатель_Key": "p3"}]},
    )
    assert next_state(draft, custody, other).state == "edited"
