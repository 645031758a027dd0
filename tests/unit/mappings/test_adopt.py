"""A mapping proposed for a base nobody has described: by words and types, and nothing where it is not sure."""

from __future__ import annotations

from uchet.connectors.onec import metadata
from uchet.emulator import names
from uchet.emulator.describe import read
from uchet.emulator.publish import to_edmx
from uchet.mappings.adopt import Proposal, propose
from uchet.mappings.load import available, load_system
from uchet.mappings.review import review

SHIPPED = [load_system("book", name) for name in available("book")]


def proposal(text: str) -> Proposal:
    return propose(SHIPPED, metadata.parse(to_edmx(read(text))).collections())


def test_a_known_configuration_is_recognised_and_nothing_is_changed() -> None:
    for name in ("bp30", "erp25"):
        found = proposal(names.text(name))
        assert (found.base, dict(found.overrides)) == (name, {})


def test_what_a_customised_base_calls_otherwise_is_found() -> None:
    changed = {
        "ОсновныеСредства": "ОсновныеСредстваПредприятия",
        "ЗаводскойНомер s100": "ЗаводскойНомерОС s100",
        "МОЛПолучатель": "НовыйХранитель",
    }
    text = names.text("bp30")
    for old, new in changed.items():
        text = text.replace(old, new)
    found = proposal(text)
    assert found.base == "bp30"
    assert found.overrides["kinds.equipment.sources.main.collection"] == "Catalog_ОсновныеСредстваПредприятия"
    assert found.overrides["kinds.equipment.fields.serial.wire"] == "ЗаводскойНомерОС"
    assert [r.name for r in found.rows if r.owner == "documents.move" and not r.proposed] == ["to_custodian"]
    # What is proposed loads as an override, and the base then has every name but the one left to a person.
    system = load_system("book", found.base, dict(found.overrides))
    lines = review(system, metadata.parse(to_edmx(read(text))).collections())
    merged = [line.want.name for line in lines if line.want.needed and not line.good]
    assert merged == ["to_custodian"]


def test_the_customers_invoice_is_not_the_suppliers() -> None:
    text = names.text("bp30").replace("document СчетНаОплатуПоставщика", "document СчетНаОплатуПокупателю")
    assert "documents.invoice" in proposal(text).left


def test_another_type_is_no_candidate() -> None:
    text = names.text("bp30").replace("ЗаводскойНомер s100", "ЗаводскойНомерОС d")
    assert "kinds.equipment.fields.serial.wire" not in proposal(text).overrides


def test_two_equally_alike_are_left_to_a_person() -> None:
    text = names.text("bp30").replace("ЗаводскойНомер s100", "ЗаводскойНомерОС s100; ЗаводскойНомерСтарый s100")
    assert "kinds.equipment.fields.serial.wire" not in proposal(text).overrides
