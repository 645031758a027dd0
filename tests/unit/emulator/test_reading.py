"""Reading: formats, names, filters, pages, virtual tables, and where the dialect differs from what one expects."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from uchet.emulator.edmx import parse

ASSETS = "Catalog_ОсновныеСредства"
ZERO = "00000000-0000-0000-0000-000000000000"
PLACES = "InformationRegister_МестонахождениеОСБухгалтерскийУчет"


def test_service_document_lists_the_composition(client: Any, emulator: Any) -> None:
    names = {row["name"] for row in client.get("")["value"]}
    assert {ASSETS, f"{PLACES}_RecordType", "AccountingRegister_Хозрасчетный"} <= names
    emulator.world.unpublish(ASSETS)
    assert ASSETS not in {row["name"] for row in client.get("")["value"]}


def test_atom_is_the_default_and_json_is_asked_for(client: Any, company: Any) -> None:
    atom = client.call("GET", ASSETS, Accept="*/*")
    assert atom.headers["Content-Type"].startswith("application/atom+xml")
    assert "<d:ЗаводскойНомер>SN-1</d:ЗаводскойНомер>" in atom.content.decode()
    assert "m:error" in client.call("GET", "Catalog_Нет", Accept="*/*").content.decode()
    plain = client.call("GET", ASSETS, query="$format=application/json;odata=nometadata", Accept="*/*").json()
    assert "odata.metadata" not in plain
    assert client.get(ASSETS)["odata.metadata"].endswith(f"$metadata#{ASSETS}")


def test_single_object_is_flat_and_carries_links_only_for_filled_references(client: Any, company: Any) -> None:
    key = f"Document_ПринятиеКУчетуОС(guid'{company.acceptance}')"
    found = client.get(key)
    assert found["odata.metadata"].endswith("#Document_ПринятиеКУчетуОС/@Element")
    assert found["Организация@navigationLinkUrl"] == f"{key}/Организация"
    assert "Склад@navigationLinkUrl" not in found
    assert found["Склад_Key"] == ZERO
    assert found["ОС"][0]["LineNumber"] == "1", "Int64 travels as a string"
    assert client.get(f"{key}/Организация")["Description"] == "ООО Ромашка"


def test_folders_have_null_attributes(client: Any, emulator: Any) -> None:
    emulator.world.put(ASSETS, {"Description": "Техника", "IsFolder": True})
    folder = client.value(ASSETS, "$filter=IsFolder eq true")[0]
    assert folder["ЗаводскойНомер"] is None
    assert folder["Description"] == "Техника"


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("Description eq 'ноутбук lenovo'", True),
        ("substringof('Lenovo', Description) and not (IsFolder eq true)", True),
        ("startswith(Description,'Ноут') eq true", True),
        ("endswith(Description,'x')", False),
        ("like(ЗаводскойНомер,'SN-_')", True),
        ("substring(Description,1,4) eq 'Ноут'", True),
        ("ДатаВыпуска eq datetime'0001-01-01T00:00:00'", True),
        ("year(ДатаВыпуска) gt 1 or ЗаводскойНомер ne 'SN-1'", False),
        ("DeletionMark eq false and (ЗаводскойНомер eq 'a''b' or ЗаводскойНомер eq 'SN-1')", True),
        ("1 add 2 mul 3 eq 7", True),
        (f"Ref_Key eq guid'{ZERO}'", False),
    ],
)
def test_filters(client: Any, company: Any, condition: str, found: bool) -> None:
    assert bool(client.value(ASSETS, f"$filter={condition}")) is found


def test_filter_through_a_reference_and_over_rows(client: Any, company: Any) -> None:
    documents = "Document_ПринятиеКУчетуОС"
    assert client.value(documents, "$filter=Организация/ИНН eq '7701234567'")
    assert not client.value(documents, "$filter=Организация/ИНН eq '1'")
    assert client.value(documents, f"$filter=ОС/any(d: d/ОсновноеСредство_Key eq guid'{company.notebook}')")
    assert not client.value(documents, f"$filter=ОС/any(d: d/ОсновноеСредство_Key eq guid'{company.org}')")


def test_bare_guid_on_a_composite_is_silently_empty(client: Any, company: Any) -> None:
    rows = f"{PLACES}_RecordType"
    bare, cast = f"guid'{company.acceptance}'", f"cast(guid'{company.acceptance}','Document_ПринятиеКУчетуОС')"
    assert client.value(rows, f"$filter=Recorder eq {bare}") == []
    assert client.value(rows, f"$filter=Recorder eq '{company.acceptance}'") == []
    assert len(client.value(rows, f"$filter=Recorder eq {cast}")) == 1
    assert len(client.value(rows, "$filter=isof(Recorder,'Document_ПринятиеКУчетуОС')")) == 1


@pytest.mark.parametrize(
    ("path", "query", "status", "code"),
    [
        ("Catalog_Нет", "", 404, "8"),
        (f"{ASSETS}(guid'{'1' * 8}-1111-1111-1111-{'1' * 12}')", "", 404, "9"),
        (ASSETS, "$expan=x", 400, "0"),
        (ASSETS, "$select=ИнвентарныйНомер", 400, "6"),
        (ASSETS, "$filter=Нет eq 1", 400, "6"),
        (ASSETS, "$filter=Description eq", 400, "14"),
        (ASSETS, "$filter=length(Description) eq 3", 501, "21"),
        (ASSETS, "$filter=ДатаВыпуска gt datetime'1-01-01'", 400, "1"),
        (ASSETS, f"$filter=Ref_Key gt guid'{ZERO}'", 500, "-1"),
        (PLACES, "$filter=Period gt datetime'2026-01-01T00:00:00'", 400, "6"),
        (f"{PLACES}/SliceLast()", "", 400, "11"),
        (ASSETS, "$filter=Description add 1 eq 2", 500, "-1"),
        (ASSETS, "$filter=1 div 0 eq 2", 500, "-1"),
        (ASSETS, "$top=x", 400, "14"),
        (ASSETS, "$orderby=Code вверх", 400, "14"),
        (f"{ASSETS}(96289644-1111-1111-1111-111111111111)", "", 400, "1"),
        ("InformationRegister_ДополнительныеСведения(Объект='x')", "", 400, "7"),
        ("$batch", "", 501, "0"),
    ],
)
def test_refusals(client: Any, company: Any, path: str, query: str, status: int, code: str) -> None:
    assert client.refused("GET", path, query=query)[:2] == (status, code)


def test_plus_in_a_query_is_400(client: Any, company: Any) -> None:
    address = client.url + quote(ASSETS)
    answer = client.session.get(f"{address}?$format=json&$filter=IsFolder+eq+false", timeout=20)
    assert answer.status_code == 400
    for literal, status in (("'a+b'", 400), ("'a%2Bb'", 200)):
        query = f"{address}?$format=json&$filter=Description%20eq%20{literal}"
        assert client.session.get(query, timeout=20).status_code == status


def test_select_expand_and_presentations(client: Any, company: Any) -> None:
    documents = "Document_ПринятиеКУчетуОС"
    row = client.value(documents, "$select=Number,Организация,ОС/ИнвентарныйНомер&$expand=Организация")[0]
    assert row["Организация"]["Description"] == "ООО Ромашка"
    assert row["ОС"] == [{"ИнвентарныйНомер": "000000017"}]
    assert set(row) == {"Number", "Организация", "ОС"}
    shown = client.value(documents, "$select=Ref_Key,Организация____Presentation")[0]
    assert shown["Организация____Presentation"] == "ООО Ромашка"
    assert "ОС" not in client.value(documents, "$select=**")[0]
    assert "Организация" not in client.value(documents, "$select=Number&$expand=Организация")[0]
    assert client.refused("GET", f"{documents}(guid'{company.acceptance}')", query="$expand=Организация")[0] == 400


def test_paging_and_counts(client: Any, emulator: Any) -> None:
    emulator.world.put_many("Catalog_Должности", [{"Description": f"Должность {n:02d}"} for n in range(30)])
    pages = [client.value("Catalog_Должности", f"$orderby=Code&$top=10&$skip={skip}") for skip in (0, 10, 20)]
    names = [row["Description"] for page in pages for row in page]
    assert names == [f"Должность {n:02d}" for n in range(30)]
    counted = client.get("Catalog_Должности", "$inlinecount=allpages&$top=1")
    assert counted["odata.count"] == "30"
    assert len(counted["value"]) == 30, "with $inlinecount the page does not act"
    answer = client.call("GET", "Catalog_Должности/$count", query="$filter=Description ne 'Должность 00'")
    assert answer.content == b"\xef\xbb\xbf29"


def test_order_without_orderby_changes_with_writes_and_ref_key_is_no_guid_order(client: Any, emulator: Any) -> None:
    keys = emulator.world.put_many("Catalog_Должности", [{"Description": f"Должность {n:02d}"} for n in range(30)])
    first = [row["Ref_Key"] for row in client.value("Catalog_Должности")]
    assert first == [row["Ref_Key"] for row in client.value("Catalog_Должности")]
    emulator.world.edit("Catalog_Должности", keys[0], {"НаименованиеКраткое": "x"})
    assert first != [row["Ref_Key"] for row in client.value("Catalog_Должности")]
    ordered = [row["Ref_Key"] for row in client.value("Catalog_Должности", "$orderby=Ref_Key")]
    assert ordered == keys
    assert ordered != sorted(ordered)


def test_pages_of_a_part_lose_rows_unless_ordered_by_key_and_line(client: Any, emulator: Any) -> None:
    props = [{"Значение": str(n), "Значение_Type": "Edm.String"} for n in range(5)]
    emulator.world.put_many(ASSETS, [{"Description": f"О{n}", "ДополнительныеРеквизиты": props} for n in range(8)])
    part = f"{ASSETS}_ДополнительныеРеквизиты"

    def read(order: str) -> int:
        rows = [r for s in range(0, 40, 10) for r in client.value(part, f"$top=10&$skip={s}{order}")]
        return len({(row["Ref_Key"], row["LineNumber"]) for row in rows})

    assert read("") < 40
    assert read("&$orderby=Ref_Key,LineNumber") == 40


def test_slices(client: Any, emulator: Any, company: Any) -> None:
    move = {
        "Date": "2026-02-10T12:00:00",
        "Организация_Key": company.org,
        "ПодразделениеОрганизации_Key": company.books,
        "МОЛОрганизации_Key": company.ivanov,
        "ПодразделениеПолучатель_Key": company.store,
        "МОЛПолучатель_Key": company.petrov,
        "ОС": [{"ОсновноеСредство_Key": company.notebook}],
    }
    emulator.world.write_document("Document_ПеремещениеОС", move)
    rows = f"{PLACES}_RecordType"

    def place(call: str, query: str = "") -> list[str]:
        return [row["Местонахождение_Key"] for row in client.value(f"{rows}/{call}", query)]

    assert place("SliceLast()") == [company.store]
    assert place("SliceLast(Period=datetime'2026-02-10T12:00:00')") == [company.store]
    assert place("SliceLast(Period=datetime'2026-02-10T11:59:59')") == [company.books]
    assert place("SliceFirst") == [company.books]
    assert place("SliceLast", "Period=datetime'2026-02-01T00:00:00'") == [company.books]
    condition = f"МОЛ_Key eq guid''{company.ivanov}''"
    assert place(f"SliceLast(Condition='{condition}')") == [company.books], "a condition acts before the slice"
    assert place("SliceLast()", f"$filter=МОЛ_Key eq guid'{company.ivanov}'") == [], "a filter acts on its result"


def test_unpublished_sets_and_attributes_are_gone_everywhere(client: Any, emulator: Any, company: Any) -> None:
    emulator.world.unpublish("Catalog_ФизическиеЛица", f"{ASSETS}/ЗаводскойНомер")
    assert client.refused("GET", "Catalog_ФизическиеЛица")[:2] == (404, "8")
    assert "ЗаводскойНомер" not in client.value(ASSETS)[0]
    assert client.refused("GET", ASSETS, query="$filter=ЗаводскойНомер eq 'SN-1'")[:2] == (400, "6")
    text = client.call("GET", "$metadata").content.decode()
    assert "Catalog_ФизическиеЛица" not in text
    row = client.value(f"{PLACES}_RecordType")[0]
    assert "МОЛ_Key" in row
    assert "МОЛ@navigationLinkUrl" not in row
    client.call("PATCH", f"{ASSETS}(guid'{company.notebook}')", {"ЗаводскойНомер": "X"})
    emulator.world.publish("Catalog_ФизическиеЛица", f"{ASSETS}/ЗаводскойНомер")
    assert client.value(ASSETS)[0]["ЗаводскойНомер"] == "SN-1"


def test_conditions_of_a_balance(client: Any, emulator: Any, company: Any) -> None:
    world, kind = emulator.world, "Document_ПартияМатериаловВЭксплуатации"
    batch = world.put(kind, {"Date": "2026-01-01T00:00:00"})
    item = world.put("Catalog_Номенклатура", {"Description": "Стол"})
    entry = {
        "Period": "2026-01-01T00:00:00",
        "Организация_Key": company.org,
        "AccountDr_Key": world.account("МЦ.04"),
        "ExtDimensionDr1": item,
        "ExtDimensionDr1_Type": "StandardODATA.Catalog_Номенклатура",
        "ExtDimensionDr2": batch,
        "ExtDimensionDr2_Type": f"StandardODATA.{kind}",
        "ExtDimensionDr3": company.petrov,
        "ExtDimensionDr3_Type": "StandardODATA.Catalog_ФизическиеЛица",
        "КоличествоDr": "2.5",
    }
    ledger = "AccountingRegister_Хозрасчетный"
    world.put(ledger, {"Recorder": batch, "Recorder_Type": f"StandardODATA.{kind}", "RecordSet": [entry]})

    def found(call: str, query: str = "") -> list[Any]:
        return [row["КоличествоBalance"] for row in client.value(f"{ledger}/{call}", query)]

    assert found("Balance()") == [2.5]
    assert found("Balance(AccountCondition='Account/Code eq ''МЦ.04''')") == [2.5]
    assert found("Balance(AccountCondition='Account/Code eq ''10.09''')") == []
    assert found(f"Balance(Condition='Организация_Key eq guid''{company.org}''')") == [2.5]
    assert found("Balance", f"Condition=Организация_Key eq guid'{company.ivanov}'") == []
    assert found("Balance()", f"$filter=ExtDimension1 eq cast(guid'{item}','Catalog_Номенклатура')") == [2.5]
    assert client.value(f"{ledger}/Balance(Dimensions='Организация')")[0]["ExtDimension1"] is None, "grouped"
    chosen = client.value(f"{ledger}/Balance()", "$select=ExtDimension3,КоличествоBalanceDr")[0]
    assert chosen == {"ExtDimension3": company.petrov, "КоличествоBalanceDr": 2.5}


def test_metadata_is_an_edmx_that_reads_back(client: Any, emulator: Any) -> None:
    answer = client.call("GET", "$metadata")
    assert answer.headers["Content-Type"].startswith("application/xml")
    again = parse(answer.content)
    assert again.sets == emulator.base.model.sets
    assert again.functions == emulator.base.model.functions
    assert all(prop.length is None for kind in again.types.values() for prop in kind.properties.values())
    assert again.types[ASSETS].navigation["Parent"].target == ASSETS
    assert "КодПоОКОФ" not in again.types[ASSETS].navigation, "its target is not published"
