"""ОС-2 and М-11 of drafts that stand in the journal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from kept import PAIR, comparison_kept
from papers import written

from uchet.errors import UchetError
from uchet.jobs.forms.catalog import form
from uchet.jobs.forms.making import Wanted, make
from uchet.jobs.forms.types import Paper
from uchet.mappings.model import Ref
from uchet.sync.store import Store
from uchet.sync.types import Draft, FieldChange, Link, Operation, Seen

MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with comparison_kept(tmp_path) as (store, _):
        yield store


def put(store: Store, document: str, state: str, header: dict[str, Any], *members: Operation, id: str = "d1") -> None:
    """A draft as applying a plan leaves it: its operation in the journal, and itself."""
    run = store.start_run("nightly", PAIR)
    one = Operation(f"o-{id}", "draft", "book", members[0].kind, key=id, document=document, header=header,
                    members=members)  # fmt: skip
    store.intend(PAIR, run.id, one, id)
    store.put_draft(PAIR, Draft(id, document, f"ref-{id}", None, "c", state, "0001", members), run=run.id)  # type: ignore[arg-type]


def paper(store: Store, name: str, number: str = "0001") -> Paper:
    return make(store, PAIR, MOSCOW, Wanted(form(name), draft=number))


def org(kind: str, id: str) -> Ref:
    return Ref("book", kind, id)


def test_a_move_is_printed_as_os_2(store: Store, tmp_path: Path) -> None:
    seen = {"name": "Сервер", "inventory_number": "БП-9", "cost": Decimal("1000.50"), "commissioned": date(2024, 5, 6)}
    store.put_link(PAIR, Link("equipment", "b9", "d9", seen=Seen(seen, seen)), by="t")
    header = {
        "organization": org("organization", "o1"),
        "from_department": org("department", "o1d0"),
        "to_department": org("department", "o1d1"),
        "from_custodian": org("person", "o1p0"),
        "to_custodian": org("person", "o1p1"),
    }
    member = Operation("m", "update", "book", "equipment", "b9", "d9", label="БП-9")
    put(store, "move", "open", header, member)
    given = paper(store, "ОС-2")
    assert not given.posted
    values = given.sheets[0].values
    assert (values["organization"], values["from"], values["to"]) == ("ООО «o1»", "Отдел 0", "Отдел 1")
    assert (values["gave"], values["received"], values["number"]) == ("Сотрудник o1 0", "Сотрудник o1 1", "0001")
    [read] = written(given, tmp_path / "os.xlsx")
    assert [(r["title"], r["inventory_number"], r["sum"]) for r in read.rows] == [("Сервер", "БП-9", 1000.5)]
    assert read.rows[0]["acquired"].date() == date(2024, 5, 6)
    put(store, "move", "agreed", header, member)
    assert paper(store, "ОС-2", "ref-d1").posted, "posted as it was written"


def test_an_issue_is_printed_as_m_11(store: Store, tmp_path: Path) -> None:
    snapshot = store.snapshot(PAIR, store.reconciliations(PAIR, 1)[0].run)
    assert snapshot is not None
    item = next(r for r in snapshot.listings["item", "book"].records.values() if r.values["name"] == "Тонер")
    row = {"item": item.ref, "quantity": Decimal("2.000"), "price": Decimal("10.05")}
    changes = tuple(FieldChange(name, None, value) for name, value in row.items())
    member = Operation("m", "update", "book", "item", item.id, None, changes, rule="order:e1", label="Заявка 7")
    header = {"organization": org("organization", "o1"), "place": org("place", "w1"), "person": org("person", "o1p2")}
    put(store, "issue_person", "open", header, member)
    given = paper(store, "М-11")
    assert given.sheets[0].values["from"] == "Склад w1"
    assert given.sheets[0].values["received"] == "Сотрудник o1 2"
    [read] = written(given, tmp_path / "m.xlsx")
    [line] = read.rows
    assert (line["title"], line["unit"], line["okei"], line["given"], line["sum"]) == ("Тонер", "шт", "796", 2, 20.1)


def test_what_is_no_draft_of_that_form_is_refused(store: Store) -> None:
    member = Operation("m", "update", "book", "equipment", "b9", "d9", label="БП-9")
    header = {"organization": org("organization", "o1")}
    for id in ("d1", "d2"):
        put(store, "move", "open", header, member, id=id)
    codes = []
    for name, number in (("ОС-2", "0001"), ("ОС-2", "0009"), ("М-11", "0001"), ("ИНВ-1", "0001")):
        with pytest.raises(UchetError) as caught:
            paper(store, name, number)
        codes.append(caught.value.code)
        assert caught.value.text("ru") != caught.value.text("en")
    assert codes == ["draft_ambiguous", "draft_unknown", "draft_unknown", "form_of_no_draft"]
    assert paper(store, "ОС-2", "ref-d2").sheets
