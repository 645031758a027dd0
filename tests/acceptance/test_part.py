"""A night looks at what changed and at what is never quiet: on real sides too that makes the plan of everything."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from firm import MOVE, PAIR, Firm, acceptance, build, card, guid
from parts import looked_at, part_and_whole, seen

from uchet.sync.lazy import Records


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firm]:
    made = build(tmp_path_factory.mktemp("part") / "firm")
    made.start()
    yield made
    made.stop()


def same(firm: Firm) -> None:
    part, whole = part_and_whole(firm.engine())
    assert part == whole


def test_the_part_makes_the_plan_of_the_whole(firm: Firm) -> None:
    firm.nights(3)
    engine = firm.engine()
    looked = looked_at(engine, "equipment")
    assert looked is not None, "everything is looked at"
    assert looked < len(engine.store.links(PAIR, "equipment")) * 2
    same(firm)
    firm.work("01", serial="NEW01")
    same(firm)
    firm.night()
    firm.work("02", department="it", custodian="boris")
    same(firm)
    assert firm.night().drafts == 1
    same(firm)  # a draft waits
    firm.world.post(MOVE, firm.transfers()[0]["Ref_Key"])
    same(firm)
    firm.nights(2)
    firm.write_off("03")
    same(firm)
    firm.night()
    same(firm)


def test_what_is_looked_at_carries_the_desks_number_too(firm: Firm) -> None:
    """The number and the page are added to what was composed: to the part, and the others stay uncomposed."""
    keys = {title: firm.world.add_property(f"ИТ: {title}", guid(title)) for title in ("номер", "ссылка")}
    firm.nights(3)
    assert looked_at(firm.engine(), "equipment") is not None
    card(firm.world, "13")
    firm.world.write_document("Document_ПринятиеКУчетуОС", acceptance("13", where=("it", "boris")))
    firm.night()
    plan, sight = seen(firm.engine(), part=True)
    listing = sight.world.listing("equipment", "desk")
    assert listing is not None
    assert isinstance(listing.records, Records)
    assert plan == seen(firm.engine(), part=False)[0]
    firm.night()
    held = {row["Свойство_Key"]: row["Значение"] for row in firm.card("13")["ДополнительныеРеквизиты"]}
    assert held[keys["номер"]] == firm.thing("13")["id"]
    same(firm)


def test_rows_of_another_day_than_the_state_prove_nothing(firm: Firm) -> None:
    copy = firm.keep()
    firm.work("04", serial="NEW04")
    firm.nights(2)
    with firm.down():
        (rows,) = firm.folder.glob(f"{firm.db.name}.*.rows")
        today = rows.read_bytes()
    firm.put_back(copy, firm.db)
    with firm.down():
        rows.write_bytes(today)
    assert looked_at(firm.engine(), "equipment") is None
    same(firm)
