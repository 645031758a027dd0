"""Every name of a shipped mapping is a name of its configuration, of a type that can hold what it is mapped to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from uchet.connectors.onec import metadata
from uchet.emulator import bp30, names
from uchet.emulator.describe import read
from uchet.emulator.publish import to_edmx
from uchet.mappings.check import Collections
from uchet.mappings.load import load_system
from uchet.mappings.review import Line, review, sets
from uchet.mappings.system import SystemMap

#: Mapping → the configuration whose names it uses (УТ shares its stock documents with ERP).
INDEX = {"bp30": "bp30", "erp25": "erp25", "ut11": "erp25"}


@cache
def published(name: str) -> Collections:
    """The configuration as a base would publish all of it, read by the connector itself."""
    return metadata.parse(to_edmx(read(names.text(name)))).collections()


@cache
def lines(name: str) -> tuple[Line, ...]:
    return review(load_system("book", name), published(INDEX[name]))


def unproven(system: SystemMap) -> set[str]:
    return {f"document {one.name}" for one in system.documents.values() if one.unproven}


@pytest.mark.parametrize("name", INDEX)
def test_every_name_is_proved_by_the_list(name: str) -> None:
    aside = unproven(load_system("book", name))
    wrong = [one for one in lines(name) if one.state != "found" and one.want.owner not in aside]
    assert [(w.want.owner, w.want.name, w.want.collection, w.want.wire, w.state, w.published) for w in wrong] == []
    assert len(lines(name)) > 70


def test_what_no_list_proves_says_so() -> None:
    assert {name: unproven(load_system("book", name)) for name in INDEX} == {
        "bp30": set(),
        "erp25": set(),
        "ut11": set(),
    }


@pytest.mark.parametrize("name", INDEX)
def test_values_of_enumerations_are_members(name: str) -> None:
    """What is compared or written where the configuration keeps an enumeration, and the enumeration is listed."""
    members = names.enumerations(INDEX[name])
    kinds = dict(_enumerated(INDEX[name]))
    checked = 0
    for collection, wire, value in _values(load_system("book", name)):
        known = members.get(kinds.get((collection, wire), ""))
        if known is not None:
            checked += 1
            assert value in known, (collection, wire, value)
    assert checked >= 4


def _enumerated(name: str) -> Iterator[tuple[tuple[str, str], str]]:
    """(set or row of a part, attribute) → its enumeration."""
    prefixes = {"catalog": "Catalog_", "document": "Document_", "information": "InformationRegister_"}
    owner = part = ""
    for line in names.text(name).splitlines():
        head, *rest = line.split()
        if head in ("catalog", "document", "information", "accumulation", "accounting", "chart", "kinds", "constant"):
            owner, part = prefixes.get(head, "") + rest[0], ""
        elif head == "tab":
            part = "/" + rest[0]
        else:
            for item in line.split(";"):
                attribute, code, *_ = [*item.split(), "", ""]
                if code.startswith("e:"):
                    yield (owner + part, attribute), code[2:]


def _values(system: SystemMap) -> Iterator[tuple[str, str, str]]:
    for kind_map in system.kinds.values():
        for field in kind_map.fields.values():
            source = next(one for one in kind_map.sources if one.name == field.source)
            base = source.collection.partition("/")[0].removesuffix("_RecordType")
            for values in field.choices.values() if field.write == "never" else ():
                yield from ((base, field.wire, value) for value in values.split("|"))
    options = system.kinds["equipment"].options if "equipment" in system.kinds else {}
    if options:
        state = next(s for s in system.kinds["equipment"].sources if s.name == "state").collection.partition("_Rec")[0]
        yield from ((state, options["state"], options[name]) for name in ("accepted", "removed"))
        yield system.kinds["equipment"].main.collection, options["unit"], options["group_unit"]
    for document in system.documents.values():
        for wire, value in document.constants.items():
            if isinstance(value, str):
                yield document.collection, wire, value


def test_a_wrong_name_is_seen() -> None:
    """The tests above can fail: another type, a name that is not there, one that went out of use."""
    spoilt = {
        "kinds.equipment.fields.serial.wire": "ДатаВыпуска",
        "kinds.place.fields.code.wire": "Кодик",
        "kinds.organization.fields.inn.wire": "УдалитьИНН",
    }
    found = review(load_system("book", "bp30", spoilt), published("bp30"))
    states = {one.want.wire: one.state for one in found if one.want.wire in spoilt.values()}
    assert states == {"ДатаВыпуска": "wrong_type", "Кодик": "missing", "УдалитьИНН": "renamed"}


def test_the_administrators_list_names_every_set_once() -> None:
    system = load_system("book", "erp25")
    rows = sets(system, lines("erp25"))
    assert len({(section, name) for section, name, *_ in rows}) == len(rows)
    assert ("Справочники", "ОбъектыЭксплуатации", True, True) in rows
    assert ("Регистры накопления", "ТоварыНаСкладах", False, True) in rows
    assert ("Регистры сведений", "МестонахождениеОС", True, True) in rows
    assert rows == tuple(sorted(rows, key=lambda row: (not row[2], row[0], row[1])))


@pytest.mark.parametrize("name", ["bp30"])
def test_the_shipped_base_publishes_all_that_the_mapping_names(name: str) -> None:
    base = metadata.parse(to_edmx(read(bp30.DESCRIPTION))).collections()
    wrong = [one for one in review(load_system("book", name), base) if one.state != "found"]
    assert [(w.want.owner, w.want.collection, w.want.wire, w.state) for w in wrong] == []


def test_the_shipped_base_has_no_name_that_its_configuration_lacks() -> None:
    """But for the document of whose attributes no list tells."""
    known, shipped = published("bp30"), metadata.parse(to_edmx(read(bp30.DESCRIPTION))).collections()
    strange = {
        (collection, field)
        for collection, fields in shipped.items()
        if collection in known
        for field in fields
        if field not in known[collection] and field != "Code"
    }
    assert strange == set()
